/**
 * A block of the model that keeps more than its like: every layer of a kind saves as much for backward as the next, so
 * one that stands out from all the others is where a divergence begins. Its like are the blocks of its own list: those of a
 * decoder keep more than those of its encoder. What each keeps is what was allocated at its end
 * less at its beginning, in forward, and where all are alike there in backward; the first pass is left out, in which
 * libraries take their workspaces.
 */
import { formatBytes, formatInteger } from '../../base/format';
import { median } from '../../base/statistics';
import { type Bytes, MiB, type Micros } from '../../base/units';
import { keptByBlock } from '../../budget/pytorch/blocks';
import { type MarkerOf, markersOf } from '../../trace/carried-on';
import type { BlocksMark } from '../../trace/types';
import type { DiagnosisInput, Finding } from '../overlay/types';

export interface OddBlock {
  readonly finding: Finding;
  /** What it keeps beyond the others in one pass. */
  readonly bytes: Bytes;
  /** "block 17 (layers.17)". */
  readonly words: string;
  /** Backward does not give it back. */
  readonly stays: boolean;
}

/** Fewer are no crowd that one could stand out from. */
const MIN_BLOCKS = 4;
const MIN_EXCESS = MiB;

interface Pass {
  readonly marker: MarkerOf<'memory'>;
  readonly blocks: BlocksMark;
}

/** The block that keeps most beyond its like; null where none stands out. */
export function findOddBlock(input: DiagnosisInput): OddBlock | null {
  const passes = markersOf(input.markers, 'memory').flatMap((marker): Pass[] =>
    marker.memory.blocks === undefined ? [] : [{ marker, blocks: marker.memory.blocks }],
  );
  const found = [...Map.groupBy(passes, ({ marker }) => marker.rank).values()].flatMap((own) => {
    const odd = lookAt(own, input);
    return odd === null ? [] : [odd];
  });
  return found.reduce<OddBlock | null>(
    (most, one) => (most === null || one.bytes > most.bytes ? one : most),
    null,
  );
}

function lookAt(passes: readonly Pass[], input: DiagnosisInput): OddBlock | null {
  const forward = settledPasses(passes, ['forward', 'prefill']);
  const backward = settledPasses(passes, ['backward']);
  const names = passes[0]?.blocks.names ?? [];
  const changes = typicalChanges(backward);
  const odd = standOutOf(typicalChanges(forward), names);
  if (odd === null) {
    const left = standOutOf(changes, names);
    return left && lookBack(backward, left);
  }
  const given = changes.get(odd.block);
  const usual = median(odd.like.flatMap((block) => changes.get(block) ?? []));
  const stays = given !== undefined && given - usual > -0.5 * odd.excess;
  return describe(input, { passes: forward, odd, stays, given });
}

/** Those of a kind but the first of all; of one pass alone it. */
function settledPasses(passes: readonly Pass[], phases: readonly string[]): Pass[] {
  const own = passes.filter(({ marker }) => phases.includes(marker.phase ?? ''));
  return own.length > 1 ? own.slice(1) : own;
}

/** By block in the order they run in, the middle one of what the passes changed from its beginning to its end. */
function typicalChanges(passes: readonly Pass[]): Map<number, Bytes> {
  const changes = new Map<number, Bytes[]>();
  for (const { blocks } of passes) {
    const begun = new Map<number, Bytes>();
    for (const [block, edge, , allocated] of blocks.edges) {
      const before = begun.get(block);
      if (edge === 0) begun.set(block, allocated);
      else if (before !== undefined) {
        const known = changes.get(block);
        if (known === undefined) changes.set(block, [allocated - before]);
        else known.push(allocated - before);
        begun.delete(block);
      }
    }
  }
  return new Map([...changes].map(([block, all]) => [block, median(all)]));
}

interface Odd {
  readonly block: number;
  /** It and the blocks it was held against. */
  readonly like: readonly number[];
  readonly excess: Bytes;
  readonly usual: Bytes;
  /** How many others stand out too. */
  readonly others: number;
}

/** The list that a block is in, as its name tells: "encoder.layers" of "encoder.layers.3". */
const listOf = (name: string | undefined): string => (name ?? '').replace(/\.?\d+$/, '');

/** Of all lists of blocks the one that stands out most. */
function standOutOf(kept: ReadonlyMap<number, Bytes>, names: readonly string[]): Odd | null {
  const lists = Map.groupBy(kept, ([block]) => listOf(names[block])).values();
  const odd = [...lists].flatMap((own) => standOut(new Map(own)) ?? []);
  return odd.reduce<Odd | null>(
    (most, one) => (most === null || one.excess > most.excess ? one : most),
    null,
  );
}

/** The first block that keeps far more than the others, which are alike. */
function standOut(kept: ReadonlyMap<number, Bytes>): Odd | null {
  if (kept.size < MIN_BLOCKS) return null;
  const usual = median([...kept.values()]);
  const least = Math.max(MIN_EXCESS, 0.05 * Math.abs(usual));
  const odd = [...kept].filter(([, bytes]) => bytes - usual > least);
  const first = odd[0];
  if (first === undefined || odd.length > kept.size / 4) return null;
  const excess = first[1] - usual;
  const crowd = [...kept].filter(([, bytes]) => bytes - usual <= least).map(([, bytes]) => bytes);
  // Blocks that differ among themselves have no like.
  if (Math.max(...crowd) - Math.min(...crowd) > 0.25 * excess) return null;
  return { block: first[0], like: [...kept.keys()], excess, usual, others: odd.length - 1 };
}

interface Seen {
  readonly passes: readonly Pass[];
  readonly odd: Odd;
  readonly stays: boolean;
  /** What backward changed from its beginning to its end; undefined where it was not read. */
  readonly given: Bytes | undefined;
}

/** What both directions say of a block alike. */
function introduce(all: readonly Pass[], { block, excess, others }: Odd) {
  // Not every pass tells every block.
  const passes = all.filter(({ blocks }) => blocks.edges.some(([own]) => own === block));
  const first = passes[0]!;
  const last = passes.at(-1)!;
  const { kind, names } = first.blocks;
  const name = names[block] ?? kind;
  const isAlone = new Set(names.map(listOf)).size < 2;
  const span: readonly [Micros, Micros] = [
    first.blocks.edges.find(([own]) => own === block)?.[2] ?? first.marker.t,
    last.marker.t,
  ];
  return {
    /** How many told it. */
    times: formatInteger(passes.length),
    /** The others it was held against, in words. */
    like: isAlone ? `blocks of kind ${kind}` : `blocks of ${listOf(name)}`,
    name,
    words: `block ${formatInteger(block)} (${name})`,
    phase: first.marker.phase,
    shared: {
      kind: 'retained',
      title: `${isAlone ? `Block ${formatInteger(block)}` : name} keeps ${formatBytes(excess)} that its neighbours do not`,
      bytes: excess,
      span,
      confidence: passes.length >= 2 ? 'high' : 'medium',
    } as const,
    crowd: others === 0 ? [] : [`${formatInteger(others)} later blocks stand out as well.`],
  };
}

/** Alike in forward, one keeps in backward what the others give back. */
function lookBack(passes: readonly Pass[], odd: Odd): OddBlock {
  const { excess, usual } = odd;
  const { times, like, name, words, shared, crowd } = introduce(passes, odd);
  const change = (bytes: Bytes) =>
    bytes < 0 ? `gives ${formatBytes(-bytes)} back` : `takes ${formatBytes(bytes)} more`;
  return {
    bytes: excess,
    words: `${words} in backward`,
    stays: true,
    finding: {
      ...shared,
      title: `${shared.title}, in backward`,
      phase: 'backward',
      evidence: [
        `From its beginning to its end backward ${change(excess + usual)} in ${name}, where in the middle one of the ${like} it ${change(usual)}, in ${times} backward passes.`,
        'In forward it keeps what the others keep.',
        ...crowd,
      ],
      formula:
        'kept = allocated at the end of the block − at its beginning, less the middle one of all blocks',
      worked: `${formatBytes(excess + usual)} − ${formatBytes(usual)} = ${formatBytes(excess)}`,
      remedy: `Look at what holds gradients or saved tensors of ${name}: a backward hook that keeps them, retain_graph=True, weights that train where the others are frozen.`,
    },
  };
}

function describe({ budget }: DiagnosisInput, { passes, odd, stays, given }: Seen): OddBlock {
  const { excess, usual } = odd;
  const { times, like, name, words, phase, shared, crowd } = introduce(passes, odd);
  const predicted = budget === null ? null : keptByBlock(budget.spec, budget.run);
  return {
    bytes: excess,
    words,
    stays,
    finding: {
      ...shared,
      phase: phase === 'prefill' ? 'prefill' : 'forward',
      evidence: [
        `${name} keeps ${formatBytes(excess + usual)} from its beginning to its end where the other ${like} keep ${formatBytes(usual)}, in ${times} forward passes.`,
        ...(given === undefined
          ? []
          : [
              stays
                ? 'Backward does not give it back: it stays.'
                : 'Backward gives it back: it is saved for that.',
            ]),
        ...(predicted === null ? [] : [`Theory has a block keep ${formatBytes(predicted)}.`]),
        ...crowd,
      ],
      formula:
        'kept = allocated at the end of the block − at its beginning, less the middle one of all blocks',
      worked: `${formatBytes(excess + usual)} − ${formatBytes(usual)} = ${formatBytes(excess)}`,
      remedy: `Look at what ${name} does that the others do not: outputs it appends to a list, a hook that keeps tensors, a branch in fp32 or without a fused kernel.`,
    },
  };
}
