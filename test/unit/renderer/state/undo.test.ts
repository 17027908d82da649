import { describe, expect, it } from 'vitest';
import { Changes } from '../../../../src/renderer/state/undo';

/** A value kept elsewhere, which takes a while to be set. */
function slowValue() {
  let value = 'old';
  const set = async (to: string) => {
    await new Promise((done) => setTimeout(done, 5));
    value = to;
  };
  return { get: () => value, set };
}

describe('what can be taken back', () => {
  it('includes an edit that was still on its way when undo was pressed', async () => {
    const changes = new Changes();
    const kept = slowValue();
    const edit = (from: string, to: string) =>
      changes.make(
        () => kept.set(to),
        () => ({ label: to, undo: () => kept.set(from), redo: () => kept.set(to) }),
      );
    void edit('old', 'first');
    void edit('first', 'second');
    await Promise.all([changes.undo(), changes.undo()]);
    expect(kept.get()).toBe('old');
    await changes.redo();
    expect(kept.get()).toBe('first');
    expect(changes.next.get()).toEqual({ undo: 'first', redo: 'second' });
  });

  it('is not what failed or changed nothing, and neither holds up what comes after', async () => {
    const changes = new Changes();
    const kept = slowValue();
    const failed = changes.make(
      () => Promise.reject(new Error('refused')),
      () => ({ label: 'failed', undo: () => {}, redo: () => {} }),
    );
    await expect(failed).rejects.toThrow('refused');
    await changes.make(
      () => kept.set('same'),
      () => null,
    );
    expect(changes.next.get()).toEqual({ undo: null, redo: null });
  });
});
