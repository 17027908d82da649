/**
 * Statistics of a span: exact, each value counting by how long it was held. A chunk is only
 * unpacked where its summary does not say enough: for a mean, at the ends of the span and where it has gaps; for the
 * time above a level, where it crosses that; for quantiles, where its values differ around them.
 */
import type { Micros } from '../../shared/base/units';
import { QuantileSearch } from '../../shared/trace/quantiles';
import { type SpanStatistics, standsUntil } from '../../shared/trace/statistics';
import type { Summary } from '../../shared/trace/summary';
import type { Gap } from '../../shared/trace/types';
import type { SeriesQuery, Span } from './series-query';
import { TOP, type TraceSource, walk } from './trace-source';

/** Takes what was held how long; `chunk` may take a whole chunk without gaps by its summary. */
interface HeldVisitor {
  chunk(summary: Summary, heldUs: Micros): boolean;
  held(value: number, us: Micros): void;
}

export class SpanStatisticsQuery {
  readonly #source: TraceSource;
  readonly #series: number;
  readonly #query: SeriesQuery;
  readonly #span: Span;
  readonly #gaps: readonly Gap[];

  /** `gaps`: those that begin since the reading that stood when the span began, in order. */
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
    let last = this.#query.before(t0);
    // Gaps are in order and so is the walk: those that lie behind are not looked at again.
    const passGaps = (since: Micros) => {
      while (g < gaps.length && gaps[g]!.t0 < since) g++;
    };
    const until = (t: Micros) => {
      if (last === null) return;
      passGaps(last.t);
      const us = Math.min(t, standsUntil(gaps, g, last.t, t)) - Math.max(last.t, t0);
      if (us > 0) visitor.held(last.value, us);
    };
    walk(this.#source, this.#series, TOP, t0, t1, {
      chunk(summary) {
        let first = g;
        while (first < gaps.length && gaps[first]!.t0 < summary.t0) first++;
        if (Number.isNaN(summary.integral) || (gaps[first]?.t0 ?? t1) < summary.t1) return false;
        if (!visitor.chunk(summary, summary.t1 - summary.t0)) return false;
        until(summary.t0);
        last = { t: summary.t1, value: summary.last };
        return true;
      },
      samples(samples, from, to) {
        for (let i = from; i < to; i++) {
          until(samples.times[i]!);
          last = { t: samples.times[i]!, value: samples.values[i]! };
        }
      },
      lost(from) {
        until(from);
        last = null;
      },
    });
    until(t1);
  }
}
