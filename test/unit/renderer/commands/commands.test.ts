/** Keys and commands: what a press means, and which command it runs. */
import { describe, expect, it } from 'vitest';
import { type KeyPress, nameKeys, readChords } from '../../../../src/renderer/commands/chord';
import { type Command, CommandRegistry } from '../../../../src/renderer/commands/registry';

const press = (code: string, key: string, held: Partial<KeyPress> = {}): KeyPress => ({
  code,
  key,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...held,
});
const command = (id: string, keys: readonly string[], rest: Partial<Command> = {}) => {
  const runs: string[] = [];
  return { runs, id, title: id, group: 'View' as const, keys, run: () => runs.push(id), ...rest };
};

describe('what a press of keys means', () => {
  it('is the place of the key, so that W A S D lie together where the letters do not', () => {
    // A French keyboard types z where an English one types w.
    expect(readChords(press('KeyW', 'z'))).toContain('KeyW');
  });

  it('is the sign that is typed, whatever it takes to type it', () => {
    // German: Shift+ß types ?, and Shift+7 types /.
    expect(readChords(press('Minus', '?', { shiftKey: true }))).toContain('?');
    expect(readChords(press('Digit7', '/', { shiftKey: true }))).toContain('/');
  });

  it('takes Ctrl and Cmd for one another, and tells a held Shift from none', () => {
    expect(readChords(press('KeyK', 'k', { ctrlKey: true }))).toEqual(['Mod+KeyK']);
    expect(readChords(press('KeyK', 'k', { metaKey: true }))).toEqual(['Mod+KeyK']);
    expect(readChords(press('KeyZ', 'Z', { metaKey: true, shiftKey: true }))).toEqual([
      'Mod+Shift+KeyZ',
    ]);
  });

  it('is named as the keys of the person’s machine are', () => {
    expect(nameKeys('Mod+Shift+KeyZ', false)).toEqual(['Ctrl', 'Shift', 'Z']);
    expect(nameKeys('Mod+KeyK', true)).toEqual(['⌘', 'K']);
    expect(nameKeys('?', false)).toEqual(['?']);
    expect(nameKeys('Space', false)).toEqual(['Space']);
  });
});

describe('the registry of commands', () => {
  it('runs what is nearest: the part that came last, also after an earlier one has changed', () => {
    const registry = new CommandRegistry();
    const far = command('far', ['/']);
    const near = command('near', ['/']);
    const window = registry.register([far]);
    const view = registry.register([near]);
    window.replace([{ ...far, title: 'changed' }]);
    expect(registry.find(press('Slash', '/'))?.id).toBe('near');
    view.remove();
    expect(registry.find(press('Slash', '/'))?.id).toBe('far');
  });

  it('runs a disabled command from nowhere', () => {
    const registry = new CommandRegistry();
    const off = command('off', ['KeyF'], { isDisabled: true });
    registry.register([off]);
    expect(registry.find(press('KeyF', 'f'))).toBeNull();
    expect(registry.run('off')).toBe(false);
    expect(off.runs).toEqual([]);
  });

  it('holds one command of an id, in the order of the groups, and tells of changes', () => {
    const registry = new CommandRegistry();
    let told = 0;
    registry.subscribe(() => told++);
    registry.register([command('view.fit', []), command('go', [], { group: 'Go to' })]);
    registry.register([command('view.fit', [], { title: 'nearer' })]);
    expect(registry.list().map(({ title }) => title)).toEqual(['go', 'nearer']);
    expect(registry.list()).toBe(registry.list());
    expect(told).toBe(2);
  });
});
