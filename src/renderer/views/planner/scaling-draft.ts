/** The questions of scaling and cost as they are typed, and what they come to; what is open follows from the plan. */
import { Failure } from '../../../shared/base/failure';
import { gpuByName } from '../../../shared/hardware/gpu-names';
import { parameterCount } from '../../../shared/model/parameters';
import { count } from '../../../shared/model/settings/kinds';
import type { ResolvedSpec } from '../../../shared/planning/resolve-run';
import {
  readAmount,
  readShare,
  type ScalingDocument,
  type ScalingQuestion,
  scalingDocument,
} from '../../../shared/present/scaling-document';

/** Names of the parameters of the address; their order is that of the form. */
export const SCALING_FIELDS = {
  compute: { label: 'Training budget, FLOPs', usual: '6 × N × tokens', read: readAmount },
  params: { label: 'Parameters', usual: 'of the model', read: readAmount },
  tokens: { label: 'Training tokens', usual: '20 a parameter', read: readAmount },
  inferenceTokens: { label: 'Tokens served in its life', usual: 'none', read: readAmount },
  gpus: {
    label: 'GPUs',
    usual: '1',
    read: (label: string, text: string) => count().parse(label, text),
  },
  utilization: { label: 'Share of the peak', usual: '0.4', read: readShare },
  price: { label: 'Price of a GPU hour', usual: 'none', read: readAmount },
} as const;
export type ScalingField = keyof typeof SCALING_FIELDS;
export const SCALING_NAMES = Object.keys(SCALING_FIELDS) as readonly ScalingField[];

export type ScalingTexts = Readonly<Partial<Record<ScalingField, string>>>;

export interface ScalingAnswer {
  readonly document: ScalingDocument | null;
  readonly faults: Readonly<Partial<Record<ScalingField | 'all', Failure>>>;
}

/** Chinchilla's rule of thumb, where nothing is said of tokens. */
const TOKENS_A_PARAMETER = 20;

export function answerScaling(texts: ScalingTexts, spec: ResolvedSpec | null): ScalingAnswer {
  const faults: Partial<Record<ScalingField | 'all', Failure>> = {};
  const given: Partial<Record<ScalingField, number>> = {};
  for (const name of SCALING_NAMES) {
    const text = texts[name]?.trim() ?? '';
    if (text === '') continue;
    const { label, read } = SCALING_FIELDS[name];
    const value = attempt(() => read(label, text));
    if (value instanceof Failure) faults[name] = value;
    else given[name] = value;
  }
  if (Object.keys(faults).length > 0) return { document: null, faults };
  const document = attempt(() => scalingDocument(filledIn(given, spec)));
  return document instanceof Failure
    ? { document: null, faults: { all: document } }
    : { document, faults };
}

/** The plan's model, its card and the rule of thumb stand in for what is not said. */
function filledIn(
  given: Partial<Record<ScalingField, number>>,
  spec: ResolvedSpec | null,
): ScalingQuestion {
  const params = given.params ?? (spec === null ? undefined : parameterCount(spec.model));
  const hasPair = given.compute === undefined || given.tokens !== undefined;
  const tokens = given.tokens ?? (params === undefined ? undefined : TOKENS_A_PARAMETER * params);
  const gpu = spec?.run.gpu;
  return {
    ...given,
    ...(hasPair ? { params, tokens } : { params: undefined }),
    gpu: gpu === undefined ? undefined : gpuByName(gpu).name,
  };
}

function attempt<T>(compute: () => T): T | Failure {
  try {
    return compute();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}
