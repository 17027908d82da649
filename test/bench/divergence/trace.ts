/**
 * A trace of a plan, with the faults of real ones: whole MiB, jitter of the clock, samples that are missing, other
 * processes, and a workload whose components are not quite what the budget's code says of them.
 */

import { GiB, MiB } from '../../../src/shared/base/units';
import { COMPONENTS, type Component } from '../../../src/shared/base/vocabulary';
import type { TimelinePhase } from '../../../src/shared/budget/types';
import type { LogLine, Marker, SampledSeries } from '../../../src/shared/trace/types';
import { logitsBytes, type Plan } from './plan';
import type { Random } from './random';

export interface Trace {
  readonly logs: readonly LogLine[];
  readonly exitCode: number;
  readonly series: SampledSeries[];
  readonly markers: Marker[];
  readonly durationUs: number;
  readonly baselines: Readonly<Record<string, number>>;
}
interface Piece {
  readonly t0: number;
  readonly t1: number;
  readonly from: number;
  readonly to: number;
}

export function traceOf(plan: Plan, random: Random): Trace {
  const whole = wholeTrace(plan, random);
  if (plan.cut === null) return whole;
  const [t0, t1] =
    plan.cut === 'begin'
      ? [whole.durationUs * random.between(0.2, 0.7), whole.durationUs]
      : [0, whole.durationUs * random.between(0.4, 0.9)];
  const inside = ({ t }: { readonly t: number }) => t >= t0 && t <= t1;
  const series = whole.series.map(({ info, times, values, gaps }) => {
    const kept = Array.from(times, (t, i) => ({ t, i })).filter(inside);
    return {
      info,
      gaps,
      times: Float64Array.from(kept, ({ t }) => t - t0),
      values: Float64Array.from(kept, ({ i }) => values[i]!),
    };
  });
  return {
    ...whole,
    series,
    markers: whole.markers.filter(inside).map((one) => ({ ...one, t: one.t - t0 })),
    durationUs: t1 - t0,
  };
}

function wholeTrace(plan: Plan, random: Random): Trace {
  const { actual, contextBytes, leakPerStep } = plan;
  // The workload is not the budget: each component is a little off, and always in the same way.
  const factors = new Map<Component, number>(
    COMPONENTS.map((one) => [
      one,
      1 + random.normal() * (one === 'params' || one.startsWith('adam') ? 0.001 : 0.006),
    ]),
  );
  const extra = random.between(0, 12) * MiB;
  const scaled = (components: TimelinePhase['components']) =>
    COMPONENTS.reduce(
      (sum, one) =>
        sum +
        (one === 'context' || one === 'reserve' ? 0 : (components[one] ?? 0) * factors.get(one)!),
      0,
    ) + extra;
  // Segments that are not quite full: as predicted at moments that take new ones, a little off.
  const segmentsOff = random.between(0.8, 1.1);
  const segmentsMore = random.between(0, 16) * MiB;
  let takenAsPredicted = 0;
  let segments = 0;
  const baseline = Math.round(random.between(1, 900)) * MiB;
  const markers: Marker[] = [];
  const pieces: Piece[] = [];
  const framework: { t: number; requested: number; allocated: number; reserved: number }[] = [];
  const idle = random.between(0.3, 1.5) * 1e6;
  const pace = Math.max(plan.intervalUs * random.between(3, 8), random.between(0.1, 0.6) * 1e6);
  let t = Math.round(idle);
  let reserved = 0;
  let held = baseline;
  const climb = (until: number, to: number) => {
    // Weights and activations arrive one by one, a pool at once.
    const ramp = (until - t) * (plan.poolBytes > 0 ? 0.02 : 0.2);
    pieces.push({ t0: t, t1: t + ramp, from: held, to }, { t0: t + ramp, t1: until, from: to, to });
    held = to;
    t = until;
  };
  climb(t + Math.round(0.5 * pace), baseline + contextBytes);
  const { steps } = actual.run;
  const play = (row: TimelinePhase, step: number | null) => {
    const length = Math.round(
      pace * (row.phase === 'load' || row.phase === 'decode' ? 3 : 1) * random.between(0.9, 1.1),
    );
    const leaked = step === null ? 0 : leakPerStep * (step - 1);
    const logits =
      plan.logitsCopies && (row.phase === 'forward' || row.phase === 'backward')
        ? plan.logitsCopies * logitsBytes(actual.run, actual.spec)
        : 0;
    const rounded = 1 + plan.roundingShare;
    const strange = step !== null && step > steps / 2 ? plan.unknownBytes : 0;
    const live = scaled(row.components) * rounded + leaked + logits + strange;
    const end =
      scaled(row.endComponents) * rounded +
      leaked +
      strange +
      (row.phase === 'optimizer' ? leakPerStep : 0);
    if (row.total > takenAsPredicted)
      segments = (row.components.reserve ?? 0) * segmentsOff + segmentsMore;
    takenAsPredicted = Math.max(takenAsPredicted, row.total);
    reserved = Math.max(
      reserved,
      live + segments + (row.phase === 'load' ? 0 : plan.fragmentBytes),
    );
    const begun = t;
    climb(
      t + length,
      Math.max(
        held,
        plan.poolBytes > 0 ? baseline + plan.poolBytes : baseline + contextBytes + reserved,
      ),
    );
    const whole = (value: number) => Math.round(value / 512) * 512;
    if (plan.markers !== 'none') {
      const base = { rank: 0, step };
      markers.push({ ...base, t: begun, type: 'phase', name: row.phase, event: 'begin' });
      if (plan.markers === 'memory') {
        const mark = {
          allocated: whole(end),
          requested: whole((end * 0.9995) / rounded),
          reserved: whole(reserved),
          peak: whole(Math.max(live, end)),
        };
        framework.push({ t: t - 1, ...mark });
        markers.push({ ...base, t: t - 1, type: 'memory', phase: row.phase, memory: mark });
      }
      markers.push({ ...base, t, type: 'phase', name: row.phase, event: 'end' });
    }
  };
  if (plan.isAnnounced) {
    const { batch, seq, promptTokens, precision } = actual.run;
    markers.push({
      rank: 0,
      step: null,
      t,
      type: 'run',
      fields: {
        batch,
        precision,
        ...(actual.run.mode === 'generate' ? { promptTokens } : { seq }),
      },
    });
  }
  const { timeline } = actual.tiers.refined;
  for (const row of timeline.filter(({ step }) => step === null)) play(row, null);
  if (plan.warmUpBytes > 0) {
    const taken = plan.warmUpBytes;
    reserved = Math.max(reserved, taken + segmentsMore);
    const mark = {
      allocated: Math.round(held - baseline - contextBytes),
      requested: Math.round((held - baseline - contextBytes) * 0.9995),
      reserved: Math.round(reserved),
      peak: Math.round(taken),
    };
    climb(t + Math.round(pace), Math.max(held, baseline + contextBytes + reserved));
    framework.push({ t: t - 1, ...mark });
    markers.push({ rank: 0, step: null, t: t - 1, type: 'memory', phase: 'idle', memory: mark });
  }
  const stepRows = timeline.filter(({ step }) => step !== null);
  if (stepRows.length > 0) {
    const lastStep = plan.askedBytes > 0 ? Math.max(3, Math.round(steps / 2)) : steps;
    for (let step = 1; step <= lastStep; step++)
      for (const row of stepRows)
        if (row.step! <= step && step <= (row.lastStep ?? row.step!)) play(row, step);
  }
  const durationUs = t;
  const othersFrom = random.between(0.3, 0.6) * durationUs;
  const otherAtLaunch = Math.min(baseline, 300 * MiB);
  const others = (at: number) => otherAtLaunch + (at >= othersFrom ? plan.otherBytes : 0);
  const loss = random.pick([0, 0, 0.02, 0.1]);
  const jitter = random.pick([0, 0.05, 0.3]);
  const noise = random.pick([0, 0, 1, 3]);
  const all: SampledSeries[] = [
    sampled(
      'gpu0.memory.used',
      plan.intervalUs,
      durationUs,
      random,
      { loss, jitter },
      (at) =>
        Math.round(
          (levelAt(pieces, at) + others(at) - otherAtLaunch) / MiB + random.normal() * noise,
        ) * MiB,
    ),
  ];
  const slow = random.pick([500_000, 1_000_000]);
  if (random.chance(0.75) || plan.otherBytes > 0) {
    all.push(
      sampled(
        'gpu0.other.memory',
        slow,
        durationUs,
        random,
        { loss: 0, jitter },
        (at) => Math.round(others(at) / MiB) * MiB,
      ),
    );
    all.push(
      sampled('gpu0.process.memory', slow, durationUs, random, { loss: 0, jitter }, (at) =>
        at < idle ? 0 : Math.round((levelAt(pieces, at) - baseline) / MiB) * MiB,
      ),
    );
  }
  if (framework.length > 0) {
    for (const key of ['allocated', 'requested', 'reserved'] as const)
      all.push(
        column(
          `framework.${key}`,
          framework.map((one) => [one.t, one[key]]),
          null,
        ),
      );
  }
  const logs: LogLine[] =
    plan.askedBytes === 0
      ? []
      : [
          {
            t: durationUs - 1,
            stream: 'stderr',
            text: `torch.OutOfMemoryError: CUDA out of memory. Tried to allocate ${(plan.askedBytes / GiB).toFixed(2)} GiB.`,
          },
        ];
  return {
    series: all,
    markers,
    durationUs,
    baselines: { 'gpu0.memory.used': baseline },
    logs,
    exitCode: logs.length > 0 ? 1 : 0,
  };
}

function levelAt(pieces: readonly Piece[], t: number): number {
  let low = 0;
  let high = pieces.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (pieces[middle]!.t1 < t) low = middle + 1;
    else high = middle;
  }
  const { t0, t1, from, to } = pieces[low]!;
  if (t < t0) return pieces[0]!.from;
  return t1 === t0 ? to : from + (to - from) * Math.min(1, (t - t0) / (t1 - t0));
}

function sampled(
  id: string,
  every: number,
  durationUs: number,
  random: Random,
  { loss, jitter }: { loss: number; jitter: number },
  value: (t: number) => number,
): SampledSeries {
  const points: [number, number][] = [];
  let last = -1;
  for (let at = 0; at <= durationUs; at += every) {
    const t = Math.max(last + 1, Math.round(at + random.normal() * jitter * every * 0.3));
    if (random.chance(loss) || t > durationUs) continue;
    points.push([t, Math.max(0, value(t))]);
    last = t;
  }
  return column(id, points, every);
}

function column(
  id: string,
  points: readonly (readonly [number, number])[],
  intervalUs: number | null,
): SampledSeries {
  return {
    info: { id, source: 'bench', metric: id, unit: 'bytes', windowUs: null, intervalUs },
    times: Float64Array.from(points, ([t]) => t),
    values: Float64Array.from(points, ([, value]) => value),
    gaps: [],
  };
}
