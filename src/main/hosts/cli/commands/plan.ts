/** `plumbline plan`: which GPUs hold a run, how large it may be, and what would make it fit. */
import type { Command } from 'commander';
import { gpuByName } from '../../../../shared/compute/gpu-names';
import { GPUS } from '../../../../shared/compute/gpus';
import { type GpuPlan, type Plan, planOf } from '../../../../shared/compute/plan/plan';
import { formatBytes, formatInteger } from '../../../../shared/format';
import type { Output } from '../output';
import { addSpecOptions, type SpecOptions, specOf } from '../spec-options';

export function registerPlan(program: Command, output: Output): void {
  addSpecOptions(program.command('plan').description('which GPUs hold a run, how large it may be, and what would make it fit'))
    .action((options: SpecOptions) => {
      const { model, run } = specOf(options, { model: 'gpt2', framework: 'pytorch' });
      const plan = planOf(model, run, GPUS, run.gpu === undefined ? null : gpuByName(run.gpu));
      output.result(plan, () => planText(plan));
    });
}

function planText(plan: Plan): string {
  const { model, run, fits } = plan;
  const width = Math.max(...fits.map(({ gpu }) => gpu.length));
  const lines = [
    `${model.name}, ${formatInteger(model.parameters)} parameters, ${run.mode}, batch ${run.batch}, ${run.seq} tokens, ${run.precision}, ${run.framework}`,
    '',
    ...fits.map((fit) => {
      const room = fit.fits ? `fits, ${formatBytes(fit.headroomBytes)} to spare` : `short of ${formatBytes(-fit.headroomBytes)}`;
      return `${fit.gpu.padEnd(width)}  ${formatBytes(fit.memoryBytes).padStart(10)}  ${room}, largest batch ${formatInteger(fit.maxBatch)}`;
    }),
  ];
  if (plan.gpu) lines.push('', ...gpuText(plan.gpu));
  return lines.join('\n');
}

function gpuText(gpu: GpuPlan): string[] {
  const lines = [`On ${gpu.gpu}: longest sequence ${formatInteger(gpu.maxContext)} tokens at this batch.`];
  if (gpu.fits) return lines;
  if (gpu.fewest) lines.push(`Fewest GPUs: ${gpu.fewest.gpus} (${gpu.fewest.options.join(' ')}), ${formatBytes(gpu.fewest.peakBytes)} each.`);
  else lines.push('No layout over up to 4,096 of them fits.');
  if (gpu.changes.length === 0) lines.push('No combination of four known changes makes it fit on one.');
  for (const { options, costs, peakBytes } of gpu.changes) lines.push(`  ${options.join(' ')}: ${formatBytes(peakBytes)} (${costs.join('; ')})`);
  return lines;
}
