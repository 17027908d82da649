/**
 * Logs written from readings that are known, in the spellings of several tools, and changed as logs are changed: rows lost,
 * doubled, out of order, cut off, with foreign lines, prefixes, colours and other encodings. Whatever is read of one can be
 * held against what was written.
 */
import type { Chance } from './mutate';

export interface WrittenReading {
  readonly gpu: number;
  /** Microseconds since 1970. */
  readonly us: number;
  readonly metric: 'memory.used' | 'utilization' | 'power' | 'temperature';
  /** In the unit of the series. */
  readonly value: number;
}

export interface WrittenLog {
  readonly bytes: Buffer;
  /** Of what is still in the file, as a whole. */
  readonly readings: readonly WrittenReading[];
  readonly uuids: readonly string[];
  /** Whether anything was done to it after it was written. */
  readonly isChanged: boolean;
}

/** What one GPU told at one moment. */
interface Moment {
  readonly gpu: number;
  readonly us: number;
  readonly memory: number;
  readonly utilization: number;
  readonly centiwatts: number;
  readonly temperature: number;
}

/** A row, or a document of several readings, that is lost or doubled as a whole. */
interface Unit {
  readonly text: string;
  readonly readings: readonly WrittenReading[];
}

interface Dialect {
  readonly header: string;
  /** Rounds of all GPUs in order of time. */
  readonly units: (rounds: readonly (readonly Moment[])[]) => Unit[];
  /** Whether lines may be put between units, and prefixes before them. */
  readonly isLines: boolean;
}

const MiB = 2 ** 20;
const uuidOf = (gpu: number) => `GPU-${String(gpu).padStart(8, '0')}-1111-2222-3333-444444444444`;
const busOf = (gpu: number) =>
  `00000000:${(gpu + 1).toString(16).toUpperCase().padStart(2, '0')}:00.0`;
const iso = (us: number) => new Date(us / 1000).toISOString();
const smiStamp = (us: number) => iso(us).replaceAll('-', '/').replace('T', ' ').replace('Z', '');

const told = ({ gpu, us, ...moment }: Moment, ...metrics: WrittenReading['metric'][]) =>
  metrics.map((metric): WrittenReading => {
    const value = {
      'memory.used': moment.memory * MiB,
      utilization: moment.utilization * 1000,
      power: moment.centiwatts * 10,
      temperature: moment.temperature * 1000,
    }[metric];
    return { gpu, us, metric, value };
  });
const ALL = ['memory.used', 'utilization', 'power', 'temperature'] as const;

/** A column of CSV: its name, its unit, and the cell. */
type Column = readonly [name: string, unit: string, cell: (moment: Moment) => string];
const COLUMNS: readonly Column[] = [
  ['timestamp', '', ({ us }) => smiStamp(us)],
  ['memory.used', 'MiB', ({ memory }) => String(memory)],
  ['utilization.gpu', '%', ({ utilization }) => String(utilization)],
  ['power.draw', 'W', ({ centiwatts }) => (centiwatts / 100).toFixed(2)],
  ['temperature.gpu', '', ({ temperature }) => String(temperature)],
];
const IDENTITIES: readonly Column[] = [
  ['index', '', ({ gpu }) => String(gpu)],
  ['uuid', '', ({ gpu }) => uuidOf(gpu)],
  ['pci.bus_id', '', ({ gpu }) => busOf(gpu)],
];

function writeCsv(chance: Chance): Dialect {
  const identities = IDENTITIES.filter((_, i) => i === 0 || chance.whole(2) === 0);
  const columns = shuffle(chance, [...COLUMNS, ...identities, IDENTITIES[1]!].filter(unique));
  const withUnits = chance.whole(2) === 0;
  const separator = chance.pick([', ', ',', ' , ']);
  const label = ([name, unit]: Column) => (unit === '' || !withUnits ? name : `${name} [${unit}]`);
  const cell = ([, unit, read]: Column, moment: Moment) =>
    unit === '' || !withUnits ? read(moment) : `${read(moment)} ${unit}`;
  return {
    isLines: true,
    header: `${columns.map(label).join(separator)}\n`,
    units: (rounds) =>
      rounds.flat().map((moment) => ({
        text: `${columns.map((column) => cell(column, moment)).join(separator)}\n`,
        readings: told(moment, ...ALL),
      })),
  };
}

const writeDmon = (): Dialect => ({
  isLines: true,
  header:
    '#Date       Time        gpu     pwr  gtemp     sm     fb\n#YYYYMMDD   HH:MM:SS    Idx       W      C      %     MB\n',
  units: (rounds) =>
    rounds.flat().map((moment) => {
      const us = Math.floor(moment.us / 1e6) * 1e6;
      const [day = '', time = ''] = iso(us).split('T');
      const row = [day.replaceAll('-', ''), time.slice(0, 8), moment.gpu, '-'];
      return {
        text: ` ${[...row, moment.temperature, moment.utilization, moment.memory].join('    ')} \n`,
        readings: told({ ...moment, us }, 'memory.used', 'utilization', 'temperature'),
      };
    }),
});

const writeGpustat = (): Dialect => ({
  isLines: false,
  header: '',
  units: (rounds) =>
    rounds.map((round) => ({
      text: `${JSON.stringify({
        hostname: 'box',
        query_time: iso(round[0]?.us ?? 0).replace('Z', '000'),
        gpus: round.map((moment) => ({
          index: moment.gpu,
          uuid: uuidOf(moment.gpu),
          name: 'NVIDIA A100-SXM4-80GB',
          'temperature.gpu': moment.temperature,
          'utilization.gpu': moment.utilization,
          'memory.used': moment.memory,
          'memory.total': 81_920,
        })),
      })}\n`,
      readings: round.flatMap((moment) =>
        told(moment, 'memory.used', 'utilization', 'temperature'),
      ),
    })),
});

const writeScrapes = (): Dialect => ({
  isLines: true,
  header:
    '# HELP DCGM_FI_DEV_FB_USED Framebuffer memory used (in MiB).\n# TYPE DCGM_FI_DEV_FB_USED gauge\n',
  units: (rounds) =>
    rounds.map((round) => {
      const lines = round.flatMap((moment) => {
        const labels = `{gpu="${moment.gpu}",UUID="${uuidOf(moment.gpu)}",Hostname="box"}`;
        const at = moment.us / 1000;
        return [
          `DCGM_FI_DEV_FB_USED${labels} ${moment.memory} ${at}`,
          `DCGM_FI_DEV_GPU_UTIL${labels} ${moment.utilization} ${at}`,
          `DCGM_FI_DEV_POWER_USAGE${labels} ${(moment.centiwatts / 100).toFixed(2)} ${at}`,
        ];
      });
      return {
        text: `${lines.join('\n')}\n`,
        readings: round.flatMap((moment) => told(moment, 'memory.used', 'utilization', 'power')),
      };
    }),
});

const writeXml = (): Dialect => ({
  isLines: false,
  header: '',
  units: (rounds) =>
    rounds.map((round) => {
      const us = Math.floor((round[0]?.us ?? 0) / 1e6) * 1e6;
      const gpus = round.map(
        (moment) =>
          `\t<gpu id="${busOf(moment.gpu)}">\n\t\t<uuid>${uuidOf(moment.gpu)}</uuid>\n\t\t<minor_number>${moment.gpu}</minor_number>\n\t\t<fb_memory_usage>\n\t\t\t<total>81920 MiB</total>\n\t\t\t<used>${moment.memory} MiB</used>\n\t\t</fb_memory_usage>\n\t\t<utilization>\n\t\t\t<gpu_util>${moment.utilization} %</gpu_util>\n\t\t</utilization>\n\t</gpu>\n`,
      );
      const stamp = new Date(us / 1000).toUTCString().split(' ');
      const [day = '', date = '', month = '', year = '', time = ''] = stamp;
      return {
        text: `<?xml version="1.0" ?>\n<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">\n<nvidia_smi_log>\n\t<timestamp>${day.slice(0, 3)} ${month} ${date.replace(/^0/, ' ')} ${time} ${year}</timestamp>\n\t<attached_gpus>${round.length}</attached_gpus>\n${gpus.join('')}</nvidia_smi_log>\n`,
        readings: round.flatMap((moment) => told({ ...moment, us }, 'memory.used', 'utilization')),
      };
    }),
});

const DIALECTS: readonly ((chance: Chance) => Dialect)[] = [
  writeCsv,
  writeCsv,
  writeDmon,
  writeGpustat,
  writeScrapes,
  writeXml,
];

/** The same from the same chance. */
export function writeLog(chance: Chance): WrittenLog {
  const gpus = 1 + chance.whole(4);
  const stepUs = chance.pick([1_000_000, 2_000_000, 5_000_000]);
  const start = Date.UTC(2026, chance.whole(12), 1 + chance.whole(28), chance.whole(24)) * 1000;
  const rounds = Array.from({ length: 2 + chance.whole(25) }, (_, round) =>
    Array.from({ length: gpus }, (_, gpu): Moment => {
      return {
        gpu,
        us: start + round * stepUs + 123_000,
        memory: 500 + chance.whole(70_000),
        utilization: chance.whole(101),
        centiwatts: 5000 + chance.whole(60_000),
        temperature: 25 + chance.whole(60),
      };
    }),
  );
  const dialect = chance.pick(DIALECTS)(chance);
  const whole = dialect.units(rounds);
  const units = chance.whole(3) === 0 ? whole : change(chance, whole, dialect);
  const text = dialect.header + units.map((unit) => unit.text).join('');
  return {
    bytes: encode(chance, text),
    readings: units.flatMap(({ readings }) => readings),
    uuids: Array.from({ length: gpus }, (_, gpu) => uuidOf(gpu)),
    isChanged: units !== whole,
  };
}

const FOREIGN = [
  '\n',
  '   \n',
  'Unable to determine the device handle for GPU0000:03:00.0: Unknown Error\n',
  'step 12 loss=3.21\n',
  'Killed\n',
];

function change(chance: Chance, given: readonly Unit[], { isLines, header }: Dialect): Unit[] {
  let units = [...given];
  for (let left = 1 + chance.whole(3); left > 0; left--) {
    const at = chance.whole(units.length);
    const unit = units[at]!;
    units = chance.pick([
      () => units.toSpliced(at, units.length > 2 ? 1 : 0),
      () => units.toSpliced(at, 0, unit),
      () => units.toSpliced(at, 1).toSpliced(chance.whole(units.length), 0, unit),
      () =>
        isLines ? units.toSpliced(at, 0, { text: chance.pick(FOREIGN), readings: [] }) : units,
      () => (isLines ? units.toSpliced(at, 0, { text: header, readings: [] }) : units),
      // The last one is cut: what of it is read must still be what was written.
      () => {
        const last = units.at(-1);
        return last === undefined
          ? units
          : units.with(-1, { ...last, text: last.text.slice(0, chance.whole(last.text.length)) });
      },
    ])();
  }
  return units;
}

function encode(chance: Chance, text: string): Buffer {
  return chance.pick([
    () => Buffer.from(text),
    () => Buffer.from(text),
    () => Buffer.from(text.replaceAll('\n', '\r\n')),
    () => Buffer.from(`\ufeff${text}`, 'utf16le'),
    () => Buffer.concat([Buffer.from(text), Buffer.alloc(chance.whole(300))]),
  ])();
}

function shuffle<T>(chance: Chance, given: readonly T[]): T[] {
  const left = [...given];
  return given.map(() => left.splice(chance.whole(left.length), 1)[0]!);
}

const unique = <T>(value: T, i: number, all: readonly T[]): boolean => all.indexOf(value) === i;
