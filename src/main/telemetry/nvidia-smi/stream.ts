/**
 * Device counters at the full rate, from one long-lived `nvidia-smi --query-gpu=… --format=csv -lms N`.
 *
 * Guarantees: both pipes are always drained; rows are stamped when they arrive; never more than one nvidia-smi of this
 * kind at a time; silence, exit and a flood of foreign text become absent readings and a restart with growing pauses;
 * a GPU that falls silent while others answer is told apart. Each kind of trouble is warned of once.
 */

import type { Micros, Millis } from '../../../shared/base/units';
import type { AbsentReason } from '../../../shared/base/vocabulary';
import type { GpuInfo } from '../../../shared/hardware/gpu-info';
import type { SessionClock } from '../../install/session-clock';
import { findInvalidField, findSmiError, firstLine } from '../../nvidia-smi-format/error-text';
import { describeGpuSeries, GPU_FIELDS, type GpuField } from '../../nvidia-smi-format/gpu-fields';
import { CsvLineReader, namesGpu, parseQuantity } from '../../nvidia-smi-format/query-csv';
import type { Sampler, SampleSink } from '../sampler';
import { GpuReporter } from './gpu-reporter';
import { LineProcess } from './line-process';

export interface GpuStreamOptions {
  readonly path: string;
  readonly env: NodeJS.ProcessEnv;
  readonly gpus: readonly GpuInfo[];
  /** How many GPUs nvidia-smi lists; as many as `gpus` unless given. Rows of the others are passed over. */
  readonly listed?: number;
  /** What this driver can be asked for; what every driver is asked for unless given. */
  readonly fields?: readonly GpuField[];
  readonly intervalMs: Millis;
  /** How long no row may come before the source counts as silent; max(3 periods, 2 s) unless given. */
  readonly silenceMs?: Millis;
  /** The same for the first row of a process, which may have to wake the device; max(silenceMs, 10 s) unless given. */
  readonly startupMs?: Millis;
  /** Pause before the first restart; doubles to `maxPauseMs` until a process answers steadily. */
  readonly firstPauseMs?: Millis;
  readonly maxPauseMs?: Millis;
}

/** Foreign lines in a row after which the process counts as broken. */
const FLOOD_LINES = 500;
const REMARKS = 3;
/** A process that has answered for so long is sound: the next trouble is a new one, and the pauses start over. */
const STEADY_US: Micros = 5_000_000;
/** How long `start` waits for the first row or failure, so that a trace begins before its workload does. */
const FIRST_ROW_MS: Millis = 1500;

/** Times between rows after which their pace is known; one that takes so many times what was asked for is told. */
const PACE_TICKS = 20;
const SLOW = 1.5;

export class GpuStream implements Sampler {
  readonly id = 'nvidia-smi';
  readonly #options: GpuStreamOptions;
  readonly #silenceMs: Millis;
  readonly #startupMs: Millis;
  #fields: readonly GpuField[];
  #process: LineProcess | null = null;
  #reporter: GpuReporter | null = null;
  #clock: SessionClock = { now: () => 0 };
  #sink: SampleSink | null = null;
  #watchdog: NodeJS.Timeout | null = null;
  #restart: NodeJS.Timeout | null = null;
  #pauseMs: Millis;
  #ending: Promise<void> = Promise.resolve();
  #launchedAt: Micros = 0;
  #heardAt: Micros = 0;
  #foreign = 0;
  #remarks = 0;
  #error: ReturnType<typeof findSmiError> = null;
  #warned = new Set<string>();
  #ticks: Micros[] = [];
  #stopped = false;
  #firstRow: () => void = () => {};

  constructor(options: GpuStreamOptions) {
    this.#options = options;
    this.#fields = options.fields ?? GPU_FIELDS;
    this.#silenceMs = options.silenceMs ?? Math.max(3 * options.intervalMs, 2000);
    this.#startupMs = options.startupMs ?? Math.max(this.#silenceMs, 10_000);
    this.#pauseMs = this.#firstPauseMs;
  }

  get #firstPauseMs(): Millis {
    return this.#options.firstPauseMs ?? 500;
  }

  async start(sink: SampleSink, clock: SessionClock): Promise<void> {
    const { gpus, listed, intervalMs } = this.#options;
    this.#sink = sink;
    this.#clock = clock;
    this.#reporter = new GpuReporter(
      sink,
      gpus,
      this.#fields,
      intervalMs * 1000,
      (listed ?? gpus.length) === gpus.length,
    );
    for (const gpu of gpus)
      for (const field of this.#fields)
        sink.declare(describeGpuSeries(gpu.index, field, intervalMs * 1000));
    const heard = new Promise<void>((resolve) => {
      this.#firstRow = resolve;
    });
    this.#launch();
    this.#watchdog = setInterval(() => this.#watch(), Math.min(this.#silenceMs / 4, 500));
    const timeout = Promise.withResolvers<void>();
    const timer = setTimeout(timeout.resolve, FIRST_ROW_MS);
    await Promise.race([heard, timeout.promise]);
    clearTimeout(timer);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#watchdog) clearInterval(this.#watchdog);
    if (this.#restart) clearTimeout(this.#restart);
    this.#firstRow();
    await this.#process?.stop();
    await this.#ending;
  }

  #launch(): void {
    const { path, env, intervalMs } = this.#options;
    const fields = ['index', 'uuid', ...this.#fields.map(({ field }) => field)];
    const reader = new CsvLineReader(fields, namesGpu);
    this.#launchedAt = this.#clock.now();
    this.#heardAt = this.#launchedAt;
    if (this.#ticks.length <= PACE_TICKS) this.#ticks = [];
    this.#foreign = 0;
    this.#error = null;
    const launched: LineProcess = new LineProcess(
      path,
      [`--query-gpu=${fields.join(',')}`, '--format=csv', '-lms', String(intervalMs)],
      env,
      {
        line: (text) => {
          if (launched === this.#process && !this.#stopped) this.#line(reader, text);
        },
        ended: (how) => {
          if (launched === this.#process) this.#ended(how);
        },
      },
    );
    this.#process = launched;
    launched.start();
  }

  #line(reader: CsvLineReader, text: string): void {
    const line = reader.read(text);
    if (line.kind === 'foreign') this.#foreignLine(line.text);
    if (line.kind !== 'row') return;
    this.#heardAt = this.#clock.now();
    this.#foreign = 0;
    if (this.#heardAt - this.#launchedAt > STEADY_US) this.#pauseMs = this.#firstPauseMs;
    const readings = this.#fields.map((field) => ({
      field,
      reading: parseQuantity(
        line.cells.get(field.field) ?? '',
        field.unit,
        line.units.get(field.field) ?? null,
      ),
    }));
    this.#pace(line.cells.get('uuid') ?? '', this.#heardAt);
    const lost =
      this.#reporter?.row(
        this.#heardAt,
        line.cells.get('index') ?? '',
        line.cells.get('uuid') ?? '',
        readings,
      ) ?? null;
    if (lost !== null)
      this.#warn(
        `lost ${lost}`,
        `nvidia-smi reports that GPU ${lost} is lost. Restart the machine to recover it.`,
      );
    this.#firstRow();
  }

  /** Rows of the first GPU tell how often there really is one: each takes the driver its time on top of the interval. */
  #pace(uuid: string, t: Micros): void {
    const { gpus, intervalMs } = this.#options;
    if (uuid !== gpus[0]?.uuid || this.#ticks.length > PACE_TICKS) return;
    this.#ticks.push(t);
    if (this.#ticks.length <= PACE_TICKS) return;
    const apart = this.#ticks
      .slice(1)
      .map((tick, i) => tick - this.#ticks[i]!)
      .sort((a, b) => a - b);
    const usual = apart[apart.length >> 1]!;
    if (usual < SLOW * intervalMs * 1000) return;
    for (const gpu of gpus)
      for (const field of this.#fields)
        this.#sink?.refine(describeGpuSeries(gpu.index, field, 0).id, { intervalUs: usual });
    this.#warn(
      'slow',
      `nvidia-smi gives a row every ${Math.round(usual / 1000)} ms, not every ${intervalMs} ms as it was asked to.`,
    );
  }

  #foreignLine(text: string): void {
    const refused = findInvalidField(text);
    if (refused !== null && this.#drop(refused)) return;
    this.#foreign++;
    const error = findSmiError(text);
    this.#error ??= error;
    if (this.#remarks < REMARKS && !this.#warned.has(text)) {
      this.#remarks++;
      this.#warn(text, `nvidia-smi printed beside its rows: ${firstLine(text)}`);
    }
    if (this.#foreign >= FLOOD_LINES)
      this.#fail('flood', 'nvidia-smi prints text that is no answer', 'not_read');
  }

  /** The driver does not know a field: the process ends by itself, and the next one asks for the others. */
  #drop(refused: string): boolean {
    const field = this.#fields.find((each) => each.field === refused);
    if (!field) return false;
    this.#fields = this.#fields.filter((each) => each !== field);
    this.#reporter?.unsupported(this.#clock.now(), field);
    this.#warn(refused, `This driver does not report ${refused}.`);
    this.#pauseMs = 0;
    return true;
  }

  #ended(how: string): void {
    this.#process = null;
    if (this.#stopped) return;
    const cause = this.#error ? `: ${this.#error.text}` : '';
    if (this.#pauseMs > 0)
      this.#silent('ended', `nvidia-smi ${how}${cause}`, this.#error?.reason ?? 'not_read');
    this.#relaunch();
  }

  #relaunch(): void {
    if (this.#stopped) return;
    const pause = this.#pauseMs;
    this.#pauseMs =
      pause === 0 ? this.#firstPauseMs : Math.min(pause * 2, this.#options.maxPauseMs ?? 10_000);
    this.#restart = setTimeout(() => this.#launch(), pause);
  }

  /** A process that runs but does not answer is ended, and another one started. */
  #fail(kind: string, why: string, reason: AbsentReason): void {
    this.#silent(kind, why, reason);
    const broken = this.#process;
    this.#process = null;
    this.#ending = (broken?.stop() ?? Promise.resolve()).then(() => this.#relaunch());
  }

  #silent(kind: string, why: string, reason: AbsentReason): void {
    this.#reporter?.silent(this.#clock.now(), reason);
    this.#firstRow();
    this.#warn(kind, `${why}. Plumbline starts it again; until it answers the device is not read.`);
  }

  #watch(): void {
    const now = this.#clock.now();
    const limit = this.#silenceMs * 1000;
    if (this.#process === null || now - this.#heardAt > limit)
      this.#reporter?.silent(now, this.#error?.reason ?? 'not_read');
    else {
      for (const index of this.#reporter?.silentAmongOthers(
        now,
        this.#launchedAt,
        limit,
        this.#error?.reason ?? 'not_read',
      ) ?? []) {
        this.#warn(`missing ${index}`, `nvidia-smi no longer lists GPU ${index}.`);
      }
    }
    const patienceMs = this.#heardAt === this.#launchedAt ? this.#startupMs : this.#silenceMs;
    if (this.#process !== null && now - this.#heardAt > patienceMs * 1000) {
      this.#fail(
        'silent',
        `nvidia-smi gave no row for ${patienceMs / 1000} s`,
        this.#error?.reason ?? 'not_read',
      );
    }
  }

  #warn(key: string, text: string): void {
    if (this.#warned.has(key)) return;
    this.#warned.add(key);
    this.#sink?.warn(text);
  }
}
