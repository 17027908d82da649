/**
 * Decides what is read next on the sampling thread. Tasks keep to a grid of their own period, so that the rate does
 * not drift; a tick that was missed is skipped, never made up for. The first of two due tasks is the more urgent one:
 * memory before everything else.
 *
 * A task that usually takes more than a quarter of its period gets a longer one, and `widened` tells of it the first
 * time: a driver that serializes its callers must not be kept busy by the one that watches. The median decides, since
 * a thread that is interrupted while it reads looks slow now and then.
 */
import type { Micros } from '../../../shared/units';

export interface Task {
  readonly name: string;
  /** A smaller number goes first when several are due. */
  readonly rank: number;
  readonly periodUs: Micros;
  /** When it is due first. */
  readonly firstUs: Micros;
  run(now: Micros): void;
}

export interface ScheduleHooks {
  now(): Micros;
  /** Sleeps until `t` at the latest. */
  sleepUntil(t: Micros): void;
  widened(task: Task, medianUs: Micros, periodUs: Micros): void;
}

const SHARE = 0.25;
const WINDOW_US: Micros = 1_000_000;
const REMEMBERED = 64;
const LONGEST_US: Micros = 10_000_000;

interface Entry {
  readonly task: Task;
  periodUs: Micros;
  dueUs: Micros;
  windowFrom: Micros;
  /** What each of the last runs took; only the first `runs` are of this window. */
  readonly spentUs: Float64Array;
  runs: number;
  widened: boolean;
}

export class Schedule {
  readonly #entries: Entry[];
  readonly #hooks: ScheduleHooks;

  constructor(tasks: readonly Task[], hooks: ScheduleHooks) {
    this.#hooks = hooks;
    this.#entries = tasks.map((task) => ({ task, periodUs: task.periodUs, dueUs: task.firstUs, windowFrom: task.firstUs, spentUs: new Float64Array(REMEMBERED), runs: 0, widened: false }))
      .sort((a, b) => a.task.rank - b.task.rank);
  }

  /** Runs the most urgent due task, or sleeps until the next is due. */
  step(): void {
    const now = this.#hooks.now();
    const due = this.#entries.find(({ dueUs }) => dueUs <= now);
    if (!due) {
      this.#hooks.sleepUntil(Math.min(...this.#entries.map(({ dueUs }) => dueUs)));
      return;
    }
    due.task.run(now);
    const end = this.#hooks.now();
    due.spentUs[due.runs++ % REMEMBERED] = end - now;
    if (end - due.windowFrom >= WINDOW_US && due.runs >= 2) this.#review(due, end);
    due.dueUs += due.periodUs * Math.max(1, Math.ceil((end - due.dueUs) / due.periodUs));
  }

  #review(entry: Entry, end: Micros): void {
    const spent = entry.spentUs.slice(0, Math.min(entry.runs, REMEMBERED)).sort();
    const median = spent[spent.length >> 1]!;
    if (median > entry.periodUs * SHARE && entry.periodUs < LONGEST_US) {
      entry.periodUs = Math.min(LONGEST_US, entry.periodUs * 2 ** Math.ceil(Math.log2(median / (entry.periodUs * SHARE))));
      if (!entry.widened) this.#hooks.widened(entry.task, Math.round(median), entry.periodUs);
      entry.widened = true;
    }
    entry.windowFrom = end;
    entry.runs = 0;
  }
}
