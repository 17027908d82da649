/**
 * What the columns of a CSV file mean: by the names in its header, as nvidia-smi or a logger around it spells them, or
 * where there is no header by the shape of the cells. A column whose meaning cannot be told stays without one. Pure.
 */
import { parseHeader } from '../nvidia-smi-format/query-csv';
import { classifyCell } from './cells';

export type Role =
  | 'timestamp'
  | 'date'
  | 'elapsed'
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
  kb: 'KiB',
  mb: 'MiB',
  mib: 'MiB',
  // Of memory on a card GB means GiB.
  gb: 'GiB',
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
  ...names('timestamp', 'timestamp', 'time', 'datetime', 'date.time', 'ts', 'local.time', 'utc'),
  ...names('date', 'date', 'day'),
  ...names('elapsed', 'elapsed', 'elapsed.time', 'time.elapsed', 'runtime', 'relative.time'),
  ...names('index', 'index', 'gpu', 'gpu.index', 'gpu.id', 'gpu.idx', 'idx', 'device'),
  ...names('uuid', 'uuid', 'gpu.uuid'),
  ...names('busId', 'pci.bus.id', 'gpu.bus.id', 'bus.id'),
  ...names('name', 'name', 'gpu.name', 'product.name'),
  ...names(
    'memoryTotal',
    'memory.total',
    'mem.total',
    'total.memory',
    'vram.total',
    'gpu.memory.total',
    'gpu.mem.total',
  ),
  ...names('driver', 'driver.version', 'driver'),
  ...metricNames(
    'memory.used',
    'mem.used',
    'used.memory',
    'vram.used',
    'gpu.memory.used',
    'gpu.mem.used',
    'memory.usage',
    'gpu.memory.usage',
  ),
  ...metricNames('memory.free', 'mem.free', 'free.memory', 'vram.free', 'gpu.memory.free'),
  ...metricNames('memory.reserved'),
  ...metricNames(
    'utilization.gpu',
    'gpu.util',
    'gpu.utilization',
    'utilization',
    'util.gpu',
    'gpu.load',
  ),
  ...metricNames('utilization.memory'),
  ...metricNames('utilization.encoder'),
  ...metricNames('utilization.decoder'),
  ...metricNames('power.draw', 'power', 'power.usage', 'gpu.power', 'gpu.power.draw'),
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
  const last = words.at(-1) ?? '';
  const rest = MEANINGS.get(words.slice(0, -1).join('.'));
  if (rest === undefined) return null;
  if (rest.role === 'elapsed' || rest.role === 'timestamp') {
    const unit = TIME_UNITS[last];
    return unit === undefined ? null : { ...rest, unit };
  }
  const unit = UNITS[last];
  // A share of memory is not bytes of it.
  const isShare = unit === '%' && rest.field.startsWith('memory.');
  return unit === undefined || isShare ? null : { ...rest, unit };
}

/** Spellings of a unit of time in a header, and as `RowClock` knows them. */
const TIME_UNITS: Readonly<Record<string, TimeUnit>> = {
  s: 's',
  sec: 's',
  secs: 's',
  second: 's',
  seconds: 's',
  ms: 'ms',
  msec: 'ms',
  milliseconds: 'ms',
  us: 'us',
  ns: 'ns',
  min: 'min',
  minutes: 'min',
};
export type TimeUnit = 's' | 'ms' | 'us' | 'ns' | 'min';

/** A unit in brackets as nvidia-smi spells it; what it never prints is left as it is. */
const normalUnit = (unit: string): string => UNITS[unit.trim().toLowerCase()] ?? unit;

/** The columns of a header line; null for a line that is no header. */
export function parseHeaderColumns(line: string): CsvColumn[] | null {
  const cells = parseHeader(line);
  const columns = cells.map(({ name, unit }): CsvColumn => {
    const meaning = findMeaning(name);
    if (meaning)
      return {
        role: meaning.role,
        field: meaning.field,
        label: name,
        unit: (unit && normalUnit(unit)) ?? meaning.unit,
      };
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
