/**
 * Answers of Prometheus to a question for samples (`/api/v1/query` of a range, `query_range`), as its API gives them: one
 * document, or several that follow each other in time. Of a cluster every GPU of every host is one of its own.
 *
 * Guarantees: GPUs of two hosts are never taken for one, whatever numbers they have; a sample that two answers hold is
 * kept once; what is no metric of a GPU that is known is named.
 *
 * Format: https://prometheus.io/docs/prometheus/latest/querying/api/ (result type "matrix").
 */
import { ClusterGpus, compareGpus, type Labels } from '../../prometheus/cluster-gpus';
import {
  type Exported,
  findExported,
  isOfPart,
  MEMORY_TOTAL,
  parseExported,
} from '../../prometheus/exported-metrics';
import { type AnsweredSeries, readAnswer, readSample } from '../../prometheus/matrix';
import type { FieldReadings, GpuIdentity } from '../imported-trace';
import type { JsonFormat, JsonItem, JsonReader } from '../protocol';
import type { TraceBuilder } from '../trace';

export const prometheusMatrix: JsonFormat = {
  kind: 'prometheus',
  recognizes: ({ text }) => /"resultType"\s*:\s*"(matrix|vector)"/.test(text),
  open: (trace) => new MatrixReader(trace),
};

class MatrixReader implements JsonReader {
  readonly #trace: TraceBuilder;
  readonly #gpus = new ClusterGpus();
  readonly #unknown = new Set<string>();
  /** Of each series of a GPU, the latest time that was kept. */
  readonly #latest = new Map<string, number>();
  #failure: string | null = null;
  #parts = 0;

  constructor(trace: TraceBuilder) {
    this.#trace = trace;
  }

  item({ key, value }: JsonItem): void {
    if (key === 'error' && typeof value === 'string') this.#failure = value;
    if (key === 'data') this.#answer(value);
  }

  document(): void {}

  end(): void {
    const hosts = this.#gpus.describeHosts();
    if (hosts !== null) this.#trace.warn(hosts);
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
  #answer(data: unknown): void {
    const rows = new Map<GpuIdentity, Map<number, FieldReadings>>();
    const told = readAnswer(data).sort((a, b) => compareGpus(a.labels, b.labels));
    for (const series of told) {
      const { labels } = series;
      const metric = this.#findMetric(labels);
      if (metric === null) continue;
      const gpu = this.#gpus.find(labels);
      const own = rows.get(gpu) ?? new Map<number, FieldReadings>();
      rows.set(gpu, own);
      this.#read(gpu, own, series, metric);
    }
    for (const [gpu, moments] of rows)
      for (const us of [...moments.keys()].sort((a, b) => a - b))
        this.#trace.row(gpu, { us, zoned: true }, moments.get(us) ?? []);
  }

  #findMetric(labels: Labels): Exported | null {
    const { __name__: name = '' } = labels;
    const metric = findExported(name);
    if (metric === null) this.#unknown.add(name === '' ? 'one without a name' : name.slice(0, 60));
    else if (isOfPart(labels)) this.#parts++;
    return isOfPart(labels) ? null : metric;
  }

  #read(
    gpu: GpuIdentity,
    moments: Map<number, FieldReadings>,
    { labels, values }: AnsweredSeries,
    [field, factor]: Exported,
  ): void {
    const key = `${JSON.stringify(gpu)} ${labels.__name__}`;
    let latest = this.#latest.get(key) ?? Number.NEGATIVE_INFINITY;
    for (const pair of values) {
      const sample = readSample(pair);
      if (sample === null || sample[0] <= latest) continue;
      const [us, text] = sample;
      latest = us;
      const reading = parseExported(text, factor);
      if (reading.kind === 'absent') this.#trace.absent(reading.reason);
      if (field !== MEMORY_TOTAL) moments.set(us, [...(moments.get(us) ?? []), [field, reading]]);
      else if (reading.kind === 'ok') this.#trace.gpu({ ...gpu, memoryBytes: reading.value });
    }
    this.#latest.set(key, latest);
  }
}
