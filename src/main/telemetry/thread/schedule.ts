/**
 * Decides what is read next on a sampling thread. Tasks keep to a grid of their own period, so that the rate does not
 * drift; a tick that was missed is skipped, never made up for. The first of two due tasks is the more urgent one:
 * memory before everything else.
 *
 * Waking up costs more than most reads. So a task that is not urgent may wait for a fifth of its period, and shares the
 * wake-up of another that comes due meanwhile.
 *
 * A task that usually takes more than a quarter of its period gets a longer one, and `widened` is called each time:
 * a driver that serves its callers one at a time must not be kept busy by the one that measures. The median decides, since a
 * thread that is interrupted while it reads looks slow now and then.
 */
import type { Micros } from '../../../shared/base/units';

export interface Task {
  readonly name: string;
  /** A smaller number goes first when several are due; 0 is urgent and never waits. */
  readonly rank: number;
  readonly periodUs: Micros;
  /** When it is due first. */
  readonly firstUs: Micros;
  run(now: Micros): void;
}

export interface ScheduleHooks<T extends Task = Task> {
  now(): Micros;
  /** Sleeps until `t` at the latest; `now` is the last reading of the clock. */
  sleepUntil(t: Micros, now: Micros): void;
  widened(task: T, medianUs: Micros, periodUs: Micros): void;
}

/** Of its period that a task may take. */
const MAX_SHARE = 0.25;
/** Of its period that a task may be late, unless it is urgent. */
const SLACK = 0.2;
const WINDOW_US: Micros = 1_000_000;
const REMEMBERED = 64;
const MAX_PERIOD_US: Micros = 10_000_000;

interface Entry<T> {
  readonly task: T;
  periodUs: Micros;
  slackUs: Micros;
  windowFrom: Micros;
  /** What each of the last runs took; only the first `runs` are of this window. */
  readonly spentUs: Float64Array;
  runs: number;
}

export class Schedule<T extends Task = Task> {
  readonly #entries: Entry<T>[];
  /** When each entry is due, and how long it can wait: apart from them, since they are looked through at most wake-ups. */
  readonly #due: Float64Array;
  readonly #latest: Float64Array;
  #soonest = Number.NEGATIVE_INFINITY;
  #wake = Number.NEGATIVE_INFINITY;
  readonly #hooks: ScheduleHooks<T>;

  constructor(tasks: readonly T[], hooks: ScheduleHooks<T>) {
    this.#hooks = hooks;
    this.#entries = [...tasks]
      .sort((a, b) => a.rank - b.rank)
      .map((task) => ({
        task,
        periodUs: task.periodUs,
        slackUs: timerSlack(task, task.periodUs),
        windowFrom: task.firstUs,
        spentUs: new Float64Array(REMEMBERED),
        runs: 0,
      }));
    this.#due = Float64Array.from(this.#entries, ({ task }) => task.firstUs);
    this.#latest = Float64Array.from(this.#entries, ({ task, slackUs }) => task.firstUs + slackUs);
  }

  /** Runs what is due, the most urgent first, and then sleeps until the next is. The clock is read once for each. */
  step(): void {
    const due = this.#due;
    let now = this.#hooks.now();
    if (due[0]! <= now) now = this.#run(0, now);
    if (this.#soonest <= now) {
      for (let i = 1; i < due.length; i++) {
        if (due[i]! > now) continue;
        now = this.#run(i, now);
        // After a slow read the most urgent one may be due again, before all others.
        if (due[0]! <= now) break;
      }
      this.#lookAhead();
    }
    // A read that took too long is followed by another look at what is due, not by sleep.
    if (due[0]! > now) this.#hooks.sleepUntil(Math.min(this.#latest[0]!, this.#wake), now);
  }

  /** Of all but the most urgent one, which is all that most wake-ups are for. */
  #lookAhead(): void {
    this.#soonest = this.#wake = Number.POSITIVE_INFINITY;
    for (let i = 1; i < this.#due.length; i++) {
      this.#soonest = Math.min(this.#soonest, this.#due[i]!);
      this.#wake = Math.min(this.#wake, this.#latest[i]!);
    }
  }

  /** Returns when it ended. */
  #run(i: number, begin: Micros): Micros {
    const entry = this.#entries[i]!;
    entry.task.run(begin);
    const end = this.#hooks.now();
    entry.spentUs[entry.runs++ % REMEMBERED] = end - begin;
    if (end - entry.windowFrom >= WINDOW_US && entry.runs >= 2) this.#review(entry, end);
    const next =
      this.#due[i]! +
      entry.periodUs * Math.max(1, Math.ceil((end - this.#due[i]!) / entry.periodUs));
    this.#due[i] = next;
    this.#latest[i] = next + entry.slackUs;
    return end;
  }

  #review(entry: Entry<T>, end: Micros): void {
    const spent = entry.spentUs.slice(0, Math.min(entry.runs, REMEMBERED)).sort();
    const median = spent[spent.length >> 1]!;
    if (median > entry.periodUs * MAX_SHARE && entry.periodUs < MAX_PERIOD_US) {
      entry.periodUs = Math.min(
        MAX_PERIOD_US,
        entry.periodUs * 2 ** Math.ceil(Math.log2(median / (entry.periodUs * MAX_SHARE))),
      );
      entry.slackUs = timerSlack(entry.task, entry.periodUs);
      this.#hooks.widened(entry.task, Math.round(median), entry.periodUs);
    }
    entry.windowFrom = end;
    entry.runs = 0;
  }
}

const timerSlack = ({ rank }: Task, periodUs: Micros): Micros =>
  rank === 0 ? 0 : periodUs * SLACK;
