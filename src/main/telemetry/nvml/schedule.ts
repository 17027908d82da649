/**
 * Decides what is read next on the sampling thread. Tasks keep to a grid of their own period, so that the rate does
 * not drift; a tick that was missed is skipped, never made up for. The first of two due tasks is the more urgent one:
 * memory before everything else.
 *
 * A task that takes more than a quarter of its period over a second gets twice the period, and `widened` tells of it
 * the first time: a driver that serializes its callers must not be kept busy by the one that watches.
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
  widened(task: Task, meanUs: Micros, periodUs: Micros): void;
}

const SHARE = 0.25;
const WINDOW_US: Micros = 1_000_000;
const LONGEST_US: Micros = 10_000_000;

interface Entry {
  readonly task: Task;
  periodUs: Micros;
  dueUs: Micros;
  windowFrom: Micros;
  spentUs: Micros;
  runs: number;
  widened: boolean;
}

export class Schedule {
  readonly #entries: Entry[];
  readonly #hooks: ScheduleHooks;

  constructor(tasks: readonly Task[], hooks: ScheduleHooks) {
    this.#hooks = hooks;
    this.#entries = tasks.map((task) => ({ task, periodUs: task.periodUs, dueUs: task.firstUs, windowFrom: task.firstUs, spentUs: 0, runs: 0, widened: false }))
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
    due.spentUs += end - now;
    due.runs++;
    if (end - due.windowFrom >= WINDOW_US && due.runs >= 2) this.#review(due, end);
    due.dueUs += due.periodUs * Math.max(1, Math.ceil((end - due.dueUs) / due.periodUs));
  }

  #review(entry: Entry, end: Micros): void {
    const mean = entry.spentUs / entry.runs;
    if (mean > entry.periodUs * SHARE && entry.periodUs < LONGEST_US) {
      entry.periodUs = Math.min(LONGEST_US, entry.periodUs * 2 ** Math.ceil(Math.log2(mean / (entry.periodUs * SHARE))));
      if (!entry.widened) this.#hooks.widened(entry.task, Math.round(mean), entry.periodUs);
      entry.widened = true;
    }
    entry.windowFrom = end;
    entry.spentUs = 0;
    entry.runs = 0;
  }
}
