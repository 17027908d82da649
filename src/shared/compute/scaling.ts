/** What `plumbline scaling` says: how to spend a budget, and where a given model stands. */

import { type Count, decimal, requirePositive } from '../base/big-count';
import { Failure } from '../base/failure';
import {
  type Allocation,
  BESIROGLU,
  chinchillaLoss,
  chinchillaOptimum,
  EXPONENTS,
  HOFFMANN,
  type LifetimeOptimum,
  type LossLaw,
  lifetimeOptimum,
  lossOptimum,
  ratioOptimum,
} from './chinchilla';
import { KAPLAN, kaplanJointLoss, kaplanOptimum } from './kaplan';
import { sixPD } from './training';

interface ScalingRow extends Allocation {
  readonly method: string;
  /** N grows as C to this power: as published where the paper gives it. */
  readonly exponent: number;
  /** By approach 3 of Hoffmann et al., for all rows alike, so that they can be compared. */
  readonly loss: number;
}

export interface AllocationStanding {
  readonly params: number;
  readonly tokens: number;
  readonly tokensPerParameter: number;
  readonly loss: number;
  readonly kaplanLoss: number;
  /** Parameters over those of the optimum (approach 1) for the same compute: above 1 is too large, too little data. */
  readonly sizeOverOptimum: number;
  readonly tokensOverOptimum: number;
  readonly verdict: 'undertrained' | 'near-optimal' | 'overtrained';
}

export interface ScalingReport {
  readonly compute: Count;
  readonly optimum: readonly ScalingRow[];
  /** The model given, where one was. */
  readonly given: AllocationStanding | null;
  /** GPT-3 (175e9 parameters, 300e9 tokens) for comparison. */
  readonly gpt3: AllocationStanding;
  /** The least lifetime work for the loss of the given model, or of approach 3's optimum. */
  readonly lifetime:
    | (LifetimeOptimum & { readonly loss: number; readonly inferenceTokens: number })
    | null;
}

/** Brown et al. 2020, table 2.1; Hoffmann et al. 2022, table 4. */
export const GPT3 = { params: 175e9, tokens: 300e9 } as const;
export const CHINCHILLA = { params: 70e9, tokens: 1.4e12 } as const;

/** Within a factor of 1.5 of the optimal size counts as near it: the approaches themselves differ by more. */
const NEAR = 1.5;

/** A model of `params` parameters trained on `tokens` tokens, beside the best for the same compute, 6·N·D. */
export function compareToOptimum(params: number, tokens: number): AllocationStanding {
  requirePositive('params', params);
  requirePositive('tokens', tokens);
  const best = chinchillaOptimum(sixPD(params, tokens), 1);
  const sizeOverOptimum = params / best.N;
  return {
    params,
    tokens,
    tokensPerParameter: tokens / params,
    loss: chinchillaLoss(params, tokens),
    kaplanLoss: kaplanJointLoss(params, tokens),
    sizeOverOptimum,
    tokensOverOptimum: tokens / best.D,
    verdict: judgeSize(sizeOverOptimum),
  };
}

function judgeSize(sizeOverOptimum: number): AllocationStanding['verdict'] {
  if (sizeOverOptimum > NEAR) return 'undertrained';
  return sizeOverOptimum < 1 / NEAR ? 'overtrained' : 'near-optimal';
}

/** What each published law makes of a budget of `compute` FLOPs. */
function listOptima(compute: number): readonly ScalingRow[] {
  const row = (method: string, allocation: Allocation, exponent: number): ScalingRow => ({
    method,
    ...allocation,
    exponent,
    loss: chinchillaLoss(allocation.N, allocation.D),
  });
  const lawExponent = ({ alpha, beta }: LossLaw) => beta / (alpha + beta);
  const kaplan = kaplanOptimum(compute);
  return [
    row('Chinchilla 1 (curve envelope)', chinchillaOptimum(compute, 1), EXPONENTS[1].a),
    row('Chinchilla 2 (IsoFLOP)', chinchillaOptimum(compute, 2), EXPONENTS[2].a),
    row('Chinchilla 3 (loss fit, table)', chinchillaOptimum(compute, 3), EXPONENTS[3].a),
    row('Chinchilla 3 (rounded constants)', lossOptimum(compute, HOFFMANN), lawExponent(HOFFMANN)),
    row('Besiroglu (refit of 3)', lossOptimum(compute, BESIROGLU), lawExponent(BESIROGLU)),
    row('20 tokens a parameter', ratioOptimum(compute), 0.5),
    row(
      'Kaplan',
      { ...kaplan, tokensPerParameter: kaplan.D / kaplan.N },
      KAPLAN.optimum.N.exponent,
    ),
  ];
}

interface ScalingQuestion {
  readonly compute?: number | undefined;
  readonly params?: number | undefined;
  readonly tokens?: number | undefined;
  readonly inferenceTokens?: number | undefined;
}

/** A budget, or a model and its data. `bad_input` where neither is whole. */
export function scalingReport(question: ScalingQuestion): ScalingReport {
  const { compute: budget, params, tokens, inferenceTokens } = question;
  const pair = params !== undefined && tokens !== undefined;
  if ((budget === undefined && !pair) || (params === undefined) !== (tokens === undefined)) {
    throw new Failure(
      'bad_input',
      'Scaling needs a compute budget, or parameters and tokens.',
      'Give --compute FLOPS, or --params N with --tokens D.',
    );
  }
  const compute = budget ?? sixPD(params ?? 0, tokens ?? 0);
  requirePositive('compute', compute);
  const given = pair ? compareToOptimum(params, tokens) : null;
  const best = lossOptimum(compute);
  const loss = given?.loss ?? chinchillaLoss(best.N, best.D);
  return {
    compute: decimal(compute),
    optimum: listOptima(compute),
    given,
    gpt3: compareToOptimum(GPT3.params, GPT3.tokens),
    lifetime:
      inferenceTokens === undefined
        ? null
        : { ...lifetimeOptimum(loss, inferenceTokens), loss, inferenceTokens },
  };
}
