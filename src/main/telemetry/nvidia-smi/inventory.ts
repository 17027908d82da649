/**
 * Which GPUs this machine has. Two sources are asked at once, because each knows what the other does not:
 * `nvidia-smi -q -x`, read by the package node-nvidia-smi in a process of its own (CUDA version; slow, and can hang),
 * and one `--query-gpu` (the true index even when a GPU is missing from the list, and the error text when all fails).
 * Either alone suffices. The answer is always a result; nothing throws and nothing outlives its time limit.
 */
import { existsSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import type { Bytes, Millis } from '../../../shared/base/units';
import type { GpuInfo } from '../../../shared/hardware/gpu-info';
import { findSmiError, firstLine } from '../../nvidia-smi-format/error-text';
import {
  absentReason,
  CsvLineReader,
  namesGpu,
  parseQuantity,
} from '../../nvidia-smi-format/query-csv';
import type { Trouble } from '../trouble';
import { configuredPath } from './locate';
import { type RunResult, runOnce } from './run-once';

export type Inventory =
  | { readonly ok: true; readonly gpus: readonly GpuInfo[]; readonly detail: string }
  | ({ readonly ok: false } & Trouble);

export interface InventoryOptions {
  /** The nvidia-smi executable. */
  readonly path: string;
  readonly env: NodeJS.ProcessEnv;
  /** For each of the two sources. */
  readonly timeoutMs?: Millis;
  /** The built inventory-helper; found beside this module unless given and there. */
  readonly helperPath?: string | undefined;
  /** The Node that runs the helper. */
  readonly nodePath?: string | undefined;
}

const FIELDS = ['index', 'uuid', 'pci.bus_id', 'name', 'memory.total', 'driver_version'] as const;

export async function readInventory(options: InventoryOptions): Promise<Inventory> {
  const timeoutMs = options.timeoutMs ?? 10_000;
  const [csv, xml] = await Promise.all([
    runOnce(options.path, [`--query-gpu=${FIELDS.join(',')}`, '--format=csv'], {
      timeoutMs,
      env: options.env,
    }),
    runHelper(options, timeoutMs),
  ]);
  const rows = parseRows(csv.stdout);
  const list = xml.ok ? xml.gpus : [];
  if (rows.length === 0 && list.length === 0)
    return failure(csv, xml.ok ? 'it lists no GPU' : xml.detail);

  const gpus =
    rows.length > 0
      ? rows.map((row): GpuInfo => ({ ...row, cuda: xml.ok ? xml.cuda : null }))
      : list.map(
          (gpu, index): GpuInfo => ({
            ...gpu,
            index,
            driver: xml.ok ? (xml.driver ?? '') : '',
            cuda: xml.ok ? xml.cuda : null,
          }),
        );
  const error = findSmiError(csv.stdout);
  const detail = `${gpus.length === 1 ? '1 GPU' : `${gpus.length} GPUs`}, driver ${gpus[0]!.driver || 'unknown'}${error ? `; ${error.text}` : ''}`;
  return { ok: true, gpus: gpus.sort((a, b) => a.index - b.index), detail };
}

function failure(csv: RunResult, xmlDetail: string): Inventory {
  const error = findSmiError(`${csv.stdout}\n${csv.stderr}`);
  if (error) return { ok: false, detail: error.text, remedy: error.remedy, cause: error.cause };
  const printed = firstLine(csv.stdout) || firstLine(csv.stderr);
  let why = printed ? `it answered "${printed}"` : xmlDetail;
  if (!csv.ok) why = `${csv.detail}${printed ? `: ${printed}` : ''}`;
  return {
    ok: false,
    detail: `nvidia-smi does not list any GPU: ${why}`,
    remedy: 'Run nvidia-smi in a terminal and mend what it reports.',
    cause: 'other',
  };
}

function parseRows(text: string): Omit<GpuInfo, 'cuda'>[] {
  const reader = new CsvLineReader(
    FIELDS,
    (cells) => /^\d{1,4}$/.test(cells.get('index') ?? '') && namesGpu(cells),
  );
  return text.split('\n').flatMap((raw) => {
    const line = reader.read(raw);
    if (line.kind !== 'row') return [];
    const cell = (field: (typeof FIELDS)[number]) => line.cells.get(field) ?? '';
    return [
      {
        index: Number(cell('index')),
        uuid: known(cell('uuid')) ?? '',
        name: known(cell('name')) ?? 'unknown GPU',
        memoryBytes: parseBytes(cell('memory.total'), line.units.get('memory.total') ?? null),
        driver: known(cell('driver_version')) ?? '',
      },
    ];
  });
}

const known = (cell: string): string | null => (absentReason(cell) === null ? cell : null);

function parseBytes(cell: string, unit: string | null): Bytes | null {
  const reading = parseQuantity(cell, 'bytes', unit);
  return reading.kind === 'ok' ? reading.value : null;
}

type HelperAnswer =
  | {
      readonly ok: true;
      readonly driver: string | null;
      readonly cuda: string | null;
      readonly gpus: readonly {
        readonly uuid: string;
        readonly name: string;
        readonly memoryBytes: Bytes | null;
      }[];
    }
  | { readonly ok: false; readonly detail: string };

async function runHelper(options: InventoryOptions, timeoutMs: Millis): Promise<HelperAnswer> {
  // The package knows the program by its name on PATH alone.
  if (!/^nvidia-smi(\.exe)?$/i.test(basename(options.path)))
    return { ok: false, detail: `${basename(options.path)} is not called nvidia-smi` };
  const helper =
    options.helperPath !== undefined && existsSync(options.helperPath)
      ? options.helperPath
      : findHelper(options.env);
  if (helper === null)
    return { ok: false, detail: 'the inventory helper is missing from this installation' };
  const env = {
    ...options.env,
    PATH: [dirname(options.path), configuredPath(options.env) ?? ''].join(delimiter),
  };
  const run = await runOnce(options.nodePath ?? defaultNode(options.env), [helper], {
    timeoutMs,
    env,
  });
  return run.ok ? parseHelper(run.stdout) : { ok: false, detail: run.detail };
}

function parseHelper(text: string): HelperAnswer {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return { ok: false, detail: 'its XML could not be read' };
  }
  const top = listFields(answer);
  if (!Array.isArray(top.gpus))
    return { ok: false, detail: firstLine(String(top.error ?? 'its XML could not be read')) };
  const gpus = top.gpus.map(listFields).sort((a, b) => byBus(String(a.busId), String(b.busId)));
  return {
    ok: true,
    driver: readText(top.driver),
    cuda: readText(top.cuda),
    gpus: gpus.map((gpu) => ({
      uuid: readText(gpu.uuid) ?? '',
      name: readText(gpu.name) ?? 'unknown GPU',
      memoryBytes: parseBytes(readText(gpu.memory) ?? '', null),
    })),
  };
}

/** nvidia-smi counts GPUs by PCI address; the minor number in its XML is the number of the device file instead. */
function byBus(a: string, b: string): number {
  const [first, second] = [a.toLowerCase(), b.toLowerCase()];
  if (first === second) return 0;
  return first < second ? -1 : 1;
}

const listFields = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};
const readText = (value: unknown): string | null =>
  typeof value === 'string' ? known(value) : null;

/** The built helper lies beside the built entries, one folder above their chunks; from source it is the neighbour. */
function findHelper(env: NodeJS.ProcessEnv): string | null {
  const here = import.meta.dirname;
  const places = [
    join(here, 'inventory-helper.js'),
    join(here, '..', 'inventory-helper.js'),
    join(here, 'inventory-helper.ts'),
  ];
  if (env.PLUMBLINE_RESOURCES)
    places.unshift(join(env.PLUMBLINE_RESOURCES, 'main', 'inventory-helper.js'));
  return places.find((place) => existsSync(place)) ?? null;
}

/** Electron's own binary need not act as Node. */
function defaultNode(env: NodeJS.ProcessEnv): string {
  return env.PLUMBLINE_NODE ?? (process.versions.electron ? 'node' : process.execPath);
}
