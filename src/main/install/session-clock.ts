/**
 * The clock of one session: integer microseconds since it started, on the machine's monotonic clock, with the one
 * wall-clock anchor that lets a reader say when that was. On Linux `originNs` is CLOCK_MONOTONIC, the very clock a
 * workload stamps its markers with.
 */
import type { Micros } from '../../shared/base/units';

export interface AnchoredClock extends SessionClock {
  /** The monotonic time of the session's start, in nanoseconds. */
  readonly originNs: bigint;
  readonly startedAt: Date;
}

export function createSessionClock(): AnchoredClock {
  const startedAt = new Date();
  const originNs = process.hrtime.bigint();
  return { originNs, startedAt, now: () => Number((process.hrtime.bigint() - originNs) / 1000n) };
}

/** Monotonic nanoseconds at the clock's zero; derived from its present reading where the clock does not tell. */
export function clockOrigin(clock: SessionClock & { readonly originNs?: bigint }): bigint {
  return clock.originNs ?? process.hrtime.bigint() - BigInt(Math.round(clock.now())) * 1000n;
}

/** The recorder's monotonic clock: integer microseconds since the session started. */
export interface SessionClock {
  now(): Micros;
}
