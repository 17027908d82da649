/** What a Prometheus server answers with, as its API gives it: series, each with its labels and its samples. */
import { isRecord } from '../../shared/base/json';
import type { Labels } from './cluster-gpus';

export interface AnsweredSeries {
  readonly labels: Labels;
  /** Pairs of a time in seconds since 1970 and a value as text, as they came: unchecked. */
  readonly values: readonly unknown[];
}

const MAX_LABEL = 300;

/** The series in the `data` of an answer; none where it holds none. */
export function readAnswer(data: unknown): AnsweredSeries[] {
  if (!isRecord(data) || !Array.isArray(data.result)) return [];
  return data.result.flatMap((series: unknown) =>
    isRecord(series) && isRecord(series.metric)
      ? [{ labels: toLabels(series.metric), values: readValues(series) }]
      : [],
  );
}

/** A sample: its time in microseconds since 1970, whole milliseconds as the server keeps them, and its value as text. */
export const readSample = (pair: unknown): readonly [us: number, value: string] | null =>
  Array.isArray(pair) && typeof pair[0] === 'number' && typeof pair[1] === 'string'
    ? [Math.round(pair[0] * 1000) * 1000, pair[1]]
    : null;

/** Of a range `values`, of a moment `value`. */
function readValues({ values, value }: Readonly<Record<string, unknown>>): readonly unknown[] {
  if (Array.isArray(values)) return values;
  return Array.isArray(value) ? [value] : [];
}

const toLabels = (metric: Readonly<Record<string, unknown>>): Labels =>
  Object.fromEntries(
    Object.entries(metric).flatMap(([key, value]) =>
      typeof value === 'string' ? [[key, value.slice(0, MAX_LABEL)]] : [],
    ),
  );
