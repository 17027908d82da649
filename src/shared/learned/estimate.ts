/**
 * From observations to constants: the middle one of what the sessions of one machine showed, with how many there were
 * and how far apart. Fewer than three prove no constant. Sessions of several ranks tell of communication: what they hold
 * above their allocators beyond the context of one. They tell of no workspace, since buckets of gradients stay between
 * steps as well.
 */
import { median } from '../base/statistics';
import type { Bytes } from '../base/units';
import {
  LEARNED_PARTS,
  type LearnedConstants,
  type LearnedFigure,
  type Observation,
} from './types';

export const MIN_SESSIONS = 3;

/** By machine, the one with most sessions first; those of which too few sessions tell are left out. */
export function estimateConstants(observations: readonly Observation[]): LearnedConstants[] {
  const machines = Map.groupBy(observations, ({ gpu, driver, framework }) =>
    [gpu, driver, framework].join('\n'),
  );
  return [...machines.values()]
    .flatMap((own) => estimateMachine(own) ?? [])
    .sort((a, b) => b.sessions - a.sessions || a.gpu.localeCompare(b.gpu));
}

function estimateMachine(own: readonly Observation[]): LearnedConstants | null {
  const [first] = own;
  if (first === undefined) return null;
  const single = own.filter(({ ranks }) => ranks === 1);
  const context = figure(single.map((one) => one.context));
  const shared = context
    ? own.filter(({ ranks }) => ranks > 1).map((one) => beyond(one.context, context.typical))
    : [];
  const figures = {
    context,
    workspace: figure(single.map(({ workspace }) => workspace)),
    communication: figure(shared),
    reserve: figure(
      own.map(({ reserve }) => reserve && shareOf(reserve)),
      toMillionth,
    ),
  };
  const known = LEARNED_PARTS.flatMap((part) => {
    const one = figures[part];
    return one === null ? [] : [[part, one] as const];
  });
  const { gpu, driver, framework } = first;
  return known.length === 0
    ? null
    : { gpu, driver, framework, sessions: own.length, figures: Object.fromEntries(known) };
}

const shareOf = ({ bytes, allocated }: NonNullable<Observation['reserve']>): number =>
  toMillionth((1000 * bytes) / allocated);

/** Of thousandths three digits: of 80 GiB that is 84 KiB. */
const toMillionth = (thousandths: number): number => Math.round(1000 * thousandths) / 1000;

const beyond = (bytes: Bytes | null, context: Bytes): Bytes | null =>
  bytes === null ? null : Math.max(0, bytes - context);

function figure(
  all: readonly (number | null)[],
  round: (value: number) => number = Math.round,
): LearnedFigure | null {
  const known = all.filter((one) => one !== null);
  if (known.length < MIN_SESSIONS) return null;
  return {
    typical: round(median(known)),
    low: Math.min(...known),
    high: Math.max(...known),
    sessions: known.length,
  };
}
