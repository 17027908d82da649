/**
 * What is read from a recording of a sweep, each figure beside what theory says of the same run. Bytes are predicted
 * outright; of a time theory knows the shape alone, FLOPs, which a sweep lays on its median pace.
 */
import type { Bytes, Micros } from '../../base/units';
import { forwardFlops, trainFlops } from '../../compute/flops';
import { generationFlops } from '../../compute/generation';
import { countParameters } from '../../model/parameters';
import type { ModelSpec, RunSpec } from '../../model/spec';
import type { SessionDocument } from '../../session/session-document';
import {
  activationBytes,
  isCrowded,
  predictedActivationBytes,
  shortestStep,
} from '../experiments/measured/measurement';
import type { Point } from './sweep';

/** In the order they are shown in. `layerWeights` are all weights less embeddings, final norm and head. */
export const FIGURE_NAMES = ['peak', 'weights', 'layerWeights', 'activations', 'time'] as const;
export type FigureName = (typeof FIGURE_NAMES)[number];

/** Null where nothing was measured, or nothing can be predicted. */
export interface Pair {
  readonly measured: number | null;
  readonly predicted: number | null;
}

/** What one recording says. */
export interface SweepRun {
  readonly point: Point;
  readonly id: string;
  readonly bytes: Readonly<Record<Exclude<FigureName, 'time'>, Pair>>;
  /** Of the shortest step but the first; else of the work, loading left out; else of the whole run. */
  readonly time: Micros;
  /** FLOPs in that time by the count; null where model or run is not known. */
  readonly work: number | null;
  /** Other programs took part of the processor: the time is too long. */
  readonly isCrowded: boolean;
}

export function readRun(point: Point, doc: SessionDocument): SweepRun {
  const { measuredPeak, predictedPeak, phases } = doc.overlay;
  const load = phases.find(({ phase }) => phase === 'load');
  const weights = {
    measured: load?.measuredEndComponents?.params ?? null,
    predicted: load?.predictedEndComponents?.params ?? null,
  };
  const ends = endWeights(doc);
  const inLayers = (bytes: Bytes | null) => (bytes === null || ends === null ? null : bytes - ends);
  const step = shortestStep(doc);
  const work = phases
    .filter(({ phase }) => phase !== 'load' && phase !== 'idle')
    .reduce((sum, { span: [t0, t1] }) => sum + t1 - t0, 0);
  return {
    point,
    id: doc.id,
    bytes: {
      peak: { measured: measuredPeak?.bytes ?? null, predicted: predictedPeak.refined },
      weights,
      layerWeights: {
        measured: inLayers(weights.measured),
        predicted: inLayers(weights.predicted),
      },
      activations: {
        measured: activationBytes(doc) || null,
        predicted: predictedActivationBytes(doc) || null,
      },
    },
    time: Number.isFinite(step) ? step : work || doc.durationUs,
    work: doc.model === null || doc.run === null ? null : countWork(doc.model, doc.run),
    isCrowded: isCrowded(doc),
  };
}

/** Bytes of the weights outside the layers, of a model in fp32; null elsewhere. */
function endWeights({ model, run }: SessionDocument): Bytes | null {
  if (model === null || run?.precision !== 'fp32') return null;
  const { total, layers } = countParameters(model);
  return 4 * (total - layers);
}

/** FLOPs of a step of training, of a forward pass, or of a whole generation. */
export function countWork(model: ModelSpec, run: RunSpec): number {
  if (run.mode === 'generate') return Number(generationFlops(model, run).total);
  if (run.mode !== 'train') return Number(forwardFlops(model, run.batch, run.seq));
  // Whatever segments are recomputed in, each layer's forward pass is done once more.
  const recompute = run.checkpointing !== 'none';
  return run.gradAccum * Number(trainFlops(model, run.batch, run.seq, { recompute }));
}
