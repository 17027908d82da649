/** The address of the window, and what can be taken back. */
import { describe, expect, it } from 'vitest';
import { parseRoute, readSpan, withParameters } from '../../../../src/renderer/state/router';
import { Changes } from '../../../../src/renderer/state/undo';

describe('the address', () => {
  it('leads to the same view whatever is looked at there', () => {
    const bare = '#/session/2026-07-01_gpt2';
    const full = withParameters(bare, { span: '10-2000', tier: 'textbook', lanes: 'power,clocks' });
    expect(parseRoute(full)).toEqual(parseRoute(bare));
    expect(full).toBe('#/session/2026-07-01_gpt2?span=10-2000&tier=textbook&lanes=power,clocks');
    expect(withParameters(full, { span: null, tier: null, lanes: null })).toBe(bare);
  });

  it('keeps the compared sessions beside how they are compared', () => {
    const address = withParameters('#/compare?ids=a,b', { align: 'step' });
    expect(parseRoute(address)).toEqual({ view: 'compare', ids: ['a', 'b'] });
  });

  it('takes a span of whole microseconds and nothing else', () => {
    expect(readSpan('10-2000')).toEqual({ t0: 10, t1: 2000 });
    for (const text of [
      null,
      '',
      '10',
      '-5-10',
      '20-10',
      '1e3-2e3',
      '10-10',
      '0-99999999999999999',
    ])
      expect(readSpan(text)).toBeNull();
  });
});

describe('undo', () => {
  const counter = () => {
    const changes = new Changes();
    let value = 0;
    const step = (label: string, to: number) => {
      const from = value;
      const set = (next: number) => {
        value = next;
      };
      set(to);
      return { label, undo: () => set(from), redo: () => set(to) };
    };
    return { changes, step, value: () => value };
  };

  it('takes back two changes where it is asked for twice, however long the first takes', async () => {
    const { changes, step, value } = counter();
    for (const [label, to] of [
      ['words', 1],
      ['mark', 2],
    ] as const) {
      const change = step(label, to);
      const undo = async () => {
        await Promise.resolve();
        change.undo();
      };
      changes.note({ ...change, undo });
    }
    await Promise.all([changes.undo(), changes.undo()]);
    expect([value(), changes.next.get()]).toEqual([0, { undo: null, redo: 'words' }]);
  });

  it('takes back what was done last, though it waited to be noted', async () => {
    const { changes, step, value } = counter();
    changes.note(step('source', 1));
    let waiting = [step('zoom', 2)];
    const leave = changes.beforeUndo(() => {
      for (const change of waiting) changes.note(change);
      waiting = [];
    });
    await changes.undo();
    expect([value(), changes.next.get()]).toEqual([1, { undo: 'source', redo: 'zoom' }]);
    leave();
    waiting = [step('pan', 3)];
    await changes.redo();
    expect(value()).toBe(2);
  });

  it('walks back and forth, and forgets what was taken back once something else is done', async () => {
    const { changes, step, value } = counter();
    changes.note(step('one', 1));
    changes.note(step('two', 2));
    await changes.undo();
    expect([value(), changes.next.get()]).toEqual([1, { undo: 'one', redo: 'two' }]);
    await changes.redo();
    expect(value()).toBe(2);
    await changes.undo();
    changes.note(step('three', 3));
    expect(changes.next.get()).toEqual({ undo: 'three', redo: null });
    await changes.redo();
    expect(value()).toBe(3);
  });

  it('takes a change that went on back as one', async () => {
    const { changes, step, value } = counter();
    changes.note(step('zoom', 1));
    changes.extend(step('zoom', 2));
    changes.extend(step('zoom', 3));
    await changes.undo();
    expect([value(), changes.next.get().undo]).toEqual([0, null]);
    await changes.redo();
    expect(value()).toBe(3);
  });

  it('keeps a change that could not be taken back', async () => {
    const changes = new Changes();
    const undo = () => Promise.reject(new Error('gone'));
    changes.note({ label: 'rename', undo, redo: () => {} });
    await expect(changes.undo()).rejects.toThrow('gone');
    expect(changes.next.get().undo).toBe('rename');
  });
});
