/** Rows of karpathy/llm.c, which allocates its own list of buffers: predicted from that list, not from PyTorch's tier. */
import { contextBytes } from '../../src/shared/budget/pytorch/device';
import { parameterCount } from '../../src/shared/model/parameters';
import type { ModelSpec } from '../../src/shared/model/spec';
import {
  type LlmcRun,
  llmcActivationGradients,
  llmcActivations,
  llmcStates,
} from '../support/llmc';
import type { Config, Prediction, PublishedRow } from './published-row';

export function isLlmc(row: PublishedRow, config: Config): boolean {
  return /llm\.c/.test(`${config.text('framework')} ${row.source}`);
}

export function llmcBytes(
  row: PublishedRow,
  model: ModelSpec,
  config: Config,
): Prediction | { readonly kind: string; readonly bytes: number } {
  const { quantity } = row;
  if (/before/i.test(quantity))
    return { reason: 'an earlier state of llm.c, whose list of buffers is not published' };
  const element = /fp32/.test(config.text('precision')) ? 4 : 2;
  const P = parameterCount(model);
  const ranks =
    config.counted(/zero1-of-(\d+)/) ?? (config.number('zero') ? (config.number('gpus') ?? 1) : 1);
  if (/^(params|grads)/.test(quantity)) return { kind: 'weights and states', bytes: element * P };
  if (/^(adam|master|m\b|v\b)/.test(quantity))
    return { kind: 'weights and states', bytes: (4 * P) / ranks };
  const batch = config.number('batch');
  const seq = config.number('seq');
  if (batch === undefined || seq === undefined)
    return { reason: 'batch or sequence is not published' };
  const run: LlmcRun = {
    state: (config.counted(/#(\d+)/) ?? pullRequest(row)) >= 600 ? 'july' : 'april',
    batch,
    seq,
    element,
    cudnn: /cuDNN flash/i.test(config.text('attention')),
    recompute: recomputed(config.text('checkpointing')),
  };
  if (/gradient|actgrad/i.test(quantity))
    return { kind: 'llm.c buffers', bytes: llmcActivationGradients(model, run) };
  if (/activation/i.test(quantity))
    return { kind: 'llm.c buffers', bytes: llmcActivations(model, run) };
  if (/peak|total/i.test(quantity)) {
    return {
      kind: 'llm.c, process',
      bytes:
        llmcActivations(model, run) +
        llmcActivationGradients(model, run) +
        llmcStates(model, run, ranks) +
        contextBytes(config.gpu ?? 'A100'),
    };
  }
  return { reason: 'a quantity llm.c’s list does not have' };
}

const pullRequest = (row: PublishedRow): number =>
  Number(/#(\d+)/.exec(row.source ?? '')?.[1] ?? 1000);

function recomputed(words: string): LlmcRun['recompute'] {
  if (/MLP|matmul/i.test(words)) return 3;
  if (/LN|norm/i.test(words)) return 2;
  return /GELU/i.test(words) ? 1 : 0;
}
