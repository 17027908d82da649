/**
 * The ids of series: how they are put together, and what one tells of its series. No other file spells or parses one.
 *
 *     gpu0.memory.used            a metric of a device: a GPU
 *     gpu0.mig1.memory.used       or a MIG device, which has memory of its own and is treated as a GPU
 *     framework.allocated         announced by the framework: of rank 0, and of a workload with one process
 *     rank1.framework.allocated   of another rank
 *     rank1.rss                   resident memory of the processes of a rank
 *     process4242.rss             of a process that announces something and belongs to no process group, by its pid
 *     process0.rss                of the first process, where the others are no ranks
 *     tree.rss                    a metric of the workload's process tree
 *     system.memory.used          of the whole machine
 *     sampler.cost                of the sampling itself
 */
import type { GpuInfo } from '../hardware/gpu-info';

export const FRAMEWORK_ALLOCATED = 'framework.allocated';
export const FRAMEWORK_RESERVED = 'framework.reserved';
export const FRAMEWORK_REQUESTED = 'framework.requested';
export const TREE_RSS = 'tree.rss';
export const TREE_CPU = 'tree.cpu';
export const TREE_PROCESSES = 'tree.processes';
export const TREE_DISK_READ = 'tree.disk.read';
export const TREE_DISK_WRITTEN = 'tree.disk.written';
export const SYSTEM_MEMORY_USED = 'system.memory.used';
export const SYSTEM_SWAP_USED = 'system.swap.used';
export const SAMPLER_COST = 'sampler.cost';
export const SAMPLER_READ = 'sampler.read';

/** A device, as the ids of its series begin. */
export const gpuDevice = (index: number): string => `gpu${index}`;
export const migDevice = (gpu: number, slot: number): string => `gpu${gpu}.mig${slot}`;
export const isMigDevice = (device: string): boolean => device.includes('.');
/** A metric of a MIG device, by the name it has among the metrics of its GPU. */
export const migMetric = (slot: number | string, metric: string): string => `mig${slot}.${metric}`;
/** The MIG devices of a GPU that a workload is confined to. */
export const listMigDevices = ({
  index,
  instances = [],
}: Pick<GpuInfo, 'index' | 'instances'>): string[] =>
  instances.map(({ slot }) => migDevice(index, slot));

export const deviceSeries = (device: string, metric: string): string => `${device}.${metric}`;
export const gpuSeries = (index: number, metric: string): string =>
  deviceSeries(gpuDevice(index), metric);
/** Memory in use on the device, by whomever. */
export const usedMemory = (device: string): string => `${device}.memory.used`;
/** Derived: memory in use less what other processes have taken since launch. */
export const workloadMemory = (device: string): string => `${device}.workload.memory`;
/** Memory of the workload's own processes on the device. */
export const processMemory = (device: string): string => `${device}.process.memory`;
/** Memory of every other process on the device, graphics processes included. */
export const otherMemory = (device: string): string => `${device}.other.memory`;
/** Share of time in which a kernel of the workload's own processes ran. */
export const processUtilization = (device: string): string => `${device}.process.utilization`;
export const deviceUtilization = (device: string): string => `${device}.utilization`;

const DEVICE = /^(gpu\d+(?:\.mig\d+)?)\.(.+)$/;

/** The GPU, or the MIG device of one, that a series is of; undefined for a series of the framework or the host. */
export const deviceIn = (id: string): string | undefined => DEVICE.exec(id)?.[1];
/** Whether a series is resident memory of the host: of all of the workload, of a rank or of a process. */
export const isHostMemory = (id: string): boolean => id.endsWith('.rss');
/** The metric of a device's series, without the device. */
export const deviceMetricIn = (id: string): string | undefined => DEVICE.exec(id)?.[2];

/** `operation` is the number, within its phase, of the operation that was done last. */
export type FrameworkMetric = 'allocated' | 'reserved' | 'requested' | 'operation';

/**
 * Markers and series know a process by one number: its rank in a process group, 0 for the first that belongs to none, and
 * for each that runs beside it a million and its pid.
 */
const BESIDE = 1_000_000;
export const MOST_RANKS = BESIDE;
export const rankOfProcess = (pid: number): number => BESIDE + pid;
/** The pid of a process that is no rank; null for a rank, and for the first process. */
export const processIn = (rank: number): number | null => (rank > BESIDE ? rank - BESIDE : null);

const ownerOf = (rank: number): string => {
  const pid = processIn(rank);
  return pid === null ? `rank${rank}` : `process${pid}`;
};
/** Of rank 0 and of the first process the id that everyone knows; of the others who they are comes first. */
export const frameworkSeries = (metric: FrameworkMetric, rank: number): string =>
  rank === 0 ? `framework.${metric}` : `${ownerOf(rank)}.framework.${metric}`;
export const rankMemory = (rank: number): string => `${ownerOf(rank)}.rss`;
/** Resident memory of the first process, where those beside it are no ranks. */
export const FIRST_PROCESS_RSS = 'process0.rss';

const OWNER = /^(rank|process)(\d+)\./;
/** The rank a series belongs to, as markers tell it; null for what belongs to the whole workload or a device. */
export function rankIn(id: string): number | null {
  const [, owner, number] = OWNER.exec(id) ?? [];
  if (owner === undefined) return id.startsWith('framework.') ? 0 : null;
  return owner === 'rank' || number === '0' ? Number(number) : rankOfProcess(Number(number));
}
/** The id without its rank, as a workload of one process would have it. */
export const withoutRank = (id: string): string => id.replace(OWNER, '');
/** The metric a series is of, by its id alone: that of its device, of its rank, or of what it is named after. */
export const metricIn = (id: string): string =>
  deviceMetricIn(id) ?? withoutRank(id).replace(/^(framework|tree|system|sampler)\./, '');
/** Whether the workload announces every change of a series itself, so that none falls between two samples. */
export const isFrameworkSeries = (id: string): boolean => withoutRank(id).startsWith('framework.');
/** Whether a line is memory of a device, on which phases can be found by its shape. */
export const isDeviceLine = (id: string): boolean => id !== FRAMEWORK_ALLOCATED && id !== TREE_RSS;
