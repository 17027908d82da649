/** Files read as imports read them, and what is in the trace, in words a test can compare. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { type ImportedTrace, type ReadOptions, readTrace } from '../../src/main/import';
import { Failure } from '../../src/shared/base/failure';

export const fixtures = join(import.meta.dirname, '..', 'fixtures', 'import');
export const scratch = mkdtempSync(join(tmpdir(), 'plumbline-import-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

export const read = (name: string, options?: ReadOptions) =>
  readTrace(join(fixtures, name), options);
export const textOf = (name: string) => readFileSync(join(fixtures, name), 'utf8');

let made = 0;
export function readBytes(contents: string | Buffer, options?: ReadOptions): ImportedTrace {
  const path = join(scratch, `made-${made++}.csv`);
  writeFileSync(path, contents);
  return readTrace(path, options);
}

/** Null where the bytes are refused as they may be; a fault is thrown on. */
export function attempt(bytes: Buffer): ImportedTrace | null {
  try {
    return readBytes(bytes);
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}

/** Samples as [seconds, value]. */
export function samples(trace: ImportedTrace, id: string): [number, number][] {
  const found = trace.series.find(({ info }) => info.id === id);
  if (!found)
    throw new Error(`no series ${id} among ${trace.series.map(({ info }) => info.id).join(', ')}`);
  return Array.from(found.times, (t, i) => [t / 1e6, found.values[i]!]);
}

/** Values alone. */
export const valuesOf = (trace: ImportedTrace, id: string): number[] =>
  samples(trace, id).map(([, value]) => value);
export const gapsOf = (trace: ImportedTrace, id: string) =>
  trace.series
    .find(({ info }) => info.id === id)
    ?.gaps.map(({ t0, t1, reason }) => [t0 / 1e6, t1 / 1e6, reason]);
export const count = (trace: ImportedTrace) =>
  Object.fromEntries(trace.gaps.map((gap) => [gap.reason, gap.count]));
export const warned = (trace: ImportedTrace, pattern: RegExp) =>
  trace.warnings.some((text) => pattern.test(text));

/** Everything a trace tells, as plain data. */
export const told = ({ series, close: _, ...rest }: ImportedTrace) => ({
  ...rest,
  series: series.map(({ info, gaps, figures, times, values }) => ({
    info,
    gaps,
    figures,
    times,
    values,
  })),
});
