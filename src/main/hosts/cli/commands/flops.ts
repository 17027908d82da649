/** `plumbline flops`: the arithmetic of a model over a batch, and with --gpu what it costs on a device. */
import type { Command } from 'commander';
import { flopsOf } from '../../../../shared/compute/flops';
import { gpuByName } from '../../../../shared/compute/gpu-names';
import { passSeconds, ridgePoint, roofline } from '../../../../shared/compute/roofline';
import { compareWithRnn } from '../../../../shared/compute/rnn';
import { parameterCount } from '../../../../shared/model/parameters';
import type { ModelSpec, RunSpec } from '../../../../shared/model/spec';
import { flopsText } from '../../../reports/text-compute';
import type { Output } from '../output';
import { addSpecOptions, type SpecOptions, specOf } from '../spec-options';

interface FlopsOptions extends SpecOptions {
  readonly gpu?: string;
}

export function registerFlops(program: Command, output: Output): void {
  const command = addSpecOptions(program.command('flops').description('count the floating-point operations of a batch, by operation'));
  if (!command.options.some((option) => option.long === '--gpu')) command.option('--gpu <name>', 'also time it on this GPU, by the roofline');
  command.action((options: FlopsOptions) => {
    // Sizes are those of one forward pass unless a mode is asked for.
    const { model, run } = specOf({ ...options, mode: options.mode ?? 'infer' }, { model: 'gpt2', framework: 'pytorch' });
    const document = {
      ...flopsOf(model, run.batch, run.seq, run),
      model: { name: model.name, parameters: parameterCount(model), layers: model.layers + (model.decoderLayers ?? 0) },
      batch: run.batch,
      seq: run.seq,
      causal: run.causal,
      rnn: compareWithRnn(model, run.seq),
      device: options.gpu === undefined ? null : onDevice(model, run, options.gpu),
    };
    output.result(document, () => flopsText(document));
  });
}

function onDevice(model: ModelSpec, run: RunSpec, name: string) {
  const gpu = gpuByName(name);
  const shape = {
    batch: run.batch, queries: run.seq, context: run.seq, precision: run.precision, kvPrecision: run.kvPrecision, attention: run.attention, causal: run.causal,
  };
  return {
    gpu,
    precision: run.precision,
    ridge: ridgePoint(gpu, run.precision),
    operations: roofline(model, shape, gpu),
    seconds: passSeconds(model, shape, gpu),
  };
}
