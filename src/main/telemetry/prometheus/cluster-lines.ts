/**
 * The lines of a cluster's GPUs, as answers of a Prometheus server tell them: which GPUs and series there are, and of
 * each what is new in an answer.
 *
 * Guarantees: a sample that two answers hold is given once; GPUs are those of the first answer, in an order that stays.
 */
import type { Micros } from '../../../shared/base/units';
import type { Reading } from '../../../shared/base/vocabulary';
import type { GpuInfo } from '../../../shared/hardware/gpu-info';
import { gpuSeries } from '../../../shared/trace/series-ids';
import {
  EXTRA_FIELDS,
  GPU_FIELDS,
  type GpuField,
  TOLD_FIELDS,
} from '../../nvidia-smi-format/gpu-fields';
import { ClusterGpus, compareGpus, hostIn, type Labels } from '../../prometheus/cluster-gpus';
import {
  EXPORTED,
  type Exported,
  findExported,
  isOfPart,
  parseExported,
} from '../../prometheus/exported-metrics';
import { type AnsweredSeries, readAnswer, readSample } from '../../prometheus/matrix';
import { parse } from '../../prometheus/server';

const FIELDS: ReadonlyMap<string, GpuField> = new Map(
  [...GPU_FIELDS, ...EXTRA_FIELDS, ...TOLD_FIELDS].map((each) => [each.field, each]),
);

export interface ClusterLine {
  readonly id: string;
  readonly gpu: number;
  readonly field: GpuField;
  readonly factor: number;
  /** Time of the latest sample that was given, in microseconds since 1970. */
  latestUs: number;
}

export interface ClusterSample {
  readonly line: ClusterLine;
  /** Microseconds since 1970, by the server. */
  readonly us: number;
  readonly reading: Reading;
}

export class ClusterLines {
  readonly #gpus = new ClusterGpus();
  readonly #found: GpuInfo[] = [];
  readonly #lines = new Map<string, ClusterLine>();
  #late = 0;
  /** Between two samples of a line; null where no line has two. */
  readonly intervalUs: Micros | null;

  /** From a first answer, whose samples are before the recording and are given to nobody. */
  constructor(text: string) {
    const told = readAnswer(parse(text).data).sort((a, b) => compareGpus(a.labels, b.labels));
    const steps: Micros[] = [];
    for (const series of told) {
      const metric = findExported(nameIn(series.labels));
      if (metric === null || isOfPart(series.labels)) continue;
      this.#learn(this.#place(series.labels), series, metric);
      steps.push(...stepsBetween(series));
    }
    this.intervalUs = steps.sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? null;
  }

  get gpus(): readonly GpuInfo[] {
    return this.#found;
  }

  get lines(): readonly ClusterLine[] {
    return [...this.#lines.values()];
  }

  get hosts(): number {
    return this.#gpus.hosts;
  }

  /** What a person should know of the GPUs. */
  get warnings(): readonly string[] {
    const hosts = this.#gpus.describeHosts();
    return [
      ...(hosts === null ? [] : [hosts]),
      ...(this.#late > 0
        ? ['GPUs that were scraped only after the recording began are not in it: record again.']
        : []),
    ];
  }

  /** The samples that no answer held before, each line's in order of time. */
  read(text: string): ClusterSample[] {
    return readAnswer(parse(text).data).flatMap(({ labels, values }) => {
      const line = this.#lines.get(keyOf(labels));
      if (line === undefined) {
        if (EXPORTED.has(nameIn(labels)) && !isOfPart(labels)) this.#late++;
        return [];
      }
      return values.flatMap((pair) => {
        const sample = readSample(pair);
        if (sample === null || sample[0] <= line.latestUs) return [];
        line.latestUs = sample[0];
        return [{ line, us: sample[0], reading: parseExported(sample[1], line.factor) }];
      });
    });
  }

  /** The number of the GPU that labels speak of; it is made known where it was not. */
  #place(labels: Labels): number {
    const { index = this.#found.length, uuid = '', name = 'GPU' } = this.#gpus.find(labels);
    if (!this.#found.some((gpu) => gpu.index === index))
      this.#found.push({ index, uuid, name, memoryBytes: null, driver: '', cuda: null });
    return index;
  }

  /** What is no line tells the size of the GPU. */
  #learn(gpu: number, { labels, values }: AnsweredSeries, [name, factor]: Exported): void {
    const last = readSample(values.at(-1));
    const field = FIELDS.get(name);
    if (field !== undefined) {
      const id = gpuSeries(gpu, field.metric);
      this.#lines.set(keyOf(labels), { id, gpu, field, factor, latestUs: last?.[0] ?? 0 });
      return;
    }
    const size = last === null ? null : parseExported(last[1], factor);
    if (size?.kind !== 'ok') return;
    const at = this.#found.findIndex(({ index }) => index === gpu);
    const found = this.#found[at];
    if (found) this.#found[at] = { ...found, memoryBytes: size.value };
  }
}

const nameIn = ({ __name__: name = '' }: Labels): string => name;
const keyOf = (labels: Labels): string =>
  JSON.stringify([
    nameIn(labels),
    hostIn(labels),
    labels.gpu ?? labels.index,
    labels.UUID ?? labels.uuid,
    labels.pci_bus_id,
  ]);

function stepsBetween({ values }: AnsweredSeries): Micros[] {
  const times = values.flatMap((pair) => readSample(pair)?.[0] ?? []);
  return times.slice(1).map((us, i) => us - times[i]!);
}
