/**
 * A session as it is worked with, whatever it came from: a live recording, a file of the library, an import.
 * Everything shown is derived from this on read (see document.ts). Samples of a stored session are read when they are
 * asked for, series by series, and given up again when memory is needed: what a day of recording holds is never in
 * memory as a whole.
 */

import type { Bytes } from '../../shared/base/units';
import type { SessionData } from '../../shared/session/types';
import type { SeriesData } from '../../shared/trace/types';
import { openSession, type SessionReader, type StoredSeries } from './session-file';

/** Series with no more samples than this are read at once. */
const SMALL = 100_000;
/** Columns kept at hand, in bytes, though nobody may need them again. */
const AT_HAND: Bytes = 48 * 2 ** 20;

/** Everything in a session file. */
export function readSession(reader: SessionReader): SessionData {
  return {
    ...reader.header,
    ...reader.result,
    baselines: readBaselines(reader),
    series: storedSeriesIn(reader),
    markers: reader.markers(),
    logs: reader.logs(),
    warnings: reader.warnings(),
  };
}

/** The series of a session file, in order of declaration. */
export function readStoredSeries(path: string): SeriesData[] {
  using reader = openSession(path);
  return storedSeriesIn(reader);
}

const storedSeriesIn = (reader: SessionReader): SeriesData[] =>
  reader.series().map((series) => storedSeries(reader, series));

function storedSeries(
  reader: SessionReader,
  { count, min, max, mean, peak, ...info }: StoredSeries,
): SeriesData {
  if (count <= SMALL) return reader.readSeries(info.id);
  const { path } = reader;
  let known: WeakRef<SeriesData> | null = null;
  const read = (): SeriesData => {
    const there = known?.deref();
    if (there) return there;
    using again = openSession(path);
    const data = again.readSeries(info.id);
    known = new WeakRef(data);
    keepAtHand(data);
    return data;
  };
  return {
    info,
    gaps: reader.gapsOf(info.id),
    figures: {
      count,
      min,
      max,
      mean,
      minAt: reader.lowestIn(info.id)?.t ?? null,
      maxAt: peak?.t ?? null,
    },
    get times() {
      return read().times;
    },
    get values() {
      return read().values;
    },
  };
}

const atHand: SeriesData[] = [];

function keepAtHand(data: SeriesData): void {
  atHand.push(data);
  for (let bytes = 0, i = atHand.length - 1; i >= 0; i--) {
    bytes += atHand[i]!.times.byteLength + atHand[i]!.values.byteLength;
    if (bytes > AT_HAND) {
      atHand.splice(0, i + 1);
      return;
    }
  }
}

/** Device memory in use before launch, by series id. */
export function readBaselines(reader: SessionReader): Record<string, Bytes> {
  const stored = reader.meta('baselines');
  if (typeof stored !== 'object' || stored === null) return {};
  return Object.fromEntries(
    Object.entries(stored).filter(
      (entry): entry is [string, number] => typeof entry[1] === 'number',
    ),
  );
}
