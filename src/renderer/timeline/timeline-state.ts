/**
 * Where a timeline stands: everything that a link restores and that others look at, as stores. A view changes sixty
 * times a second while it is dragged, so it is never state of a page; whoever shows it follows the store.
 */
import type { Bytes, Micros } from '../../shared/base/units';
import type { LaneSettings } from '../chart/lane';
import type { View } from '../chart/view';
import { createStore, type Store } from '../state/store';

export type Span = readonly [Micros, Micros];

export interface TimelineState {
  /** Null: the whole run, which grows with it while it is recorded. */
  readonly view: Store<View | null>;
  readonly selection: Store<Span | null>;
  /** The one time of the crosshair; null while the pointer is elsewhere. */
  readonly cursor: Store<Micros | null>;
  /** What was measured at the cursor, less the baseline. */
  readonly measured: Store<Bytes | null>;
  readonly lanes: Store<LaneSettings>;
  /** Of a live session: the view keeps to what is newest. */
  readonly follow: Store<boolean>;
  /** A span to light up, as a finding's while its card is pointed at. */
  readonly lit: Store<Span | null>;
}

export interface TimelineStart {
  readonly view?: View | null;
  readonly selection?: Span | null;
  readonly lanes?: LaneSettings;
  readonly follow?: boolean;
}

export const createTimelineState = (start: TimelineStart = {}): TimelineState => ({
  view: createStore(start.view ?? null),
  selection: createStore(start.selection ?? null),
  cursor: createStore<Micros | null>(null),
  measured: createStore<Bytes | null>(null),
  lanes: createStore(start.lanes ?? {}),
  follow: createStore(start.follow ?? true),
  lit: createStore<Span | null>(null),
});
