/**
 * The import over real nvidia-smi output collected from other machines, where that collection lies beside the
 * repository. What each file shows comes from the collection's own index, not from this code.
 */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type ImportedTrace, type ImportKind, readTrace } from '../../../../src/main/import';
import { repository } from '../../../support/repository';
import { told } from '../../../support/traces';

const folder = resolve(repository, '../shared/fixtures');
const present = existsSync(join(folder, 'INDEX.json'));

interface Entry {
  readonly file: string;
  readonly kind: string;
  readonly gpu: string | null;
  readonly driver_version: string | null;
  readonly rows?: number;
}
const entries: Entry[] = present
  ? (JSON.parse(readFileSync(join(folder, 'INDEX.json'), 'utf8')) as { files: Entry[] }).files
  : [];

function kindOf({ kind, file }: Entry): ImportKind {
  if (kind.startsWith('query-xml') || file.endsWith('.xml.txt')) return 'xml';
  if (kind.startsWith('query-text')) return 'query-text';
  if (kind === 'default-table' || file.endsWith('table.txt')) return 'table';
  if (kind === 'help-query-gpu') return 'help';
  if (file.includes('compute-apps')) return 'processes-csv';
  if (/mismatch|communicate|unknown-error-handle/.test(file)) return 'error';
  return 'csv';
}

// Where the captures are absent, import-formats tests the same on files of its own.
describe.runIf(present)(
  present ? 'real captures' : 'real captures (skipped: ../shared/fixtures is not on this machine)',
  () => {
    const traces = new Map<string, ImportedTrace>();
    const of = (part: string) => [...traces].find(([file]) => file.includes(part))![1];
    beforeAll(() => {
      for (const { file } of entries) traces.set(file, readTrace(join(folder, file)));
    });

    test('each is recognized as what it is', () => {
      expect(Object.fromEntries(entries.map(({ file }) => [file, traces.get(file)!.kind]))).toEqual(
        Object.fromEntries(entries.map((entry) => [entry.file, kindOf(entry)])),
      );
    });

    test('driver, number and name of the GPUs are those of the machine', () => {
      for (const entry of entries) {
        const trace = traces.get(entry.file)!;
        if (entry.driver_version !== null && trace.kind !== 'csv')
          expect([entry.file, trace.driver]).toEqual([entry.file, entry.driver_version]);
        if (entry.kind.startsWith('capture-bundle'))
          expect([entry.file, trace.gpus.length]).toEqual([entry.file, 1]);
        const counted = /^(\d+) x (.+)$/.exec(entry.gpu ?? '');
        if (!counted || !['xml', 'query-text'].includes(trace.kind)) continue;
        expect([entry.file, trace.gpus.length]).toEqual([entry.file, Number(counted[1])]);
        expect(trace.gpus.map(({ name }) => name)).toEqual(trace.gpus.map(() => counted[2]));
      }
    });

    test('of a log no row is lost but its header', () => {
      for (const entry of entries.filter(({ rows }) => rows !== undefined)) {
        const lines = readFileSync(join(folder, entry.file), 'utf8')
          .split('\n')
          .filter((line) => line.trim() !== '');
        const headers = /[a-z]{4}/i.test(lines[0]!.split(',')[0]!) ? 1 : 0;
        expect([entry.file, traces.get(entry.file)!.samples]).toEqual([
          entry.file,
          lines.length - headers,
        ]);
      }
    });

    test('no value is impossible, times rise and nothing is out of the session', () => {
      for (const [file, trace] of traces) {
        const memory = new Map(
          trace.gpus.map(({ index, memoryBytes }) => [`gpu${index}`, memoryBytes]),
        );
        for (const { info, times, values, gaps } of trace.series) {
          const most =
            info.unit === 'millipercent'
              ? 100_000
              : info.metric.startsWith('memory.') && info.unit === 'bytes'
                ? (memory.get(info.id.split('.')[0]!) ?? 2 ** 40)
                : 2 ** 40;
          expect([
            file,
            info.id,
            values.every((value) => Number.isSafeInteger(value) && value >= 0 && value <= most),
          ]).toEqual([file, info.id, true]);
          expect([
            file,
            info.id,
            times.every((t, i) => Number.isInteger(t) && t >= 0 && (i === 0 || t > times[i - 1]!)),
          ]).toEqual([file, info.id, true]);
          expect(gaps.every(({ t0, t1 }) => 0 <= t0 && t0 <= t1)).toBe(true);
        }
        const unread = trace.gaps.reduce((sum, gap) => sum + gap.count, 0);
        expect(trace.series.reduce((sum, { gaps }) => sum + gaps.length, 0)).toBeLessThanOrEqual(
          unread,
        );
      }
    });

    test('however it arrives, each reads alike', () => {
      const comparable = (trace: ImportedTrace) => ({
        ...told(trace),
        warnings: trace.warnings.filter((text) => !text.includes('zero bytes')),
      });
      const scratch = mkdtempSync(join(tmpdir(), 'plumbline-captures-'));
      onTestFinished(() => rmSync(scratch, { recursive: true, force: true }));
      const ways: readonly ((text: string) => Buffer)[] = [
        (text) => Buffer.from(text.replaceAll(/\r?\n/g, '\r\n')),
        (text) => Buffer.from(`\ufeff${text}`, 'utf16le'),
        (text) => Buffer.from(text, 'utf16le').swap16(),
        (text) => Buffer.concat([Buffer.from(`\ufeff${text}`), Buffer.alloc(700)]),
      ];
      // Each file one way, in turn: all of them every way is what a person may try by hand.
      for (const [i, { file }] of entries.entries()) {
        const path = join(scratch, file);
        writeFileSync(path, ways[i % ways.length]!(readFileSync(join(folder, file), 'utf8')));
        expect([file, comparable(readTrace(path))]).toEqual([file, comparable(traces.get(file)!)]);
      }
    });

    test('what a GPU or its surroundings withhold stays absent with its reason', () => {
      expect(of('sonar__460').gaps).toEqual([{ reason: 'not_supported', count: 5 }]);
      expect(of('gpu-is-lost').gaps).toEqual([{ reason: 'lost', count: 1 }]);
      expect(of('nvtop__432__wsl2-compute').gaps).toEqual([{ reason: 'hidden', count: 1 }]);
      expect(of('776__old').gaps).toEqual([{ reason: 'not_supported', count: 1 }]);
      expect(of('850__unknown-error').gaps).toEqual([{ reason: 'not_read', count: 1 }]);
      const counts = (part: string) =>
        Object.fromEntries(of(part).gaps.map(({ reason, count }) => [reason, count]));
      expect(counts('inputs__nvidia_smi__tesla_t4').hidden).toBe(15);
      expect(counts('rtx-3080-v13').hidden).toBe(1);
      expect(counts('nvtop__124__wsl2-table').hidden).toBe(1);
      expect(
        counts('windows-x86_64__nvidia-geforce-rtx-2080-super__591.86').hidden,
      ).toBeGreaterThan(0);
      expect(counts('insufficient-permissions')).toEqual({ hidden: 3, not_permitted: 1 });
      expect(counts('nvitop__208')).toEqual({ not_supported: 3 });
      expect(counts('exporter__testdata__query')).toEqual({ not_supported: 2 });
      expect(counts('fan-err-table')).toEqual({ not_read: 1 });
      const valuesOf = (part: string, id: string) =>
        [...of(part).series.find(({ info }) => info.id === id)!.values].map(
          (value) => value / 2 ** 20,
        );
      expect(valuesOf('h100-mig', 'gpu0.mig0.memory.used')).toEqual([26, 11_091]);
      expect(valuesOf('h100-mig', 'gpu0.process.memory')).toEqual([2296 + 1272 + 7484]);
      expect(
        of('h100-mig').series.find(({ info }) => info.id === 'gpu0.utilization')?.values,
      ).toHaveLength(0);
    });

    test('the peak of a long log is the highest figure in its text', () => {
      const text = readFileSync(
        join(folder, entries.find(({ file }) => file.includes('miris'))!.file),
        'utf8',
      );
      const printed = Math.max(
        ...[...text.matchAll(/(\d+) MiB, \d+$/gm)].map((match) => Number(match[1])),
      );
      const series = of('miris').series.find(({ info }) => info.id === 'gpu0.memory.used')!;
      expect(Math.max(...series.values) / 2 ** 20).toBe(printed);
    });

    test('eight GPUs without a column that tells them apart are eight GPUs', () => {
      expect(of('8gpu-unordered').gpus).toHaveLength(8);
      expect(of('gpu_glasses').gpus).toHaveLength(8);
      expect(of('nanoGPT').gpus).toHaveLength(8);
    });
  },
);
