/** Rows of operations and of speed: exact counts, and what the roofline allows at most. */
import { forwardFlops, trainFlops } from '../../src/shared/compute/flops';
import { generationLatency } from '../../src/shared/compute/latency';
import { gpusNamed } from '../../src/shared/hardware/gpu-names';
import type { ModelSpec, Precision } from '../../src/shared/model/spec';
import type { Config, Prediction, PublishedRow } from './published-row';

/** Operations of a training step, or of its forward pass where the row says that it counts that alone. */
export function operations(row: PublishedRow, model: ModelSpec, config: Config): number {
  const { quantity } = row;
  const causal = /causal/i.test(quantity) && !/non-?causal|full attention/i.test(quantity);
  const isForward =
    /\b(forward|prefill|inference)\b/i.test(quantity) && !/backward|train|step/i.test(quantity);
  const count = isForward ? forwardFlops : trainFlops;
  return Number(
    count(model, config.number('batch') ?? 1, config.number('seq') ?? 1024, { causal }),
  );
}

/**
 * Tokens a second, or seconds a token. The roofline says what no kernel can beat: at small batches the weights' bytes
 * over the bandwidth. So these rows show how much of it was reached, and the error is that distance.
 */
export function speed(
  row: PublishedRow,
  model: ModelSpec,
  config: Config,
): Prediction | { readonly kind: string; readonly rate: number; readonly perToken: number } {
  if (
    !/decode|generat|throughput|latency per token|tok/i.test(`${row.quantity} ${row.unit}`) ||
    /train/i.test(row.quantity)
  )
    return { reason: 'a speed of training, which depends on kernels' };
  const [gpu] = gpusNamed(config.gpu ?? '');
  if (!gpu) return { reason: 'the GPU is not published with the figure' };
  const said = config.text('precision');
  const precision: Precision | null = /^(bf16|fp16)$/.test(said)
    ? (said as Precision)
    : /^int8/.test(said)
      ? 'int8'
      : /int4|nf4|awq/i.test(said)
        ? 'int4'
        : null;
  if (precision === null)
    return { reason: `weights in ${said || 'a precision that is not published'}` };
  const shape = /bs(\d+)-(\d+)-(\d+)/.exec(row.id);
  const whole = config.number('seq');
  const prompt = shape ? Number(shape[2]) : whole ? Math.max(1, whole - 2) : 5;
  const latency = generationLatency(
    model,
    {
      batch: shape ? Number(shape[1]) : (config.number('batch') ?? 1),
      promptTokens: prompt,
      tokens: shape ? Number(shape[3]) : whole ? 2 : 200,
      precision,
      attention: 'flash',
    },
    gpu,
  );
  return {
    kind: 'speed, at the roofline',
    rate: shape
      ? latency.tokensPerSecond
      : (config.number('batch') ?? 1) / (latency.perTokenSeconds ?? Number.NaN),
    perToken: latency.perTokenSeconds ?? Number.NaN,
  };
}
