/** `plumbline flops`: the arithmetic of a model over a batch, and with --gpu what it costs on a device. */
import type { Command } from 'commander';
import { compareStudent } from '../../../../shared/compute/distillation';
import { countFlops } from '../../../../shared/compute/flops';
import { paddingReport } from '../../../../shared/compute/padding';
import { compareWithRnn } from '../../../../shared/compute/rnn';
import {
  passSeconds,
  peakThroughput,
  ridgePoint,
  roofline,
} from '../../../../shared/compute/roofline';
import { runSeconds } from '../../../../shared/compute/run-time';
import { generationReport } from '../../../../shared/compute/serving';
import { gpuByName } from '../../../../shared/hardware/gpu-names';
import type { Gpu } from '../../../../shared/hardware/gpus';
import { parameterCount } from '../../../../shared/model/parameters';
import type { ModelSpec, RunSpec } from '../../../../shared/model/spec';
import { resolveModel } from '../options/resolve-model';
import { addSpecOptions, resolveSpec, type SpecOptions } from '../options/spec-options';
import type { Output } from '../output';
import { type FlopsText, flopsText } from '../text/flops';

interface FlopsOptions extends SpecOptions {
  readonly against?: string;
}

export function registerFlops(program: Command, output: Output): void {
  addSpecOptions(program.command('flops'))
    .option(
      '--against <model>',
      'compare parameters and work with another model, as a student with its teacher',
    )
    .action((options: FlopsOptions) => {
      // Sizes are those of one forward pass unless a mode is asked for.
      const { model, run } = resolveSpec(
        { ...options, mode: options.mode ?? 'infer' },
        { model: 'gpt2', framework: 'pytorch' },
      );
      const gpu = run.gpu === undefined ? null : gpuByName(run.gpu);
      const document: FlopsText = {
        ...countFlops(model, run.batch, run.seq, run),
        model: {
          name: model.name,
          parameters: parameterCount(model),
          layers: model.layers + (model.decoderLayers ?? 0),
        },
        batch: run.batch,
        seq: run.seq,
        causal: run.causal,
        rnn: compareWithRnn(model, run.seq),
        device: gpu && onDevice(model, run, gpu),
        generation: generationReport(model, run, gpu),
        training: gpu && run.mode === 'train' ? trainingOn(model, run, gpu) : null,
        padding: run.lengths === undefined ? null : paddingReport(model, run.lengths),
        against: options.against === undefined ? null : against(model, options.against, run.seq),
      };
      output.result(document, () => flopsText(document));
    });
}

function onDevice(model: ModelSpec, run: RunSpec, gpu: Gpu): FlopsText['device'] {
  const shape = {
    batch: run.batch,
    queries: run.seq,
    context: run.seq,
    precision: run.precision,
    kvPrecision: run.kvPrecision,
    attention: run.attention,
    causal: run.causal,
  };
  return {
    gpu,
    precision: run.precision,
    ridge: ridgePoint(gpu, run.precision),
    operations: roofline(model, shape, gpu),
    seconds: passSeconds(model, shape, gpu),
  };
}

/** One optimizer step: its least time, and the share of the peak its model FLOPs then reach. */
function trainingOn(model: ModelSpec, run: RunSpec, gpu: Gpu): FlopsText['training'] {
  const seconds = runSeconds(model, run, gpu);
  if (seconds === null) return null;
  const { train } = countFlops(model, run.batch * run.gradAccum, run.seq, run);
  const ranks = (run.tp ?? 1) * (run.pp ?? 1);
  return {
    stepSeconds: seconds,
    tokensPerSecond: (run.batch * run.gradAccum * run.seq * (run.dp ?? 1)) / seconds,
    utilization: Number(train) / (seconds * ranks * peakThroughput(gpu, run.precision)),
  };
}

function against(model: ModelSpec, name: string, seq: number): FlopsText['against'] {
  const other = resolveModel(name);
  return { model: other.name, ...compareStudent(model, other, Math.min(seq, other.maxPositions)) };
}
