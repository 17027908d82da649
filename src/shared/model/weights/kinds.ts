/** Layers of a model that are not alike: what they may differ in, how many there are of each kind, and what each kind is. */
import type { ModelSpec } from '../model-spec';

/** What layers of a model may differ in. */
export interface LayerKind {
  /** Linear attention instead of the softmax over a cache. */
  readonly linear: boolean;
  /** A dense network in a model of experts. */
  readonly dense: boolean;
  /** A second attention, over an encoder's output. */
  readonly cross: boolean;
  /** `globalAttention`'s heads in place of the others'. */
  readonly global: boolean;
  /** It reads the keys and values of an earlier layer. */
  readonly reading: boolean;
}

export const PLAIN: LayerKind = {
  linear: false,
  dense: false,
  cross: false,
  global: false,
  reading: false,
};

/** Layers of one kind. */
export interface LayerGroup extends LayerKind {
  readonly layers: number;
}

/** Whether layers have heads and networks of shapes of their own, so that one model does not tell of all of them. */
export const hasOwnShapes = ({ globalAttention, sharedKeys }: ModelSpec): boolean =>
  globalAttention !== undefined || sharedKeys !== undefined;

/**
 * The layers from the one at `from` to before the one at `to`, by what they hold. Layers that share their weights count
 * as many times as there are sets of them.
 */
export function groupLayers(
  model: ModelSpec,
  from = 0,
  to: number = model.layers,
): readonly LayerGroup[] {
  const { experts, linearAttention, sharedLayers } = model;
  const within = (index: number) => index >= from && index < to;
  const count = sharedLayers ?? to - from;
  if (to <= from) return [];
  if (hasOwnShapes(model)) return groupOneByOne(model, from, to);
  if (!experts?.denseLayers && !experts?.denseAt && !linearAttention)
    return [{ ...PLAIN, layers: count }];
  const first = experts?.denseLayers ?? 0;
  const denseAt = (experts?.denseAt ?? []).filter((index) => within(index) && index >= first);
  const linearAt = (linearAttention?.layers ?? []).filter(within);
  const denseOnes = new Set(denseAt);
  const both = linearAt.filter((index) => index < first || denseOnes.has(index)).length;
  const dense = Math.max(0, Math.min(to, first) - from) + denseAt.length;
  const linear = linearAt.length;
  return [
    { ...PLAIN, layers: count - dense - linear + both },
    { ...PLAIN, dense: true, layers: dense - both },
    { ...PLAIN, linear: true, layers: linear - both },
    { ...PLAIN, linear: true, dense: true, layers: both },
  ].filter(({ layers }) => layers > 0);
}

function groupOneByOne(model: ModelSpec, from: number, to: number): readonly LayerGroup[] {
  const groups = new Map<string, { kind: LayerKind; layers: number }>();
  for (let index = from; index < to; index++) {
    const kind = kindOfLayer(model, index);
    const name = JSON.stringify(kind);
    const group = groups.get(name) ?? { kind, layers: 0 };
    group.layers++;
    groups.set(name, group);
  }
  return Array.from(groups.values(), ({ kind, layers }) => ({ ...kind, layers }));
}

/** The kind that `groupLayers` counts the layer at `index` among. */
export function kindOfLayer(model: ModelSpec, index: number): LayerKind {
  const { experts, linearAttention, globalAttention, sharedKeys, layers } = model;
  const isDense =
    experts !== undefined &&
    (index < (experts.denseLayers ?? 0) || experts.denseAt?.includes(index) === true);
  return {
    linear: linearAttention?.layers.includes(index) === true,
    dense: isDense,
    cross: false,
    global: globalAttention?.layers.includes(index) === true,
    reading: index >= layers - (sharedKeys?.layers ?? 0),
  };
}

/** A model all of whose layers are of that kind: its heads, its window, its network. */
export function modelOfKind(model: ModelSpec, kind: LayerKind): ModelSpec {
  const { globalAttention, sharedKeys, experts } = model;
  let { slidingWindow: window, ...of } = model;
  if (kind.global && globalAttention) {
    const { headDim, kvHeads } = globalAttention;
    of = { ...of, headDim, kvHeads };
    window = undefined;
  }
  if (kind.reading && sharedKeys) of = { ...of, ffn: sharedKeys.ffn };
  if (kind.dense && experts) {
    const { experts: _, ...dense } = of;
    of = dense;
  }
  return window === undefined ? of : { ...of, slidingWindow: window };
}
