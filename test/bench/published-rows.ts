/** From a row of published measurements to what Plumbline predicts for it, or why it predicts nothing. */
import { cublasWorkspace } from '../../src/shared/budget/pytorch/device';
import { kvElementsPerToken } from '../../src/shared/model/kv';
import { parameterCount } from '../../src/shared/model/parameters';
import type { ModelSpec } from '../../src/shared/model/spec';
import { attentionCoefficient, blockBytes, scoreBytes } from './published-blocks';
import { operations, speed } from './published-compute';
import { isLlmc, llmcBytes } from './published-llmc';
import { publishedModel } from './published-models';
import { Config, type Prediction, type PublishedRow, unitSize } from './published-row';
import { activations, checkpointed, generated, loaded, trained } from './published-runs';
import { serverBytes } from './published-servers';

const NO_MODEL = 'the model’s configuration is not published with the figure';

/** In the row's own unit. */
export function predict(row: PublishedRow): Prediction {
  if (!Number.isFinite(row.value)) return { reason: 'the row has no figure' };
  const unit = unitSize(row.unit);
  if (unit === null) return { reason: `a unit Plumbline does not know: ${row.unit || 'none'}` };
  const config = new Config(row);
  if (unit.measures === 'coefficient')
    return { kind: 'activations', predicted: attentionCoefficient(row) };
  if (unit.measures === 'bytes') {
    const found = bytesOf(row, config);
    return 'bytes' in found ? { kind: found.kind, predicted: found.bytes / unit.size } : found;
  }
  const model = publishedModel(row);
  if (!model) return { reason: NO_MODEL };
  if (unit.measures === 'parameters')
    return { kind: 'parameters', predicted: parameterCount(model) };
  if (unit.measures === 'operations')
    return { kind: 'operations', predicted: operations(row, model, config) / unit.size };
  const found = speed(row, model, config);
  if (!('rate' in found)) return found;
  return {
    kind: found.kind,
    isBound: true,
    predicted: unit.measures === 'rate' ? found.rate : found.perToken / unit.size,
  };
}

function bytesOf(
  row: PublishedRow,
  config: Config,
): Prediction | { readonly kind: string; readonly bytes: number } {
  const { quantity } = row;
  if (/left after one Linear/.test(quantity))
    return { kind: 'workspace', bytes: cublasWorkspace(config.gpu) };
  if (
    (/context/i.test(quantity) && !/incl/.test(quantity)) ||
    /with 0 B torch reserved/.test(quantity)
  )
    return { reason: 'a bare CUDA context: measured, never predicted' };
  if (/^KV|KV cache bytes|KV self size/.test(quantity)) return cacheOf(row, config);
  const block = blockBytes(row);
  if (block) return block;
  const model = publishedModel(row);
  const server = serverBytes(row, model, config);
  if (server) return server;
  if (!model) return { reason: NO_MODEL };
  if (isLlmc(row, config)) return llmcBytes(row, model, config);
  return wholeOf(row, model, config);
}

function wholeOf(row: PublishedRow, model: ModelSpec, config: Config): ReturnType<typeof bytesOf> {
  const { quantity } = row;
  if (/checkpoint file/.test(quantity)) return checkpointed(row, model);
  if (/model states/i.test(quantity))
    return { kind: 'weights and states', bytes: 16 * parameterCount(model) };
  if (/^weights|loading weights|after model setup/i.test(quantity))
    return loaded(row, model, config);
  if (/^allocation step/.test(quantity))
    return { kind: 'activations', bytes: scoreBytes(row, model) };
  if (/activation memory/i.test(quantity)) return activations(row, model, config);
  if (/inference|generati/i.test(quantity)) return generated(row, model, config);
  if (
    /^(nvml|reserved)\b/i.test(quantity) ||
    config.number('batch') === undefined ||
    config.number('seq') === undefined
  )
    return { reason: 'batch or sequence is not published' };
  if (/train|peak|process GPU|per GPU|backward|step/i.test(quantity))
    return trained(row, model, config);
  return { reason: 'a quantity Plumbline does not predict' };
}

/** Cache rows carry what they need in their configuration, or their model does. */
function cacheOf(row: PublishedRow, config: Config): ReturnType<typeof bytesOf> {
  const latent = config.number('kv_lora_rank');
  const heads = config.number('kv_heads');
  const width = config.number('head_dim');
  const model = publishedModel(row);
  const layers = config.number('layers') ?? model?.layers;
  const elements =
    latent !== undefined
      ? latent + (config.number('qk_rope_head_dim') ?? 64)
      : heads !== undefined && width !== undefined
        ? 2 * heads * width
        : model && kvElementsPerToken(model);
  if (layers === undefined || elements === undefined) return { reason: NO_MODEL };
  const element =
    /fp8|int8|q8/i.test(`${config.text('precision').replace(/weights?/g, '')}`) &&
    !/bf16|f16/.test(config.text('precision'))
      ? 1
      : /fp32|f32/.test(config.text('precision'))
        ? 4
        : 2;
  const tokens =
    /token/.test(`${row.unit} ${row.quantity}`) && !/self size/.test(row.quantity)
      ? 1
      : (config.number('seq') ?? 1) * (config.number('batch') ?? 1);
  return { kind: 'kv cache', bytes: layers * elements * element * tokens };
}
