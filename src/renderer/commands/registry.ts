/**
 * Every action of the window is a command with an id, which menus, the palette and the keys share. Views register the
 * commands that make sense while they are on screen and take them back when they leave.
 *
 * Guarantees that of two commands on one key the one registered last is run (what is nearest to the person), that an
 * id stands for one command at a time, and that a disabled command runs from nowhere.
 */
import { type Chord, type KeyPress, readChords } from './chord';

/** In the order the palette and the sheet of keys show them. */
export const GROUPS = ['Go to', 'Session', 'View', 'Replay', 'Compare', 'Edit', 'Window'] as const;
export type Group = (typeof GROUPS)[number];

export interface Command {
  /** "view.fit": a noun and a verb; told to nobody, but stable. */
  readonly id: string;
  /** What it does, as the palette says it: "Fit the whole run". */
  readonly title: string;
  readonly group: Group;
  /** The keys that run it; the first is the one shown. */
  readonly keys?: readonly Chord[];
  /** Other words that the palette finds it by. */
  readonly words?: string;
  /** Cannot be run now; the palette leaves it out. */
  readonly isDisabled?: boolean;
  /** On the sheet of keys alone: what the palette would not be asked for, as single steps of panning. */
  readonly isByKeyOnly?: boolean;
  run(): void;
}

/** Commands of one part of the window; it keeps its place among the others while it changes. */
export interface Registration {
  replace(commands: readonly Command[]): void;
  remove(): void;
}

export class CommandRegistry {
  /** What came last is nearest. */
  readonly #parts = new Map<Registration, readonly Command[]>();
  #all: readonly Command[] = [];
  readonly #listeners = new Set<() => void>();

  register(commands: readonly Command[]): Registration {
    const registration: Registration = {
      replace: (next) => {
        this.#parts.set(registration, next);
        this.#changed();
      },
      remove: () => {
        this.#parts.delete(registration);
        this.#changed();
      },
    };
    registration.replace(commands);
    return registration;
  }

  /** By group, then as they were registered; the same array until something changes. */
  list = (): readonly Command[] => this.#all;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Whether there was such a command and it could be run. */
  run(id: string): boolean {
    const command = this.#all.find((each) => each.id === id);
    if (command === undefined || command.isDisabled) return false;
    command.run();
    return true;
  }

  /** The command that a press of a key means, if any. */
  find(press: KeyPress): Command | null {
    const chords = readChords(press);
    const nearest = [...this.#parts.values()]
      .flat()
      .findLast(
        ({ keys, isDisabled }) => !isDisabled && keys?.some((chord) => chords.includes(chord)),
      );
    return nearest ?? null;
  }

  #changed(): void {
    const byId = new Map([...this.#parts.values()].flat().map((each) => [each.id, each]));
    this.#all = GROUPS.flatMap((group) =>
      [...byId.values()].filter((command) => command.group === group),
    );
    for (const listener of this.#listeners) listener();
  }
}
