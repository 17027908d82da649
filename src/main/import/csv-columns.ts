/**
 * What the columns of a CSV file mean: by the names in its header, as nvidia-smi or a logger around it spells them, or
 * where there is no header by the shape of the cells. A column whose meaning cannot be told stays without one. Pure.
 */
import { absentReason, parseHeader } from '../nvidia-smi-format/query-csv';
import { parseStamp } from './stamps';

export type Role =
  | 'timestamp'
  | 'index'
  | 'uuid'
  | 'busId'
  | 'name'
  | 'memoryTotal'
  | 'driver'
  | 'metric'
  | 'other'
  | 'unnamed';

export interface CsvColumn {
  readonly role: Role;
  /** As the header calls it, perhaps not at all; without a header its place, counted from 1. */
  readonly label: string;
  /** Of a metric. */
  readonly field: string;
  readonly unit: string | null;
}

const UNITS: Readonly<Record<string, string>> = {
  '%': '%',
  percent: '%',
  pct: '%',
  b: 'B',
  bytes: 'B',
  kib: 'KiB',
  mb: 'MiB',
  mib: 'MiB',
  gib: 'GiB',
  w: 'W',
  watt: 'W',
  watts: 'W',
  mw: 'mW',
  c: 'C',
  celsius: 'C',
  mhz: 'MHz',
};

interface Meaning {
  readonly role: Role;
  readonly field: string;
}
const names = (role: Role, ...spellings: string[]) =>
  spellings.map((spelling): [string, Meaning] => [spelling, { role, field: '' }]);
const metricNames = (field: string, ...spellings: string[]) =>
  [field, ...spellings].map((spelling): [string, Meaning] => [spelling, { role: 'metric', field }]);

/** Keys are lower case with dots between words. `mem.util` is missing on purpose: loggers mean occupancy or bandwidth. */
const MEANINGS: ReadonlyMap<string, Meaning> = new Map([
  ...names('timestamp', 'timestamp', 'time', 'date', 'datetime', 'ts'),
  ...names('index', 'index', 'gpu', 'gpu.index', 'gpu.id', 'gpu.idx', 'idx', 'device'),
  ...names('uuid', 'uuid', 'gpu.uuid'),
  ...names('busId', 'pci.bus.id', 'gpu.bus.id', 'bus.id'),
  ...names('name', 'name', 'gpu.name', 'product.name'),
  ...names('memoryTotal', 'memory.total', 'mem.total', 'total.memory', 'vram.total'),
  ...names('driver', 'driver.version', 'driver'),
  ...metricNames('memory.used', 'mem.used', 'used.memory', 'vram.used'),
  ...metricNames('memory.free', 'mem.free', 'free.memory', 'vram.free'),
  ...metricNames('memory.reserved'),
  ...metricNames('utilization.gpu', 'gpu.util', 'gpu.utilization', 'utilization', 'util.gpu'),
  ...metricNames('utilization.memory'),
  ...metricNames('utilization.encoder'),
  ...metricNames('utilization.decoder'),
  ...metricNames('power.draw', 'power', 'power.usage'),
  ...metricNames('power.draw.instant'),
  ...metricNames('power.draw.average'),
  ...metricNames('temperature.gpu', 'temperature', 'temp', 'gpu.temp', 'gpu.temperature'),
  ...metricNames('temperature.memory'),
  ...metricNames('clocks.sm', 'clocks.current.sm'),
  ...metricNames('clocks.mem', 'clocks.current.memory'),
  ...metricNames('clocks.gr', 'clocks.current.graphics'),
  ...metricNames('fan.speed', 'fan'),
  ...metricNames('pcie.link.gen.current'),
  ...metricNames('pcie.link.width.current'),
  ...metricNames('ecc.errors.corrected.volatile.total'),
  ...metricNames('ecc.errors.uncorrected.volatile.total'),
  // Until driver 535 events were called throttling. Words here are parted at every dot and underscore.
  ['clocks.event.reasons.active', { role: 'metric', field: 'clocks_event_reasons.active' }],
  ['clocks.throttle.reasons.active', { role: 'metric', field: 'clocks_event_reasons.active' }],
]);

/** Words `--query-gpu` and `--query-compute-apps` know that feed no series. */
const OTHER = new RegExp(
  `^(${[
    'count',
    'serial',
    'gpu_serial',
    'pstate',
    'pid',
    'process_name',
    'used_gpu_memory',
    'used_memory',
    'hostname',
    'compute_mode',
    'compute_cap',
    'display_\\w+',
    'persistence_mode',
    'addressing_mode',
    'vbios_version',
    'kmd_version',
    'gpu_recovery_action',
    'edpp_multiplier',
    // Most names are words with dots between.
    '[a-z0-9]\\w*(\\.\\w+)+',
  ].join('|')})$`,
  'i',
);

function findMeaning(spelled: string): (Meaning & { readonly unit: string | null }) | null {
  const words = spelled
    .toLowerCase()
    .replace('%', '_%')
    .replace(/\(([^)]*)\)/, '_$1')
    .split(/[\s_.-]+/)
    .filter((word) => word !== '');
  const direct = MEANINGS.get(words.join('.'));
  if (direct) return { ...direct, unit: null };
  const unit = UNITS[words.at(-1) ?? ''];
  const rest = unit === undefined ? undefined : MEANINGS.get(words.slice(0, -1).join('.'));
  return rest && unit !== undefined ? { ...rest, unit } : null;
}

/** The columns of a header line; null for a line that is no header. */
export function parseHeaderColumns(line: string): CsvColumn[] | null {
  const cells = parseHeader(line);
  const columns = cells.map(({ name, unit }): CsvColumn => {
    const meaning = findMeaning(name);
    if (meaning)
      return { role: meaning.role, field: meaning.field, label: name, unit: unit ?? meaning.unit };
    // A table library's own row number has no name.
    return {
      role: OTHER.test(name) || name === '' ? 'other' : 'unnamed',
      field: '',
      label: name,
      unit,
    };
  });
  const named = columns.filter(({ role }) => role !== 'unnamed' && role !== 'other').length;
  const known = columns.filter(({ role }) => role !== 'unnamed').length;
  const values = cells.some(
    ({ name, unit }) => unit === null && name !== '' && classifyCell(name) !== 'text',
  );
  const spelled = cells.some(({ name }) => name !== '');
  return (named > 0 || (spelled && known === columns.length)) && !values ? columns : null;
}

export function isProcessHeader(line: string): boolean {
  const cells = parseHeader(line).map(({ name }) => name);
  return (
    cells.includes('pid') &&
    cells.some((name) =>
      /^(used_(gpu_)?memory|process_name|name|gpu_uuid|max_memory_usage)$/.test(name),
    )
  );
}

type Shape =
  | 'stamp'
  | 'uuid'
  | 'bus'
  | 'pstate'
  | 'bytes'
  | 'percent'
  | 'watts'
  | 'hertz'
  | 'whole'
  | 'number'
  | 'absent'
  | 'text';

/** What a unit behind a number says; every other unit is one of bytes. */
const UNIT_SHAPES: Readonly<Record<string, Shape>> = { '%': 'percent', W: 'watts', MHz: 'hertz' };

export function classifyCell(cell: string): Shape {
  const text = cell.trim();
  if (absentReason(text) !== null) return 'absent';
  if (parseStamp(text) !== null) return 'stamp';
  if (/^(GPU|MIG)-/.test(text)) return 'uuid';
  if (/^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-9a-f]$/i.test(text)) return 'bus';
  if (/^P\d{1,2}$/.test(text)) return 'pstate';
  if (/^\d+$/.test(text)) return 'whole';
  const quantity = /^-?\d+(?:\.\d+)?\s*(MiB|GiB|KiB|%|W|MHz)?$/.exec(text);
  if (!quantity) return 'text';
  const [, unit] = quantity;
  return unit === undefined ? 'number' : (UNIT_SHAPES[unit] ?? 'bytes');
}

/** Columns of rows without a header, from what the first rows look like. */
export function inferColumns(rows: readonly (readonly string[])[]): CsvColumn[] {
  const width = rows[0]?.length ?? 0;
  const cells = Array.from({ length: width }, (_, i) => rows.map((row) => row[i] ?? ''));
  const shapes = cells.map((column) => commonShape(column));
  const roles = new Map<number, readonly [Role, string]>();
  const take = (i: number | undefined, role: Role, field = '') => {
    if (i !== undefined && i >= 0 && !roles.has(i)) roles.set(i, [role, field]);
  };
  const withShape = (shape: Shape) => shapes.flatMap((each, i) => (each === shape ? [i] : []));
  take(withShape('stamp')[0], 'timestamp');
  take(withShape('uuid')[0], 'uuid');
  take(withShape('bus')[0], 'busId');
  take(
    withShape('text').find((i) =>
      cells[i]!.every((cell) =>
        /nvidia|tesla|quadro|geforce|titan|rtx|gtx|\b[ABHLPTV]\d{1,4}\b/i.test(cell),
      ),
    ),
    'name',
  );
  for (const i of withShape('pstate')) take(i, 'other');
  if (withShape('watts').length === 1) take(withShape('watts')[0], 'metric', 'power.draw');
  for (const [i, field] of memoryColumns(withShape('bytes'), cells))
    take(i, field === 'memory.total' ? 'memoryTotal' : 'metric', field);
  const percents = withShape('percent');
  if (percents.length === 1 || (percents.length === 2 && percents[1] === percents[0]! + 1)) {
    take(percents[0], 'metric', 'utilization.gpu');
    take(percents[1], 'metric', 'utilization.memory');
  }
  const first = shapes[0] === 'stamp' ? 1 : 0;
  const small = (i: number) =>
    shapes[i] === 'whole' && cells[i]!.every((cell) => Number(cell) < 64);
  if (small(first) && (roles.get(first + 1)?.[0] === 'name' || isCycle(cells[first]!)))
    take(first, 'index');
  const wholes = withShape('whole').filter((i) => !roles.has(i));
  const withUnits = shapes.some(
    (shape) => shape === 'bytes' || shape === 'percent' || shape === 'watts',
  );
  if (
    withUnits &&
    wholes.length === 1 &&
    cells[wholes[0]!]!.every((cell) => Number(cell) >= 5 && Number(cell) <= 110)
  )
    take(wholes[0], 'metric', 'temperature.gpu');
  return shapes.map((_, i) => {
    const [role, field] = roles.get(i) ?? ['unnamed', ''];
    return { role, field, label: String(i + 1), unit: null };
  });
}

/** What a column of inferred meaning is called in a warning. */
export function meaningWords({ role, field }: CsvColumn): string {
  return role === 'metric'
    ? field
    : ({ memoryTotal: 'memory.total', busId: 'pci.bus_id' }[role as string] ?? role);
}

function commonShape(column: readonly string[]): Shape {
  const shapes = [...new Set(column.map(classifyCell))].filter((shape) => shape !== 'absent');
  if (shapes.length === 0) return 'absent';
  if (shapes.every((shape) => shape === 'whole' || shape === 'number'))
    return shapes.length === 1 ? shapes[0]! : 'number';
  return shapes.length === 1 ? shapes[0]! : 'text';
}

/**
 * One or two columns of memory: the one in use, and total or free where the rows can tell them apart. With a constant
 * total the other is what is in use; two that move against each other are used and free, the lower at first in use.
 */
function memoryColumns(
  found: readonly number[],
  cells: readonly (readonly string[])[],
): (readonly [number, string])[] {
  const values = found.map((i) =>
    cells[i]!.map((cell) => (absentReason(cell) === null ? Number.parseFloat(cell) : Number.NaN)),
  );
  const isConstant = (column: readonly number[]) => column.every((value) => value === column[0]);
  if (found.length === 1) return [[found[0]!, 'memory.used']];
  if (found.length !== 2) return [];
  const [a, b] = values as [number[], number[]];
  const low = a[0]! <= b[0]! ? 0 : 1;
  const [lower, higher] = low === 0 ? [a, b] : [b, a];
  const used = [found[low]!, 'memory.used'] as const;
  if (isConstant(lower)) return [used];
  if (isConstant(higher) && lower.every((value) => !(value > higher[0]!)))
    return [used, [found[1 - low]!, 'memory.total']];
  const complementary = lower.every(
    (value, i) => !(Math.abs(value + higher[i]! - (lower[0]! + higher[0]!)) > 2),
  );
  return complementary ? [used, [found[1 - low]!, 'memory.free']] : [];
}

/** 0 1 2 0 1 2 …: numbers that come round. */
function isCycle(column: readonly string[]): boolean {
  const distinct = [...new Set(column)];
  return distinct.length > 1 && column.every((cell, i) => cell === distinct[i % distinct.length]);
}
