/**
 * What `nvidia-smi --query-gpu` and `--query-compute-apps` print, turned into readings. Pure.
 *
 * The output looks like CSV but quotes nothing, mixes error lines with rows, and says absence in a dozen ways. So:
 * rows are read from both ends towards the one column that may hold commas, a line that is no row is handed back as
 * foreign, and every cell becomes a value in its natural unit or an absence with its reason. Nothing throws.
 */

import { GiB, KiB, MiB } from '../../shared/base/units';
import type { AbsentReason, Reading } from '../../shared/base/vocabulary';
import type { Unit } from '../../shared/trace/types';

/** Columns whose text may itself hold commas. */
const FREE_TEXT = new Set(['process_name', 'name', 'gpu_name']);

const ABSENT: readonly (readonly [RegExp, AbsentReason])[] = [
  [/^$/, 'not_read'],
  [/^(N\/A|Not Supported)$/i, 'not_supported'],
  [/^(Function Not Found|Requested functionality has been deprecated)$/i, 'not_supported'],
  [/^Not available in WDDM driver model$/i, 'hidden'],
  [/^GPU (is lost|requires re(set|boot))\.?$/i, 'lost'],
  [/^Insufficient Permissions$/i, 'not_permitted'],
  [/^(Unknown Error|ERR!|Not Found|Error)$/i, 'not_read'],
];

/** The reason a cell stands for, or null when the cell is a value. A text in brackets is never a value. */
export function absentReason(cell: string): AbsentReason | null {
  const text = cell.trim();
  // Nearly every cell is a number, and no word for absence begins with a digit.
  if (/^\d/.test(text)) return null;
  const bracketed = /^\[(.*)\]$/.exec(text);
  const inner = bracketed ? bracketed[1]!.trim() : text;
  const [, reason] = ABSENT.find(([pattern]) => pattern.test(inner)) ?? [];
  return reason ?? (bracketed ? 'not_read' : null);
}

/** Natural unit and factor of every unit nvidia-smi prints. */
const FACTORS: Readonly<Record<string, { readonly unit: Unit; readonly factor: number }>> = {
  B: { unit: 'bytes', factor: 1 },
  bytes: { unit: 'bytes', factor: 1 },
  KiB: { unit: 'bytes', factor: KiB },
  MiB: { unit: 'bytes', factor: MiB },
  // What drivers before 2013 wrote; they meant 2^20.
  MB: { unit: 'bytes', factor: MiB },
  GiB: { unit: 'bytes', factor: GiB },
  '%': { unit: 'millipercent', factor: 1000 },
  W: { unit: 'milliwatts', factor: 1000 },
  mW: { unit: 'milliwatts', factor: 1 },
  C: { unit: 'millicelsius', factor: 1000 },
  MHz: { unit: 'hertz', factor: 1e6 },
  kHz: { unit: 'hertz', factor: 1e3 },
  // Throughput of PCIe is in whole thousands of these KB.
  'KB/s': { unit: 'bytes_per_second', factor: 1000 },
  'MB/s': { unit: 'bytes_per_second', factor: 1e6 },
};

/** The unit in which nvidia-smi prints each kind of column when neither cell nor header names one. */
const USUAL: Readonly<Record<Unit, string | null>> = {
  bytes: 'MiB',
  millipercent: '%',
  milliwatts: 'W',
  millicelsius: 'C',
  hertz: 'MHz',
  bytes_per_second: 'KB/s',
  microseconds: null,
  count: null,
};

/**
 * One cell as an integer in `unit`. The cell's own unit wins over the header's. A cell that is neither a number nor a
 * known absence, or that cannot be true (negative but for a temperature, above 100 %), is `not_read`.
 */
export function parseQuantity(cell: string, unit: Unit, headerUnit: string | null = null): Reading {
  const reason = absentReason(cell);
  if (reason !== null) return { kind: 'absent', reason };
  // A set of bits (the reasons that hold clocks back), and lanes of a link.
  const counted = unit === 'count' ? /^(?:(0x[0-9a-f]+)|(\d+)x)$/i.exec(cell.trim()) : null;
  if (counted) return bounded(Number(counted[1] ?? counted[2]), unit);
  const match = /^(-?\d+(?:\.\d+)?)\s*([A-Za-z%/]*)$/.exec(cell.trim());
  if (!match) return NOT_READ;
  const printed = match[2] || headerUnit || USUAL[unit];
  const scale = printed === null ? { unit: 'count', factor: 1 } : FACTORS[printed];
  if (!scale || scale.unit !== unit) return NOT_READ;
  return bounded(Math.round(Number(match[1]) * scale.factor), unit);
}

function bounded(value: number, unit: Unit): Reading {
  if (
    !Number.isSafeInteger(value) ||
    (value < 0 && unit !== 'millicelsius') ||
    (unit === 'millipercent' && value > 100_000)
  )
    return NOT_READ;
  return { kind: 'ok', value };
}
const NOT_READ: Reading = { kind: 'absent', reason: 'not_read' };

/** Memory of one process. A driver that knows a process and not its memory hides it: every GPU supports the figure. */
export function parseProcessMemory(cell: string, headerUnit: string | null = null): Reading {
  const memory = parseQuantity(cell, 'bytes', headerUnit);
  return memory.kind === 'absent' && memory.reason === 'not_supported'
    ? { kind: 'absent', reason: 'hidden' }
    : memory;
}

export interface Column {
  readonly name: string;
  /** As the header gives it in brackets. */
  readonly unit: string | null;
}

/** `memory.used [MiB], power.draw [W]` as columns. */
export function parseHeader(line: string): Column[] {
  return line.split(',').map((cell) => {
    const [, name = '', unit = null] = /^(.*?)\s*(?:\[([^\]]*)\])?$/.exec(cell.trim()) ?? [];
    return { name, unit };
  });
}

/** The cells of one row, as many as there are columns; null when the line cannot be a row of this table. */
export function splitRow(line: string, columns: readonly string[]): string[] | null {
  const cells = line.split(',').map((cell) => cell.trim());
  const excess = cells.length - columns.length;
  if (excess === 0) return cells;
  const wide = columns.findIndex((name) => FREE_TEXT.has(name));
  if (excess < 0 || wide < 0) return null;
  // The spacing inside the text is the text's own.
  const raw = line
    .split(',')
    .slice(wide, wide + excess + 1)
    .join(',')
    .trim();
  return [...cells.slice(0, wide), raw, ...cells.slice(wide + excess + 1)];
}

export type CsvLine =
  | {
      readonly kind: 'row';
      readonly cells: ReadonlyMap<string, string>;
      readonly units: ReadonlyMap<string, string>;
    }
  | { readonly kind: 'header' }
  | { readonly kind: 'blank' }
  | { readonly kind: 'foreign'; readonly text: string };

/** Reads the lines of one query in order. A header, when there is one, gives the units of the rows after it. */
export class CsvLineReader {
  readonly #fields: readonly string[];
  readonly #isRow: (cells: ReadonlyMap<string, string>) => boolean;
  #units: ReadonlyMap<string, string> = new Map();

  /** `fields` as queried; `isRow` decides whether cells in the right number are really a row of this query. */
  constructor(
    fields: readonly string[],
    isRow: (cells: ReadonlyMap<string, string>) => boolean = () => true,
  ) {
    this.#fields = fields;
    this.#isRow = isRow;
  }

  read(raw: string): CsvLine {
    // A machine that went down in the middle of a write leaves zero bytes behind.
    const line = raw.replaceAll('\0', '').trim();
    if (line === '') return { kind: 'blank' };
    const header = parseHeader(line);
    if (header.length === this.#fields.length && header[0]!.name === this.#fields[0]) {
      this.#units = new Map(
        header.flatMap((column, i) =>
          column.unit === null ? [] : [[this.#fields[i]!, column.unit] as const],
        ),
      );
      return { kind: 'header' };
    }
    const cells = splitRow(line, this.#fields);
    if (cells === null) return { kind: 'foreign', text: line };
    const named = new Map(this.#fields.map((field, i) => [field, cells[i]!]));
    return this.#isRow(named)
      ? { kind: 'row', cells: named, units: this.#units }
      : { kind: 'foreign', text: line };
  }
}

/** A row of a query that names its GPU: an index is a small integer, a uuid has its prefix, or both are absent. */
export function namesGpu(cells: ReadonlyMap<string, string>): boolean {
  const index = cells.get('index') ?? '';
  const uuid = cells.get('uuid') ?? '';
  return (
    (/^\d{1,4}$/.test(index) || absentReason(index) !== null) &&
    (/^(GPU|MIG)-/.test(uuid) || absentReason(uuid) !== null)
  );
}

export const COMPUTE_APPS_FIELDS = ['gpu_uuid', 'pid', 'used_gpu_memory'] as const;

/** One process on one GPU. A memory of [N/A] is hidden by the environment (WDDM, WSL, a container), not unsupported. */
export interface GpuProcess {
  readonly gpuUuid: string;
  readonly pid: number;
  /** Bytes. */
  readonly memory: Reading;
}

/** All output of a `--query-compute-apps` with the given fields; foreign lines come back as they are. */
export function parseComputeApps(
  text: string,
  fields: readonly string[] = COMPUTE_APPS_FIELDS,
): { readonly processes: GpuProcess[]; readonly foreign: string[] } {
  const reader = new CsvLineReader(fields, (cells) => /^\d+$/.test(cells.get('pid') ?? ''));
  const processes: GpuProcess[] = [];
  const foreign: string[] = [];
  for (const raw of text.split('\n')) {
    const line = reader.read(raw);
    if (line.kind === 'foreign') foreign.push(line.text);
    if (line.kind !== 'row') continue;
    processes.push({
      gpuUuid: line.cells.get('gpu_uuid') ?? '',
      pid: Number(line.cells.get('pid')),
      memory: parseProcessMemory(
        line.cells.get('used_gpu_memory') ?? '',
        line.units.get('used_gpu_memory') ?? null,
      ),
    });
  }
  return { processes, foreign };
}
