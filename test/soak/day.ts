/**
 * A recording of a whole day of simulated time, written as the recorder writes and looked at every hour by a server of
 * its own: eight GPUs at 10 Hz, a step a second with three phases, a line of log a second. Neither the recorder's memory
 * nor the time of a look may grow with the hours, and the finished document must say what was fed in, to the last figure.
 */
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LiveTrace } from '../../src/main/engine/live-trace';
import { createSession } from '../../src/main/store/session-file';
import type { EngineClient } from '../../src/shared/contract/api';
import type { SeriesStats } from '../../src/shared/trace/types';
import { GpuGenerator, METRICS, TICKS } from '../bench/trace/generator';
import { runJson, temporaryHome } from '../support/cli';
import { serveEngine } from '../support/served-engine';
import { plainHeader, plainInfo } from '../support/session-header';
import { quantile, say } from './report';

const ID = 'soak-day';
const GPUS = 8;
/** Of the generator's hundred ticks a second: 10 Hz. */
const EVERY = 10;
const HOUR_S = 3600;
/** Simulated seconds between commits: a day has 86,400 of them, and each costs the disk a turn. */
const COMMIT_S = 5;
const PHASES = ['forward', 'backward', 'optimizer'] as const;
/** What may be added between the fourth hour and the last: pages of the allocator, no row a sample. */
const MAX_GROWTH_MIB = 64;
/** How much longer a look may take in the last quarter than in the first, beside a tenth of a second for the machine. */
const MAX_SLOWDOWN = 2;
const GRACE_MS = 100;

const LOST = { kind: 'absent', reason: 'lost' } as const;

type Told = Record<'count' | 'min' | 'max', number>;

/** `hours` simulated; returns what was broken, in words. */
export async function soakDay(hours: number, seed: number): Promise<string[]> {
  const home = temporaryHome();
  const folder = join(home.dir, 'library');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const app = await serveEngine(home.dir);
  try {
    return await recordDay(home.dir, folder, app.engine, hours, seed);
  } catch (error) {
    const said = app.ended() ? `; the server ended: ${(await app.server.done).stderr}` : '';
    return [(error as Error).message + said];
  } finally {
    app.server.child.kill('SIGTERM');
    await app.server.done;
    home.dispose();
  }
}

async function recordDay(
  home: string,
  folder: string,
  engine: EngineClient,
  hours: number,
  seed: number,
): Promise<string[]> {
  const file = createSession(folder, plainHeader(ID));
  const day = new SimulatedDay(seed, new LiveTrace(file));
  const memory: number[] = [];
  const looks: number[] = [];
  const began = performance.now();
  const feed = (second: number): void => {
    day.second(second);
    if (second % COMMIT_S === 0) file.flush();
  };
  for (let hour = 0; hour < hours; hour++) {
    const last = (hour + 1) * HOUR_S - 1;
    for (let second = hour * HOUR_S; second < last; second++) {
      feed(second);
      // The connection to the server is answered between commits, as it would be by a page.
      if (second % COMMIT_S === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    // The first look takes in the hour; what follows a recording pays for is the second that comes after it.
    file.flush();
    await look(engine, last * 1e6);
    feed(last);
    file.flush();
    looks.push(await look(engine, (last + 1) * 1e6));
    memory.push(process.memoryUsage().rss / 2 ** 20);
  }
  const durationUs = hours * HOUR_S * 1e6;
  day.end(durationUs);
  file.finish({ status: 'complete', exitCode: 0, signal: null, durationUs });
  file.close();
  const tookS = (performance.now() - began) / 1000;
  const opened = performance.now();
  const { document } = await runJson<Shown>(['show', ID, '--json', '--brief'], home);
  const openedMs = performance.now() - opened;
  const growth = memory.at(-1)! - memory[Math.min(3, memory.length - 1)]!;
  const quarter = Math.ceil(looks.length / 4);
  const early = quantile(looks.slice(0, quarter), 0.5);
  const late = quantile(looks.slice(-quarter), 0.5);
  say(
    `day: ${hours} h simulated in ${tookS.toFixed(0)} s`,
    `${day.samples} samples, ${day.markers} markers, ${(statSync(file.path).size / 2 ** 20).toFixed(0)} MiB`,
    `recorder's memory ${growth >= 0 ? '+' : ''}${growth.toFixed(0)} MiB from the fourth hour on`,
    `a look that follows ${early.toFixed(0)} ms in the first quarter, ${late.toFixed(0)} ms in the last`,
    `opened in ${openedMs.toFixed(0)} ms`,
  );
  return [
    ...day.compare(document),
    ...(growth > MAX_GROWTH_MIB ? [`the recorder's memory grew by ${growth.toFixed(0)} MiB`] : []),
    ...(late > MAX_SLOWDOWN * early + GRACE_MS
      ? [`a look takes ${late.toFixed(0)} ms in the last quarter, ${early.toFixed(0)} in the first`]
      : []),
  ];
}

interface Shown {
  readonly status: string;
  readonly durationUs: number;
  readonly series: readonly SeriesStats[];
  readonly counts: { readonly phases: number; readonly logs: number };
}

/** What a live view asks when it is told of something new: the document, and the last minute of every GPU's memory. */
async function look(engine: EngineClient, t1: number): Promise<number> {
  const began = performance.now();
  await engine.brief({ id: ID });
  const series = Array.from({ length: GPUS }, (_, gpu) => `gpu${gpu}.memory.used`);
  await engine.trace({ id: ID, series, t0: t1 - 60e6, t1, columns: 1500 });
  return performance.now() - began;
}

class SimulatedDay {
  samples = 0;
  markers = 0;
  readonly #trace: LiveTrace;
  readonly #gpus: readonly GpuGenerator[];
  readonly #told = new Map<string, Told>();
  #seconds = 0;

  constructor(seed: number, trace: LiveTrace) {
    this.#trace = trace;
    this.#gpus = Array.from({ length: GPUS }, (_, gpu) => new GpuGenerator(seed + gpu));
    for (let gpu = 0; gpu < GPUS; gpu++) {
      for (const metric of METRICS) {
        const id = `gpu${gpu}.${metric}`;
        trace.declare(plainInfo(id));
        this.#told.set(id, { count: 0, min: Infinity, max: -Infinity });
      }
    }
  }

  second(second: number): void {
    for (const [gpu, generator] of this.#gpus.entries()) {
      const drawn = generator.second(second);
      for (const [index, metric] of METRICS.entries()) {
        const id = `gpu${gpu}.${metric}`;
        if (drawn === null) this.#trace.push(id, second * 1e6, LOST);
        else this.#feed(id, drawn.times, drawn.columns[index]!);
      }
    }
    this.#step(second);
    this.#trace.log({
      t: second * 1e6,
      stream: 'stdout',
      text: `step ${second}: loss ${1 / (second + 1)}`,
    });
    this.#seconds++;
  }

  end(t: number): void {
    this.#trace.finish(t);
  }

  /** What the document says otherwise than it was fed. */
  compare({ status, series, counts }: Shown): string[] {
    const faults: string[] = [];
    if (status !== 'complete') faults.push(`the session is ${status}`);
    if (counts.phases !== this.#seconds * PHASES.length)
      faults.push(`${counts.phases} phases are shown, of ${this.#seconds * PHASES.length}`);
    if (counts.logs !== this.#seconds)
      faults.push(`${counts.logs} lines are shown, of ${this.#seconds}`);
    for (const [id, told] of this.#told) {
      const shown = series.find((each) => each.id === id);
      for (const figure of ['count', 'min', 'max'] as const)
        if (shown?.[figure] !== told[figure])
          faults.push(`${id}: ${figure} is ${shown?.[figure]}, not ${told[figure]}`);
    }
    return faults;
  }

  #feed(id: string, times: Float64Array, values: Float64Array): void {
    const told = this.#told.get(id);
    if (told === undefined) throw new Error(`${id} was not declared`);
    for (let tick = 0; tick < TICKS; tick += EVERY) {
      const value = values[tick]!;
      this.#trace.push(id, times[tick]!, { kind: 'ok', value });
      told.count++;
      told.min = Math.min(told.min, value);
      told.max = Math.max(told.max, value);
      this.samples++;
    }
  }

  #step(step: number): void {
    for (const [index, name] of PHASES.entries()) {
      for (const [event, at] of [
        ['begin', 0],
        ['end', 0.25],
      ] as const) {
        const t = Math.round((step + index * 0.3 + at) * 1e6);
        this.#trace.marker({ type: 'phase', t, rank: 0, step, name, event });
        this.markers++;
      }
    }
  }
}
