/**
 * Deliberate faults for tests and demonstrations, from PLUMBLINE_FAULT (comma-separated):
 *   leak:BYTES   keeps one more float32 tensor of that many bytes per training step or generated token
 *   kv:double    keeps a second copy of the KV cache
 *   kv:fp32      keeps the KV cache in fp32 while announcing the declared precision
 *   fp32         keeps weights and KV cache in fp32 while announcing the declared precisions
 *   batch:N      runs with batch N while announcing the declared one
 *   extra:N      makes one tensor of one number after the Nth tensor, and gives it back at once
 *   process:BYTES  starts a second process that holds that many bytes beside the workload
 */
import { scalar } from '@tensorflow/tfjs-core';
import { Failure } from '../../shared/base/failure';
import { engineInternals } from '../tfjs/internals';

export interface Faults {
  readonly leakBytes: number;
  readonly doubleCache: boolean;
  readonly fp32Cache: boolean;
  readonly fp32Weights: boolean;
  readonly batch: number | null;
  readonly besideBytes: number;
  /** Counted from 1; 0 for none. */
  readonly extraAfter: number;
}

export function readFaults(text: string | undefined): Faults {
  let faults: Faults = {
    leakBytes: 0,
    doubleCache: false,
    fp32Cache: false,
    fp32Weights: false,
    batch: null,
    besideBytes: 0,
    extraAfter: 0,
  };
  for (const part of (text ?? '').split(',').filter(Boolean)) {
    const [name, value = ''] = part.split(':');
    const amount = Number(value);
    if (name === 'leak' && Number.isSafeInteger(amount) && amount >= 4 && amount % 4 === 0)
      faults = { ...faults, leakBytes: amount };
    else if (part === 'kv:double') faults = { ...faults, doubleCache: true };
    else if (part === 'kv:fp32') faults = { ...faults, fp32Cache: true };
    else if (part === 'fp32') faults = { ...faults, fp32Cache: true, fp32Weights: true };
    else if (name === 'batch' && Number.isSafeInteger(amount) && amount >= 1)
      faults = { ...faults, batch: amount };
    else if (name === 'process' && Number.isSafeInteger(amount) && amount >= 4 && amount % 4 === 0)
      faults = { ...faults, besideBytes: amount };
    else if (name === 'extra' && Number.isSafeInteger(amount) && amount >= 1)
      faults = { ...faults, extraAfter: amount };
    else
      throw new Failure(
        'bad_input',
        `PLUMBLINE_FAULT does not know "${part}".`,
        'Use leak:BYTES (a multiple of 4), kv:double, kv:fp32, fp32, batch:N, extra:N or process:BYTES (a multiple of 4).',
      );
  }
  return faults;
}

/** Once the tensors made from here on are `after`, makes one more that nobody asked for. */
export function plantExtraTensor(after: number): void {
  const internals = engineInternals();
  const track = internals.trackTensor.bind(internals);
  let made = 0;
  internals.trackTensor = (tensor, backend) => {
    track(tensor, backend);
    if (++made === after) scalar(0).dispose();
  };
}
