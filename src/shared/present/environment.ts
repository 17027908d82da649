/** Where a session ran, as pairs of a label and a value: workload, GPUs, host and sources. */
import { formatBytes } from '../base/format';
import type { GpuInfo, GpuInstance } from '../hardware/gpu-info';
import type { SessionDocument } from '../session/session-document';

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

export function describeEnvironment({
  environment,
  workload,
}: SessionDocument): [string, string][] {
  const { gpus, cores, cpu, memoryBytes, os, plumbline, node, sources } = environment;
  const pairs: [string, string][] = [['Workload', workload.title]];
  if (workload.command.length > 0) pairs.push(['Command', workload.command.join(' ')]);
  pairs.push(['GPU', gpus.map(describeGpu).join('; ') || 'none seen']);
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
