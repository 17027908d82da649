/**
 * The whole way of an import: a file is looked into and imported into a library of its own, and what is stored is held
 * against what was written. A short input stands for a log that is written by its number; any other is a file as it is.
 *
 * Properties: a look and an import come to one verdict; every reading that comes out stands in the file, of the GPU and at
 * the time it was written for; what does not come out of a log is told.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ExaminedFile, examineFile, importFile } from '../../src/main/engine/imports';
import { openLibrary } from '../../src/main/store/library';
import { readSession } from '../../src/main/store/session-data';
import { Failure } from '../../src/shared/base/failure';
import type { SessionData } from '../../src/shared/session/types';
import { samplesIn } from '../../src/shared/trace/series';
import { createChance } from './mutate';
import { type WrittenLog, writeLog } from './written-logs';

// Stamps without a zone are this machine's local time.
process.env.TZ = 'UTC';

/** Bytes: shorter than any file that holds a reading. */
const NUMBER_LENGTH = 64;
/** Samples of one moment are kept a microsecond apart. */
const APART_US = 1000;

export const numberedLogs = (count: number): Buffer[] =>
  Array.from({ length: count }, (_, i) => Buffer.from(`log number ${i}`));

/** Throws what is amiss, and a Failure where the file is refused as it may be. */
export async function importWhole(input: Buffer, folder: string): Promise<void> {
  const log = input.length < NUMBER_LENGTH ? writeLog(createChance(hash(input))) : null;
  const path = join(folder, 'capture');
  writeFileSync(path, log?.bytes ?? input);
  const library = openLibrary(join(folder, 'library'));
  const examined = await answer(examineFile(path));
  const imported = await answer(importFile(library, path));
  const verdict = examined instanceof Failure ? examined : examined.refusal;
  const refused = imported instanceof Failure ? imported : null;
  if (JSON.stringify(verdict?.toInfo() ?? null) !== JSON.stringify(refused?.toInfo() ?? null))
    throw new Error(`two verdicts: ${verdict?.message} and ${refused?.message}`);
  if (typeof imported !== 'string' || examined instanceof Failure) {
    if (log && !log.isChanged)
      throw new Error(`a log as its tool writes it is refused: ${refused?.message}`);
    throw verdict;
  }
  try {
    using reader = library.open(imported);
    const session = readSession(reader);
    if (log) compareWithWritten(session, log);
    else findInText(session, examined, input);
  } finally {
    rmSync(join(folder, 'library'), { recursive: true, force: true });
  }
}

async function answer<T>(work: Promise<T>): Promise<T | Failure> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

function hash(bytes: Buffer): number {
  let value = 2_166_136_261;
  for (const byte of bytes) value = Math.imul(value ^ byte, 16_777_619);
  return value >>> 0;
}

function compareWithWritten(session: SessionData, log: WrittenLog): void {
  const written = new Map<string, number[]>();
  const key = (gpu: number, metric: string, value: number) => `${gpu} ${metric} ${value}`;
  for (const { gpu, metric, value, us } of log.readings) {
    const times = written.get(key(gpu, metric, value)) ?? [];
    written.set(key(gpu, metric, value), [...times, us]);
  }
  const start = session.startedAt === null ? null : Date.parse(session.startedAt) * 1000;
  let read = 0;
  for (const data of session.series) {
    const [, index, metric = ''] = /^gpu(\d+)\.(.+)$/.exec(data.info.id) ?? [];
    if (!METRICS.has(metric)) continue;
    const uuid = session.environment.gpus.find((gpu) => gpu.index === Number(index))?.uuid ?? '';
    const gpu = uuid === '' ? Number(index) : log.uuids.indexOf(uuid);
    for (const [t, value] of samplesIn(data)) {
      read++;
      const times = written.get(key(gpu, metric, value));
      const where = `${data.info.id} ${value} at ${t}`;
      if (!times) throw new Error(`a reading that nobody wrote: ${where}`);
      if (start !== null && !times.some((us) => Math.abs(start + t - us) < APART_US))
        throw new Error(`a reading at another time: ${where}`);
    }
  }
  const isTold = log.isChanged && session.warnings.length > 0;
  if (read < log.readings.length && !isTold)
    throw new Error(
      `${log.readings.length - read} of ${log.readings.length} readings are lost without a word`,
    );
  if (read > log.readings.length) throw new Error('more readings than were written');
}
const METRICS: ReadonlySet<string> = new Set([
  'memory.used',
  'utilization',
  'power',
  'temperature',
]);

/** Kinds whose readings stand in the file one by one. */
const PLAIN = new Set(['csv', 'xml', 'query-text', 'dmon', 'table', 'prometheus-text', 'gpustat']);
const FACTORS: Readonly<Record<string, readonly number[]>> = {
  bytes: [1, 1e3, 1e6, 1e9, 2 ** 10, 2 ** 20, 2 ** 30],
  milliwatts: [1, 1000],
  millipercent: [1000],
  millicelsius: [1000],
};

/** Of a file that nobody wrote: at least every number that comes out is one of its own, in a unit it may have. */
function findInText(session: SessionData, { kind }: ExaminedFile, input: Buffer): void {
  if (!PLAIN.has(kind)) return;
  const isWide = input.subarray(0, 2000).filter((byte) => byte === 0).length > 200;
  const text = isWide
    ? `${input.toString('utf16le')} ${Buffer.from(input.subarray(0, input.length & ~1))
        .swap16()
        .toString('utf16le')}`
    : input.toString();
  const numbers = [
    ...new Set(text.replaceAll('\0', '').match(/\d+(?:\.\d+)?(?:e[+-]?\d+)?/gi) ?? []),
  ].map(Number);
  for (const data of session.series) {
    const factors = FACTORS[data.info.unit];
    if (!METRICS.has(data.info.metric) || factors === undefined) continue;
    const possible = new Set(
      numbers.flatMap((number) => factors.map((by) => Math.round(number * by))),
    );
    for (const [t, value] of samplesIn(data))
      if (!possible.has(Math.abs(value)))
        throw new Error(`a number that is not in the file: ${data.info.id} ${value} at ${t}`);
  }
}
