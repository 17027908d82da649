/**
 * What trackers keep of a run's GPUs and memory: W&B's system metrics (JSON Lines), MLflow's, and Hugging Face's
 * `trainer_state.json`, whose steps have no time of their own.
 */
import { isRecord } from '../../../shared/base/json';
import type { Reading } from '../../../shared/base/vocabulary';
import type { FieldReadings } from '../imported-trace';
import type { JsonFormat, JsonItem, JsonReader } from '../protocol';
import type { TraceBuilder } from '../trace';
import { describeFramework } from './framework';

const ok = (value: number): Reading => ({ kind: 'ok', value });
const instant = (seconds: number) => ({ us: Math.round(seconds * 1e6), zoned: true });

/** A metric's name ends so: which field it is, and what it is multiplied by. */
type Endings = readonly (readonly [ending: string, field: string, factor: number])[];
const WANDB: Endings = [
  ['memoryAllocatedBytes', 'memory.used', 1],
  ['powerWatts', 'power.draw', 1000],
  ['memory', 'utilization.memory', 1000],
  ['temp', 'temperature.gpu', 1000],
  ['gpu', 'utilization.gpu', 1000],
];
const MLFLOW: Endings = [
  ['memory_usage_megabytes', 'memory.used', 1e6],
  ['utilization_percentage', 'utilization.gpu', 1000],
  ['power_usage_watts', 'power.draw', 1000],
];
const METRIC = /^(?:system[./])?gpu[._](\d{1,3})[._](.+)$/;

/** The readings of one moment, by GPU. */
function readMetrics(
  values: Readonly<Record<string, unknown>>,
  endings: Endings,
): Map<number, FieldReadings> {
  const gpus = new Map<number, FieldReadings>();
  for (const [name, value] of Object.entries(values)) {
    const [, index, rest] = METRIC.exec(name) ?? [];
    const [, field, factor] = endings.find(([ending]) => ending === rest) ?? [];
    if (typeof value !== 'number' || field === undefined || factor === undefined) continue;
    const known = gpus.get(Number(index)) ?? [];
    gpus.set(Number(index), [...known, [field, ok(Math.round(value * factor))]]);
  }
  return gpus;
}

/** A line of `wandb-events.jsonl`, or of a history exported as JSON: one moment. */
export const wandb: JsonFormat = {
  kind: 'wandb',
  recognizes: ({ text }) => /"system\.gpu\.\d+\./.test(text) && /"_(timestamp|runtime)"/.test(text),
  open: (trace) => new WandbReader(trace),
};

class WandbReader implements JsonReader {
  readonly #trace: TraceBuilder;
  #fields: Record<string, unknown> = {};

  constructor(trace: TraceBuilder) {
    this.#trace = trace;
  }

  item({ key, value }: JsonItem): void {
    if (key !== null) this.#fields[key] = value;
    else if (isRecord(value)) this.#moment(value);
  }

  document(): void {
    this.#moment(this.#fields);
    this.#fields = {};
  }

  end(): void {}

  #moment(fields: Readonly<Record<string, unknown>>): void {
    const { _timestamp: seconds, _runtime: runtime } = fields;
    let stamp = null;
    if (typeof seconds === 'number') stamp = instant(seconds);
    else if (typeof runtime === 'number')
      stamp = { us: Math.round(runtime * 1e6), zoned: false, undated: 'start' as const };
    for (const [index, readings] of readMetrics(fields, WANDB))
      this.#trace.row({ index }, stamp, readings);
  }
}

/** `{key, value, timestamp, step}` as MLflow's client lists metrics: milliseconds since 1970. */
export const mlflow: JsonFormat = {
  kind: 'mlflow',
  recognizes: ({ text }) => /"system\/gpu_\d+_/.test(text),
  open(trace) {
    const take = (value: unknown) => {
      if (!isRecord(value) || typeof value.key !== 'string') return;
      const { key, value: reading, timestamp } = value;
      const stamp = typeof timestamp === 'number' ? instant(timestamp / 1000) : null;
      for (const [index, readings] of readMetrics({ [key]: reading }, MLFLOW))
        trace.row({ index }, stamp, readings);
    };
    let fields: Record<string, unknown> = {};
    return {
      item({ key, value }) {
        if (key !== null) fields[key] = value;
        take(value);
      },
      document() {
        take(fields);
        fields = {};
      },
      end() {},
    };
  },
};

/** Steps in order, a second each: the file tells no time. Memory is told as what a stage added and what it peaked at above that. */
export const trainerState: JsonFormat = {
  kind: 'trainer-state',
  recognizes: ({ text }) =>
    /"log_history"\s*:/.test(text) && /"(global_step|max_steps)"/.test(text),
  open(trace) {
    let held = 0;
    let seen = 0;
    return {
      item({ key, value }) {
        if (key !== 'log_history' || !isRecord(value)) return;
        const now = seen++ * 1e6;
        for (const stage of ['init', 'train', 'eval']) {
          const added = value[`${stage}_mem_gpu_alloc_delta`];
          const above = value[`${stage}_mem_gpu_peaked_delta`];
          if (typeof added !== 'number') continue;
          const at = stage === 'init' ? 0 : now;
          held += added;
          const peak = held + (typeof above === 'number' ? above : 0);
          const info = describeFramework('trainer-state', 'allocated', 0, 'highest of a stage');
          trace.point(info, at, Math.max(0, peak));
          trace.point(info, at + 1, Math.max(0, held));
        }
        if (typeof value.step === 'number')
          trace.mark({ type: 'step', t: now, rank: 0, step: value.step, event: 'begin' });
      },
      document() {},
      end() {
        trace.warn('The trainer tells steps without a time: they stand a second apart.');
      },
    };
  },
};
