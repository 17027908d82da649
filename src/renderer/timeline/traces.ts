/**
 * The samples that a timeline draws: of each series the whole run at the screen's width, kept, and the part in sight as
 * finely as the screen can show it. While a finer answer is on its way the older picture stays and says that it is stale.
 * Samples live here, never in state of a page.
 */
import { Failure } from '../../shared/base/failure';
import type { Micros } from '../../shared/base/units';
import type { TraceView } from '../../shared/contract/api';
import type { TimeColumns } from '../chart/paint-lines';
import type { View } from '../chart/view';
import { LatestWins, type Settled } from '../state/latest-wins';
import { createStore } from '../state/store';

/** Asks the engine; throws what the engine throws. */
export type AskTrace = (
  question: {
    readonly series: readonly string[];
    readonly t0: Micros;
    readonly t1: Micros;
    readonly columns: number;
  },
  options: { readonly signal: AbortSignal },
) => Promise<readonly TraceView[]>;

export interface TraceWants {
  readonly series: readonly string[];
  readonly end: Micros;
  readonly columns: number;
  /** Changes when the recording has more to tell. */
  readonly version: unknown;
}

/** More columns than this no screen shows. */
const MAX_COLUMNS = 2400;
/** A view that moves is asked about when it rests, or at the latest after so long. */
const REST_MS = 70;
const LATEST_MS = 400;
/** Asked for beyond each edge, as a share of the view: a short pan shows fine samples at once. */
const MARGIN = 1 / 12;

type Traces = ReadonlyMap<string, TraceView>;
/** What there is to draw of a series, all of it where no span is told, and the columns it was asked for. */
export interface TracePart {
  readonly trace: TraceView;
  readonly span: View | null;
  readonly columns: TimeColumns;
}
/** An answer, with the number of the question it belongs to. */
interface Answer {
  readonly asked: number;
  readonly span: View;
  readonly columns: TimeColumns;
  readonly traces: Traces;
}

export class TraceWindows {
  /** Rises with every answer. */
  readonly version = createStore(0);
  /** Rises with every answer about the whole run. */
  readonly wholeVersion = createStore(0);
  readonly isStale = createStore(true);
  readonly failure = createStore<unknown>(null);
  #wants: TraceWants = { series: [], end: 0, columns: 0, version: null };
  #view: View | null = null;
  #whole: Answer | null = null;
  #near: Answer | null = null;
  readonly #askWhole: LatestWins<Answer>;
  readonly #askNear: LatestWins<Answer>;
  readonly #ask: AskTrace;
  /** Numbers the questions: the picture is fresh when the newest one is answered. */
  #asked = 0;
  /** Takes back the question about the part in sight; that of the whole run is always wanted. */
  #taking = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #movedSince: number | null = null;

  constructor(ask: AskTrace) {
    this.#ask = ask;
    const never = () => Promise.reject(new Error('Nothing was asked.'));
    this.#askWhole = new LatestWins<Answer>('', never, (settled) => {
      if ('data' in settled) this.#takeWhole(settled.data);
      this.#settle(settled);
    });
    this.#askNear = new LatestWins<Answer>('', never, (settled) => {
      if ('data' in settled) this.#near = settled.data;
      this.#settle(settled);
    });
  }

  /** What is to be drawn; asks anew where that is something else than before. */
  want(wants: TraceWants): void {
    const before = this.#wants;
    this.#wants = wants;
    if (wants.columns === 0) return;
    if (wants.series.length === 0) {
      this.isStale.set(false);
      return;
    }
    const isSame =
      before.version === wants.version &&
      before.end === wants.end &&
      before.columns === wants.columns &&
      before.series.join(' ') === wants.series.join(' ');
    if (isSame) return;
    const whole = { t0: 0, t1: wants.end };
    this.#put(this.#askWhole, whole, new AbortController().signal);
    if (this.#view) this.#askForView();
  }

  /** The part in sight; null where it is the whole run, which is here already. */
  look(view: View | null): void {
    const { t0, t1 } = view ?? { t0: 0, t1: this.#wants.end };
    const isWhole = t0 <= 0 && t1 >= this.#wants.end;
    this.#view = isWhole ? null : { t0, t1 };
    clearTimeout(this.#timer);
    if (isWhole) {
      this.#movedSince = null;
      if (this.isStale.get()) this.#takeBack();
      return;
    }
    const now = performance.now();
    this.#movedSince ??= now;
    const wait = Math.min(REST_MS, Math.max(0, this.#movedSince + LATEST_MS - now));
    this.#timer = setTimeout(() => this.#askForView(), wait);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#askWhole.stop();
    this.#askNear.stop();
    this.#taking.abort();
  }

  #takeWhole(answer: Answer): void {
    this.#whole = answer;
    this.wholeVersion.set(this.wholeVersion.get() + 1);
  }

  #takeBack(): AbortSignal {
    this.#taking.abort();
    this.#taking = new AbortController();
    return this.#taking.signal;
  }

  /** What there is to draw of a series in a view: the finest that covers it, else the whole run and the finer part. */
  parts(id: string, view: View): readonly TracePart[] {
    const whole = partOf(this.#whole, id);
    const near = partOf(this.#near, id);
    if (!near || !this.#near || (view.t0 <= 0 && view.t1 >= this.#wants.end))
      return whole ? [whole] : [];
    const { span } = this.#near;
    const isCovered = span.t0 <= view.t0 && (span.t1 >= view.t1 || span.t1 >= this.#wants.end);
    if (isCovered) return [near];
    const fine = { ...near, span };
    return whole ? [whole, fine] : [fine];
  }

  /** The finest that is known at an instant. */
  at(id: string, t: Micros): TraceView | null {
    const near = this.#near;
    if (this.#view && near && near.span.t0 <= t && t <= near.span.t1)
      return near.traces.get(id) ?? this.whole(id);
    return this.whole(id);
  }

  whole(id: string): TraceView | null {
    return this.#whole?.traces.get(id) ?? null;
  }

  #askForView(): void {
    const view = this.#view;
    const wants = this.#wants;
    this.#movedSince = null;
    if (!view || wants.columns === 0 || wants.series.length === 0) return;
    const margin = (view.t1 - view.t0) * MARGIN;
    const span = {
      t0: Math.max(0, Math.round(view.t0 - margin)),
      t1: Math.min(wants.end, Math.round(view.t1 + margin)),
    };
    this.#put(this.#askNear, span, this.#takeBack());
  }

  #put(line: LatestWins<Answer>, span: View, signal: AbortSignal): void {
    const wants = this.#wants;
    const asked = ++this.#asked;
    this.isStale.set(true);
    const asks = question(wants, span);
    line.change('', async () => ({
      asked,
      span,
      columns: { t0: span.t0, us: (span.t1 - span.t0) / asks.columns },
      traces: toMap(await this.#ask(asks, { signal })),
    }));
    void line.run();
  }

  #settle(settled: Settled<Answer>): void {
    if ('error' in settled && isTakenBack(settled.error)) {
      if (this.#view === null) this.isStale.set(false);
      return;
    }
    this.failure.set('error' in settled ? settled.error : null);
    if ('error' in settled || settled.data.asked === this.#asked) this.isStale.set(false);
    this.version.set(this.version.get() + 1);
  }
}

const question = ({ series, columns }: TraceWants, { t0, t1 }: View) => ({
  series,
  t0,
  t1,
  columns: Math.max(16, Math.min(MAX_COLUMNS, Math.round(columns))),
});
function partOf(answer: Answer | null, id: string): TracePart | null {
  const trace = answer?.traces.get(id);
  return answer && trace ? { trace, span: null, columns: answer.columns } : null;
}
const isTakenBack = (error: unknown): boolean =>
  error instanceof Failure && error.code === 'cancelled';
const toMap = (views: readonly TraceView[]): Traces =>
  new Map(views.map((view) => [view.info.id, view]));
