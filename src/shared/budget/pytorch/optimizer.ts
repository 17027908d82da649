/**
 * What each optimizer keeps from its first step on, and what its step holds for a moment besides.
 *
 *     adam, adamw  m and v like the weights; the foreach kernels hold √v of every weight at once, the fused one nothing
 *     momentum     one buffer like the weights          lion  the same, and one update at a time
 *     adam8bit     m and v at one byte, with an fp32 scale for every 256 elements (bitsandbytes; below 4,096 elements fp32)
 *     adafactor    fp32 row and column means of each matrix, a whole vector otherwise; one fp32 update at a time
 *     paged        states of 100,000 elements and more in memory that pages to the host, the scales of 8-bit ones never; one
 *                  kernel, which holds nothing (bitsandbytes/optim/optimizer.py, get_state_buffer and init_state)
 *     muon         momentum for the matrices of the layers, Adam for the rest; Newton–Schulz holds four half-precision
 *                  copies of one matrix
 */

import type { Bytes } from '../../base/units';
import type { RunSpec } from '../../model/spec';
import type { WeightTensor } from '../weights';
import { TensorSum } from './allocator';
import { type Holding, hold } from './holding';
import type { ElementBytes } from './types';

export interface OptimizerMemory {
  readonly states: readonly Holding[];
  readonly temporaries: TensorSum;
}

const BLOCK_8BIT = 256;
const MIN_8BIT = 4_096;
const MIN_PAGED = 100_000;
const COPIES_OF_NEWTON_SCHULZ = 4;

export function optimizerMemory(
  run: RunSpec,
  trained: readonly WeightTensor[],
  types: ElementBytes,
  share: number,
): OptimizerMemory {
  const sums = new TrainedSums(trained, types, share, run.pagedOptimizer === true);
  const none = new TensorSum();
  switch (run.optimizer) {
    case 'adam':
    case 'adamw':
      return {
        states: [hold('adam_m', sums.like()), hold('adam_v', sums.like())],
        temporaries: run.optimizerKernel === 'fused' || run.pagedOptimizer ? none : sums.like(),
      };
    case 'sgd':
      return { states: [], temporaries: none };
    case 'momentum':
      return { states: [hold('momentum', sums.like())], temporaries: none };
    case 'lion':
      return {
        states: [hold('momentum', sums.like())],
        temporaries: run.pagedOptimizer ? none : sums.largest(types.state),
      };
    case 'adam8bit':
      return { states: adam8bitStates(sums), temporaries: none };
    case 'adafactor': {
      const factors = sums.sum(
        ({ rows, columns, kind }) => (4 * (kind === 'vector' ? columns : rows + columns)) / share,
      );
      return { states: [hold('optimizer_other', factors)], temporaries: sums.largest(8) };
    }
    case 'muon':
      return muonMemory(sums);
  }
}

function adam8bitStates(sums: TrainedSums): readonly Holding[] {
  const moment = () =>
    sums.sum((_, elements) =>
      sums.isResident(elements) ? elements * (elements < MIN_8BIT ? 4 : 1) : 0,
    );
  const scales = sums.sum((_, elements) =>
    elements < MIN_8BIT ? 0 : 2 * 4 * Math.ceil(elements / BLOCK_8BIT),
  );
  return [hold('adam_m', moment()), hold('adam_v', moment()), hold('optimizer_other', scales)];
}

function muonMemory(sums: TrainedSums): OptimizerMemory {
  const hidden = ({ layered, kind }: WeightTensor) => layered && kind === 'matrix';
  const rest = (tensor: WeightTensor) => !hidden(tensor);
  return {
    states: [
      hold('momentum', sums.like(hidden)),
      hold('adam_m', sums.like(rest)),
      hold('adam_v', sums.like(rest)),
    ],
    temporaries: sums.largest(2 * COPIES_OF_NEWTON_SCHULZ, hidden),
  };
}

/** What is kept for every trained tensor, or for the largest of them. */
class TrainedSums {
  readonly #trained: readonly WeightTensor[];
  readonly #types: ElementBytes;
  /** Ranks that the states are divided among. */
  readonly #share: number;
  readonly #paged: boolean;

  constructor(
    trained: readonly WeightTensor[],
    types: ElementBytes,
    share: number,
    paged: boolean,
  ) {
    this.#trained = trained;
    this.#types = types;
    this.#share = share;
    this.#paged = paged;
  }

  /** Whether a state of so many elements is ordinary memory of the device. */
  isResident(elements: number): boolean {
    return !this.#paged || elements < MIN_PAGED;
  }

  sum(bytes: (tensor: WeightTensor, elements: number) => Bytes): TensorSum {
    const total = new TensorSum();
    for (const tensor of this.#trained) {
      const elements = Math.ceil((tensor.rows * tensor.columns) / this.#share);
      total.add(Math.ceil(bytes(tensor, elements)), tensor.count);
    }
    return total;
  }

  largest(perElement: number, among: (tensor: WeightTensor) => boolean = () => true): TensorSum {
    let most = 0;
    for (const tensor of this.#trained)
      if (among(tensor)) most = Math.max(most, tensor.rows * tensor.columns);
    return new TensorSum().add(most * perElement);
  }

  like(wanted: (tensor: WeightTensor) => boolean = () => true): TensorSum {
    return this.sum((tensor, elements) =>
      wanted(tensor) && this.isResident(elements) ? elements * this.#types.state : 0,
    );
  }
}
