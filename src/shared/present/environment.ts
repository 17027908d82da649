/** Where a session ran, as pairs of a label and a value: workload, GPUs, host and sources. */
import { formatBytes, formatInteger } from '../base/format';
import type { GpuInfo, GpuInstance } from '../hardware/gpu-info';
import type { SessionDocument } from '../session/session-document';
import type { WorkloadInfo } from '../session/types';

/** Which MIG device a workload was confined to. */
export const describeConfinement = ({ slot, memoryBytes, uuid }: GpuInstance): string =>
  `confined to MIG device ${slot} (${[...(memoryBytes === null ? [] : [formatBytes(memoryBytes)]), uuid].join(', ')})`;

function describeGpu({ name, memoryBytes, driver, instances = [] }: GpuInfo): string {
  return [
    name,
    ...(memoryBytes === null ? [] : [formatBytes(memoryBytes)]),
    ...(driver ? [`driver ${driver}`] : []),
    ...instances.map(describeConfinement),
  ].join(', ');
}

/** "8 × NVIDIA A100, 80.0 GiB, driver 580.65.06": those that read alike are told once. */
function describeGpus(gpus: readonly GpuInfo[]): string {
  const alike = Map.groupBy(gpus.map(describeGpu), (words) => words);
  return Array.from(alike, ([words, { length }]) =>
    length === 1 ? words : `${formatInteger(length)} × ${words}`,
  ).join('; ');
}

/** Null where there was none, and of the bundled workload: what it was told stands in its settings. */
export const describeCommand = ({ kind, command }: WorkloadInfo): string | null =>
  kind === 'bundled' || command.length === 0 ? null : command.join(' ');

/** "CUDA_VISIBLE_DEVICES=0, HF_TOKEN"; null where none was set for it. A secret is told by its name. */
export function describeVariables({ terms }: WorkloadInfo): string | null {
  const { only = false, pass = [], set = {} } = terms?.environment ?? {};
  const told = [...Object.entries(set).map(([name, value]) => `${name}=${value}`), ...pass];
  if (told.length === 0) return only ? 'none but what any program needs' : null;
  return `${told.join(', ')}${only ? ', and nothing else but what any program needs' : ''}`;
}

export function describeEnvironment({
  environment,
  workload,
}: SessionDocument): [string, string][] {
  const { gpus, cores, cpu, memoryBytes, os, plumbline, node, sources } = environment;
  const pairs: [string, string][] = [['Workload', workload.title]];
  const command = describeCommand(workload);
  if (command !== null && command !== workload.title) pairs.push(['Command', command]);
  const variables = describeVariables(workload);
  if (variables !== null) pairs.push(['Variables', variables]);
  pairs.push(['GPU', describeGpus(gpus) || 'none seen']);
  // A log that was imported does not know the machine it was written on.
  if (cores > 0)
    pairs.push(['CPU', `${cpu}, ${cores} cores`], ['Memory', formatBytes(memoryBytes)]);
  pairs.push(
    ['System', os],
    ['Plumbline', `${plumbline} on Node ${node}`],
    ...Object.entries(environment.workload),
  );
  for (const { id, ok, detail } of sources)
    pairs.push([id, ok ? detail || 'read' : `not read: ${detail}`]);
  return pairs;
}
