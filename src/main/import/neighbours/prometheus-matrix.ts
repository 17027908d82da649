/**
 * Answers of Prometheus to a question for samples (`/api/v1/query` of a range, `query_range`), as its API gives them: one
 * document, or several that follow each other in time. Of a cluster every GPU of every host is one of its own.
 *
 * Guarantees: GPUs of two hosts are never taken for one, whatever numbers they have; a sample that two answers hold is
 * kept once; what is no metric of a GPU that is known is named.
 *
 * Format: https://prometheus.io/docs/prometheus/latest/querying/api/ (result type "matrix").
 */
import type { FieldReadings, GpuIdentity } from '../imported-trace';
import type { JsonFormat, JsonItem, JsonReader } from '../protocol';
import type { TraceBuilder } from '../trace';
import { ClusterGpus, compareGpus, type Labels } from './cluster-gpus';
import { EXPORTED, MEMORY_TOTAL, parseExported } from './prometheus-text';

export const prometheusMatrix: JsonFormat = {
  kind: 'prometheus',
  recognizes: ({ text }) => /"resultType"\s*:\s*"(matrix|vector)"/.test(text),
  open: (trace) => new MatrixReader(trace),
};

class MatrixReader implements JsonReader {
  readonly #trace: TraceBuilder;
  readonly #gpus: ClusterGpus;
  readonly #unknown = new Set<string>();
  /** Of each series of a GPU, the latest time that was kept. */
  readonly #latest = new Map<string, number>();
  #failure: string | null = null;
  #parts = 0;

  constructor(trace: TraceBuilder) {
    this.#trace = trace;
    this.#gpus = new ClusterGpus(trace);
  }

  item({ key, value }: JsonItem): void {
    if (key === 'error' && typeof value === 'string') this.#failure = value;
    if (key === 'data' && isRecord(value) && Array.isArray(value.result))
      this.#answer(value.result);
  }

  document(): void {}

  end(): void {
    this.#gpus.end();
    if (this.#failure !== null)
      this.#trace.warn(`Prometheus answered: ${this.#failure.slice(0, 300)}.`);
    if (this.#unknown.size > 0)
      this.#trace.warn(
        `These metrics are not known and were left out: ${[...this.#unknown].slice(0, 10).join(', ')}.`,
      );
    if (this.#parts > 0)
      this.#trace.warn(
        `${this.#parts} series are of parts of a GPU (MIG) and were left out: they are no readings of the whole.`,
      );
  }

  /** One answer: rows of each GPU in order of time, since an exporter's metrics are read at one moment. */
  #answer(result: readonly unknown[]): void {
    const told = result.flatMap((series) => {
      if (!isRecord(series) || !isRecord(series.metric)) return [];
      return [{ labels: toLabels(series.metric), values: readValues(series) }];
    });
    const rows = new Map<GpuIdentity, Map<number, FieldReadings>>();
    for (const { labels, values } of told.sort((a, b) => compareGpus(a.labels, b.labels))) {
      if (!this.#isOfGpu(labels)) continue;
      const gpu = this.#gpus.find(labels);
      const own = rows.get(gpu) ?? new Map<number, FieldReadings>();
      rows.set(gpu, own);
      this.#read(gpu, own, labels.__name__ ?? '', values);
    }
    for (const [gpu, moments] of rows)
      for (const us of [...moments.keys()].sort((a, b) => a - b))
        this.#trace.row(gpu, { us, zoned: true }, moments.get(us) ?? []);
  }

  #isOfGpu({ __name__: name = '', GPU_I_ID: part = '' }: Labels): boolean {
    const isKnown = EXPORTED.has(name) || name === MEMORY_TOTAL;
    if (!isKnown) this.#unknown.add(name === '' ? 'one without a name' : name.slice(0, 60));
    // A part of a GPU (MIG) has its own memory.
    if (isKnown && part !== '') this.#parts++;
    return isKnown && part === '';
  }

  #read(
    gpu: GpuIdentity,
    moments: Map<number, FieldReadings>,
    name: string,
    values: readonly unknown[],
  ): void {
    const key = `${JSON.stringify(gpu)} ${name}`;
    let latest = this.#latest.get(key) ?? Number.NEGATIVE_INFINITY;
    for (const pair of values) {
      if (!Array.isArray(pair) || typeof pair[0] !== 'number' || typeof pair[1] !== 'string')
        continue;
      const us = Math.round(pair[0] * 1000) * 1000;
      if (us <= latest) continue;
      latest = us;
      const [field, factor] = EXPORTED.get(name) ?? [MEMORY_TOTAL, 2 ** 20];
      const reading = parseExported(pair[1], factor);
      if (reading.kind === 'absent') this.#trace.absent(reading.reason);
      if (field !== MEMORY_TOTAL) moments.set(us, [...(moments.get(us) ?? []), [field, reading]]);
      else if (reading.kind === 'ok') this.#trace.gpu({ ...gpu, memoryBytes: reading.value });
    }
    this.#latest.set(key, latest);
  }
}

/** Of a range `values`, of a moment `value`. */
function readValues({ values, value }: Readonly<Record<string, unknown>>): readonly unknown[] {
  if (Array.isArray(values)) return values;
  return Array.isArray(value) ? [value] : [];
}

const toLabels = (metric: Readonly<Record<string, unknown>>): Labels =>
  Object.fromEntries(
    Object.entries(metric).flatMap(([key, value]) =>
      typeof value === 'string' ? [[key, value.slice(0, 300)]] : [],
    ),
  );
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
