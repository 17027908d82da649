/**
 * A sweep: one recording after another in which one setting, or a few, take a list of values. Pure: what to record at
 * each point, and what a point is called; the engine records, and the library keeps, so that a sweep that was broken
 * off goes on where it stopped.
 */
import { Failure } from '../../base/failure';

/** A setting that is swept, with its values as they are typed. */
export interface Axis {
  readonly name: string;
  readonly values: readonly string[];
}

/** One combination of values, in the order of the axes. */
export type Point = Readonly<Record<string, string>>;

const MAX_POINTS = 200;

/** "batch=1,2,4,8" as an axis. Throws `bad_input` for anything else. */
export function parseAxis(text: string): Axis {
  const [, name, list] = /^([a-zA-Z][\w-]*)=(.+)$/.exec(text) ?? [];
  const values = (list ?? '').split(',').map((value) => value.trim());
  if (name === undefined || values.some((value) => value === ''))
    throw new Failure(
      'bad_input',
      `--sweep cannot be "${text}".`,
      'Give a name and its values, for example --sweep batch=1,2,4,8.',
    );
  if (new Set(values).size < values.length)
    throw new Failure('bad_input', `--sweep ${name} names a value twice.`, 'Give each value once.');
  return { name, values };
}

/** Every combination of values, the last axis changing fastest. Throws `bad_input` for more than anybody waits for. */
export function pointsFor(axes: readonly Axis[]): readonly Point[] {
  const points = axes.reduce<readonly Point[]>(
    (before, { name, values }) =>
      before.flatMap((point) => values.map((value) => ({ ...point, [name]: value }))),
    [{}],
  );
  if (points.length > MAX_POINTS)
    throw new Failure(
      'bad_input',
      `This sweep has ${points.length} points.`,
      `Leave values out until at most ${MAX_POINTS} are left.`,
    );
  return points;
}

/** What a point is called: "batch=4, seq=128". */
export const describePoint = (point: Point): string =>
  Object.entries(point)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');

/** The recording of a point that is repeated; the first is 1. */
export const roleFor = (point: Point, repeat: number): string =>
  repeat === 1 ? describePoint(point) : `${describePoint(point)}, run ${repeat}`;

/** What stands in braces in the command and is no axis of the sweep: a program gets it as it stands. */
export function findPlaceholders(command: readonly string[], point: Point): readonly string[] {
  const named = command.flatMap((word) => word.match(/\{[A-Za-z_][\w-]*\}/g) ?? []);
  return [...new Set(named)].filter((name) => !Object.hasOwn(point, name.slice(1, -1)));
}

const beside = (others: readonly string[]): string =>
  others.length === 0 ? '' : `; it says ${others.join(', ')}`;

/**
 * The command of a point: {batch} is its value. Throws `bad_input` where an axis stands nowhere in the command, since
 * every point would then be the same run.
 */
export function fillCommand(command: readonly string[], point: Point): readonly string[] {
  for (const name of Object.keys(point))
    if (!command.some((word) => word.includes(`{${name}}`)))
      throw new Failure(
        'bad_input',
        `The command does not say {${name}} anywhere${beside(findPlaceholders(command, point))}.`,
        `Write {${name}} where the value belongs: python train.py --${name} {${name}}.`,
      );
  return command.map((word) =>
    Object.entries(point).reduce(
      (filled, [name, value]) => filled.replaceAll(`{${name}}`, value),
      word,
    ),
  );
}
