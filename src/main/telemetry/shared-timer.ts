/**
 * Timers of the recording thread that fire together: to be woken costs it more than what most of them then do. Those
 * whose period is no multiple of the tick have a timer of their own.
 */
import type { Millis } from '../../shared/base/units';

const TICK_MS: Millis = 250;

interface Task {
  readonly periodTicks: number;
  /** Ticks until it runs. */
  left: number;
  readonly run: () => void;
}

const tasks = new Set<Task>();
let timer: NodeJS.Timeout | null = null;

/** Runs something periodically, first when a period has passed; what it returns ends that. */
export function every(periodMs: Millis, run: () => void): () => void {
  if (periodMs % TICK_MS !== 0) {
    const alone = setInterval(run, periodMs);
    return () => clearInterval(alone);
  }
  const periodTicks = periodMs / TICK_MS;
  // A timer that runs already may tick at any moment: one tick more, so that a whole period passes first.
  const task: Task = { periodTicks, left: timer === null ? periodTicks : periodTicks + 1, run };
  tasks.add(task);
  timer ??= setInterval(tick, TICK_MS);
  return () => {
    tasks.delete(task);
    if (timer !== null && tasks.size === 0) {
      clearInterval(timer);
      timer = null;
    }
  };
}

function tick(): void {
  for (const task of tasks) {
    if (--task.left > 0) continue;
    task.left = task.periodTicks;
    task.run();
  }
}
