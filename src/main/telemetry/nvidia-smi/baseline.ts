/** Device memory in use before the workload starts, read once per GPU. */

import type { Millis } from '../../../shared/base/units';
import type { Reading } from '../../../shared/base/vocabulary';
import type { GpuInfo } from '../../../shared/hardware/gpu-info';
import { CsvLineReader, namesGpu, parseQuantity } from '../../nvidia-smi-format/query-csv';
import { attribute } from '../attribution';
import { readProcessTable } from './processes';
import { runOnce } from './run-once';

export interface Baseline {
  readonly gpuIndex: number;
  /** Bytes of the whole device. */
  readonly used: Reading;
  /** Bytes of all processes on it; none of them is the workload's yet. */
  readonly other: Reading;
}

export interface BaselineOptions {
  readonly path: string;
  readonly env: NodeJS.ProcessEnv;
  readonly gpus: readonly GpuInfo[];
  readonly sharesPids: boolean;
  readonly timeoutMs?: Millis;
}

const FIELDS = ['index', 'uuid', 'memory.used'] as const;
const NOT_READ: Reading = { kind: 'absent', reason: 'not_read' };

export async function readBaseline(options: BaselineOptions): Promise<Baseline[]> {
  const { path, env, gpus, sharesPids } = options;
  const limits = { env, timeoutMs: options.timeoutMs ?? 5000 };
  const [query, table] = await Promise.all([
    runOnce(path, [`--query-gpu=${FIELDS.join(',')}`, '--format=csv'], limits),
    readProcessTable(path, limits, true),
  ]);
  const used = new Map<string, Reading>();
  const reader = new CsvLineReader(FIELDS, namesGpu);
  for (const raw of query.stdout.split('\n')) {
    const line = reader.read(raw);
    if (line.kind !== 'row') continue;
    const reading = parseQuantity(
      line.cells.get('memory.used') ?? '',
      'bytes',
      line.units.get('memory.used') ?? null,
    );
    used.set(line.cells.get('uuid') ?? '', reading).set(line.cells.get('index') ?? '', reading);
  }
  const shares = table.ok
    ? attribute({ gpus, ...table.table, workloadPids: [], ownPids: [], sharesPids })
    : [];
  return gpus.map(({ index, uuid }) => ({
    gpuIndex: index,
    used: used.get(uuid) ?? used.get(String(index)) ?? NOT_READ,
    other: shares.find((share) => share.gpuIndex === index)?.other ?? NOT_READ,
  }));
}
