/**
 * The parsers on output captured from real machines, where that collection is at hand. Nothing may throw, and what
 * comes out must be possible; some figures were read off the captures by eye.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findSmiError } from '../../../../src/main/nvidia-smi-format/error-text';
import {
  CsvLineReader,
  parseComputeApps,
  parseHeader,
  parseQuantity,
} from '../../../../src/main/nvidia-smi-format/query-csv';
import type { Reading } from '../../../../src/shared/base/vocabulary';
import type { Unit } from '../../../../src/shared/trace/types';
import { repository } from '../../../support/repository';

const folder = resolve(repository, '../shared/fixtures');
const here = existsSync(folder);
const files = here ? readdirSync(folder) : [];
const textOf = (name: string) =>
  readFileSync(resolve(folder, files.find((file) => file.includes(name)) ?? name), 'utf8');

const UNITS: readonly (readonly [RegExp, Unit])[] = [
  [/^memory\.(used|total|free)$/, 'bytes'],
  [/^utilization\.(gpu|memory)$/, 'millipercent'],
  [/^power\.draw/, 'milliwatts'],
  [/^temperature\.gpu$/, 'millicelsius'],
  [/^clocks\.(current\.)?sm$/, 'hertz'],
];
const LIMITS: Readonly<Partial<Record<Unit, number>>> = {
  bytes: 2 ** 40,
  millipercent: 100_000,
  milliwatts: 2_000_000,
  millicelsius: 120_000,
  hertz: 5e9,
};

/** Every CSV table in a text, from a header of `--query-gpu` to a blank line. */
function readTables(text: string) {
  const readings: { field: string; unit: Unit; reading: Reading }[] = [];
  let reader: CsvLineReader | null = null;
  let fields: string[] = [];
  for (const line of text.split('\n')) {
    if (line.trim() === '') reader = null;
    if (
      /^(timestamp|index|name|memory|utilization)[^=]*, .*(memory\.used|utilization\.gpu|power\.draw)/.test(
        line,
      )
    ) {
      fields = parseHeader(line).map(({ name }) => name);
      reader = new CsvLineReader(fields);
    }
    const read = reader?.read(line);
    if (read?.kind !== 'row') continue;
    for (const field of fields) {
      const unit = UNITS.find(([pattern]) => pattern.test(field))?.[1];
      if (unit)
        readings.push({
          field,
          unit,
          reading: parseQuantity(read.cells.get(field) ?? '', unit, read.units.get(field) ?? null),
        });
    }
  }
  return readings;
}

describe.skipIf(!here)(
  here ? 'captured output' : 'captured output (skipped: ../shared/fixtures is not on this machine)',
  () => {
    const tables = files.filter(
      (file) => /\.(csv|txt)$/.test(file) && readTables(textOf(file)).length > 0,
    );

    test('covers many machines', () => {
      expect(tables.length).toBeGreaterThanOrEqual(15);
    });

    test.each(tables)('%s gives only possible readings', (file) => {
      const readings = readTables(textOf(file));
      expect(readings.some(({ reading }) => reading.kind === 'ok')).toBe(true);
      const impossible = readings.filter(
        ({ unit, reading }) =>
          reading.kind === 'ok' &&
          !(
            Number.isSafeInteger(reading.value) &&
            reading.value >= 0 &&
            reading.value <= LIMITS[unit]!
          ),
      );
      expect(impossible).toEqual([]);
    });

    test('a device without memory of its own reports utilization and power, and no memory', () => {
      const byField = new Map(
        readTables(textOf('nvitop__208__gb10')).map(({ field, reading }) => [field, reading]),
      );
      expect(byField.get('memory.used')).toEqual({ kind: 'absent', reason: 'not_supported' });
      expect(byField.get('power.draw')).toEqual({ kind: 'ok', value: 11_170 });
    });

    test('MIG: no utilization of the parent, yet memory of its processes', () => {
      const text = textOf('nvidia-h100-mig__');
      const utilization = readTables(text).filter(({ field }) => field === 'utilization.gpu');
      expect(utilization.length).toBeGreaterThan(0);
      expect(
        utilization.every(
          ({ reading }) => reading.kind === 'absent' && reading.reason === 'not_supported',
        ),
      ).toBe(true);
      expect(processesIn(text).map(({ pid, memory }) => [pid, memory])).toEqual([
        [21180, { kind: 'ok', value: 2296 * 2 ** 20 }],
        [21181, { kind: 'ok', value: 1272 * 2 ** 20 }],
        [21198, { kind: 'ok', value: 7484 * 2 ** 20 }],
      ]);
    });

    test('WDDM: every process is listed, its memory hidden', () => {
      const processes = processesIn(
        textOf('windows-x86_64__nvidia-geforce-rtx-2080-super__610.62'),
      );
      expect(processes.length).toBeGreaterThan(10);
      expect(
        processes.every(({ memory }) => memory.kind === 'absent' && memory.reason === 'hidden'),
      ).toBe(true);
    });

    test.each([
      'couldnt-communicate',
      'driver-library-mismatch-old',
      '47__driver-library-mismatch',
      'unknown-error-handle',
      'gpu-is-lost-mixed',
    ])('the error in %s is known', (name) => {
      expect(findSmiError(textOf(name))).not.toBeNull();
    });
  },
);

function processesIn(text: string) {
  const lines = text.split('\n');
  return lines.flatMap((line, at) => {
    if (!line.startsWith('timestamp, ') || !line.includes('used_gpu_memory')) return [];
    const end = lines.findIndex((each, i) => i > at && each.trim() === '');
    return parseComputeApps(
      lines.slice(at, end).join('\n'),
      parseHeader(line).map(({ name }) => name),
    ).processes;
  });
}
