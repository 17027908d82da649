/**
 * Statistics of a span: exact, each value counting by how long it was held, time in gaps not at all. A chunk is only
 * unpacked where its summary does not say enough: for a mean, at the ends of the span and where it has gaps; for the
 * time above a level, where it crosses that; for quantiles, where its values differ around them.
 */
import type { Micros } from '../../shared/base/units';
import { gapWithin, type SpanStatistics } from '../../shared/trace/statistics';
import type { Summary } from '../../shared/trace/summary';
import type { Gap } from '../../shared/trace/types';
import { type SeriesQuery, type Span, TOP } from './series-query';
import { type TraceSource, walk } from './trace-source';

/** Takes what was held how long; `chunk` may take a whole chunk without gaps by its summary. */
interface HeldVisitor {
  chunk(summary: Summary, heldUs: Micros): boolean;
  held(value: number, us: Micros): void;
}

/** A quantile is looked for in a range of values, which each pass cuts into so many parts. */
const PARTS = 1024;

export class SpanStatisticsQuery {
  readonly #source: TraceSource;
  readonly #series: number;
  readonly #query: SeriesQuery;
  readonly #span: Span;
  readonly #gaps: readonly Gap[];

  /** `gaps`: those that touch the span, in order. */
  constructor(
    source: TraceSource,
    series: number,
    query: SeriesQuery,
    span: Span,
    gaps: readonly Gap[],
  ) {
    this.#source = source;
    this.#series = series;
    this.#query = query;
    this.#span = span;
    this.#gaps = gaps;
  }

  compute(above: number | null): SpanStatistics {
    const all = this.#query.summarize(this.#span);
    let integral = 0;
    let heldUs = 0;
    let aboveUs = 0;
    const range = { lowest: Number.POSITIVE_INFINITY, highest: Number.NEGATIVE_INFINITY };
    this.#walkHeld({
      chunk(summary, us) {
        const isAbove = above !== null && summary.min > above;
        if (above !== null && !isAbove && summary.max > above) return false;
        if (isAbove) aboveUs += us;
        integral += summary.integral;
        heldUs += us;
        range.lowest = Math.min(range.lowest, summary.min);
        range.highest = Math.max(range.highest, summary.max);
        return true;
      },
      held(value, us) {
        integral += value * us;
        heldUs += us;
        if (above !== null && value > above) aboveUs += us;
        range.lowest = Math.min(range.lowest, value);
        range.highest = Math.max(range.highest, value);
      },
    });
    const [p50 = null, p95 = null, p99 = null] =
      heldUs > 0 ? this.#quantiles([0.5, 0.95, 0.99], heldUs, range) : [];
    return {
      count: all?.count ?? 0,
      min: all && { t: all.minT, value: all.min },
      max: all && { t: all.maxT, value: all.max },
      mean: heldUs > 0 ? integral / heldUs : null,
      integral,
      heldUs,
      p50,
      p95,
      p99,
      aboveUs: above === null ? null : aboveUs,
    };
  }

  /** Of each share the lowest value that, with all below it, was held for so much of the time. */
  #quantiles(
    shares: readonly number[],
    heldUs: Micros,
    range: { readonly lowest: number; readonly highest: number },
  ): number[] {
    const searches = shares.map((share) => new QuantileSearch(share * heldUs, range));
    const open = new Set(searches);
    while (open.size > 0) {
      this.#walkHeld({
        chunk(summary, us) {
          for (const search of open) if (!search.canTake(summary)) return false;
          for (const search of open) search.add(summary.min, us);
          return true;
        },
        held(value, us) {
          for (const search of open) search.add(value, us);
        },
      });
      for (const search of open) if (search.narrow()) open.delete(search);
    }
    return searches.map(({ found }) => found);
  }

  #walkHeld(visitor: HeldVisitor): void {
    const { t0, t1 } = this.#span;
    const gaps = this.#gaps;
    let g = 0;
    const known = this.#query.before(t0);
    let since = t0;
    let value = known?.value ?? null;
    // Gaps are in order and so is the walk: those that lie behind are not looked at again.
    const until = (t: Micros) => {
      if (value === null || t <= since) return;
      while (g < gaps.length && gaps[g]!.t1 <= since) g++;
      const us = t - since - gapWithin(gaps, g, since, t);
      if (us > 0) visitor.held(value, us);
    };
    walk(this.#source, this.#series, TOP, t0, t1, {
      chunk(summary) {
        while (g < gaps.length && gaps[g]!.t1 <= since) g++;
        if (Number.isNaN(summary.integral) || gapWithin(gaps, g, summary.t0, summary.t1) > 0)
          return false;
        if (!visitor.chunk(summary, summary.t1 - summary.t0)) return false;
        until(summary.t0);
        value = summary.last;
        since = summary.t1;
        return true;
      },
      samples(samples, from, to) {
        for (let i = from; i < to; i++) {
          const t = samples.times[i]!;
          until(t);
          value = samples.values[i]!;
          since = t;
        }
      },
      lost(from, to) {
        until(from);
        value = null;
        since = to;
      },
    });
    until(t1);
  }
}

class QuantileSearch {
  /** The quantile, once `narrow` has said so. */
  found = 0;
  readonly #wanted: Micros;
  #low: number;
  #high: number;
  #below = 0;
  readonly #held = new Float64Array(PARTS);
  readonly #least = new Float64Array(PARTS);
  readonly #most = new Float64Array(PARTS);

  constructor(wanted: Micros, range: { readonly lowest: number; readonly highest: number }) {
    this.#wanted = wanted;
    this.#low = range.lowest;
    this.#high = range.highest;
  }

  /** Whether it is the same for the search which of the chunk's values was held how long. */
  canTake({ min, max }: Summary): boolean {
    return min === max || max < this.#low || min > this.#high;
  }

  add(value: number, us: Micros): void {
    if (value > this.#high) return;
    if (value < this.#low) {
      this.#below += us;
      return;
    }
    const width = this.#high / 2 - this.#low / 2;
    const share = width > 0 ? (value / 2 - this.#low / 2) / width : 0;
    const part = Math.min(PARTS - 1, Math.floor(share * PARTS));
    if (this.#held[part] === 0) {
      this.#least[part] = value;
      this.#most[part] = value;
    } else if (value < this.#least[part]!) this.#least[part] = value;
    else if (value > this.#most[part]!) this.#most[part] = value;
    this.#held[part] = this.#held[part]! + us;
  }

  /** After a pass: true when one value is left, else the range is that of the part the quantile lies in. */
  narrow(): boolean {
    let reached = this.#below;
    let part = 0;
    while (part < PARTS - 1 && reached + this.#held[part]! < this.#wanted)
      reached += this.#held[part++]!;
    while (this.#held[part] === 0 && part > 0) part--;
    this.#low = this.#least[part]!;
    this.#high = this.#most[part]!;
    this.found = this.#low;
    this.#below = 0;
    this.#held.fill(0);
    return this.#low === this.#high;
  }
}
