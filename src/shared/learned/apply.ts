/** A budget with what was learned of the machine in place of the published constants: a field of its own beside them. */
import type { Bytes } from '../base/units';
import type { Budget, MemoryLevels, TierBudget } from '../budget/types';
import {
  LEARNED_PARTS,
  type LearnedConstants,
  type LearnedFigure,
  type LearnedPart,
} from './types';

export interface LearnedComponent extends Omit<LearnedFigure, 'typical'> {
  readonly component: LearnedPart;
  /** What the learned constant makes of this run, and what the published one does. */
  readonly bytes: Bytes;
  readonly published: Bytes;
}

export interface LearnedBudget {
  readonly gpu: string;
  readonly driver: string;
  readonly framework: string;
  readonly sessions: number;
  /** Peak of the refined tier at process level with the learned components. */
  readonly peak: Bytes;
  /** `low` and `high` in bytes of this run. */
  readonly components: readonly LearnedComponent[];
}

/** A run on a named card, where sessions of one like it told anything; null elsewhere. `gpu`: its name. */
export function learnBudget(
  budget: Budget,
  gpu: string | undefined,
  all: readonly LearnedConstants[],
): LearnedBudget | null {
  const own = gpu === undefined ? null : learnedFor(all, gpu, budget.run.framework);
  return own && applyLearned(budget, own);
}

/** Null where the refined tier knows no levels: the bundled workload has no allocator below it. */
export function applyLearned(budget: Budget, learned: LearnedConstants): LearnedBudget | null {
  const refined = budget.perRank?.refined ?? budget.tiers.refined;
  const { levels } = refined;
  if (levels === undefined) return null;
  const components = LEARNED_PARTS.flatMap((component): LearnedComponent[] => {
    const figure = learned.figures[component];
    if (figure === undefined) return [];
    // Nothing is left between the steps of a run that has none.
    if (component === 'workspace' && budget.run.mode !== 'train') return [];
    // A run of one process has nobody to talk to.
    if (component === 'communication' && (budget.perRank?.ranks ?? 1) === 1) return [];
    const inBytes = (value: number) =>
      component === 'reserve' ? Math.round((value * levels.allocated) / 1000) : value;
    const { typical, low, high, sessions } = figure;
    return [
      {
        component,
        bytes: inBytes(typical),
        low: inBytes(low),
        high: inBytes(high),
        sessions,
        published: publishedFor(component, refined, levels),
      },
    ];
  });
  const more = components.reduce((sum, { bytes, published: own }) => sum + bytes - own, 0);
  const { gpu, driver, framework, sessions } = learned;
  return { gpu, driver, framework, sessions, peak: levels.process + more, components };
}

/**
 * Workspaces are learned between steps, where no operation works: temporaries of the peak are theory's. So are buckets and
 * gathered weights, which are tensors: what libraries that talk to other ranks hold beside the allocator has no formula.
 */
function publishedFor(
  component: LearnedPart,
  { components, phases }: TierBudget,
  { reserved, allocated }: MemoryLevels,
): Bytes {
  switch (component) {
    case 'context':
      return components.context ?? 0;
    case 'workspace':
      return phases.find(({ phase }) => phase === 'optimizer')?.endComponents.workspace ?? 0;
    case 'communication':
      return 0;
    case 'reserve':
      return reserved - allocated;
  }
}

/** The constants for a GPU by its name, of the driver and framework with most sessions; null where none are known. */
export function learnedFor(
  all: readonly LearnedConstants[],
  gpu: string,
  framework: string,
): LearnedConstants | null {
  return (
    all.find((one) => sameGpu(one.gpu, gpu) && one.framework.startsWith(`${framework} `)) ?? null
  );
}

/** A catalogue says "RTX 4090" where a driver says "NVIDIA GeForce RTX 4090". */
const sameGpu = (driver: string, name: string): boolean =>
  ` ${driver.toLowerCase()} `.includes(` ${name.toLowerCase()} `);
