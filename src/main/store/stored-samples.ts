/**
 * A series of a session file as everything that looks at it asks it. The reader answers while it is open; what is asked
 * after that opens the file again for as long as it takes.
 */
import type { Micros } from '../../shared/base/units';
import type { Envelope } from '../../shared/trace/envelope';
import type {
  SamplePage,
  SampleRun,
  SampleSource,
  TimedSample,
} from '../../shared/trace/sample-source';
import type { SpanStatistics } from '../../shared/trace/statistics';
import type { Summary } from '../../shared/trace/summary';
import type { SessionReader } from './session-reader';

export class StoredSamples implements SampleSource {
  readonly #reader: SessionReader;
  readonly #id: string;

  constructor(reader: SessionReader, seriesId: string) {
    this.#reader = reader;
    this.#id = seriesId;
  }

  summarize(t0: Micros, t1: Micros): Summary | null {
    return this.#ask((reader) => reader.summarize(this.#id, { t0, t1 }));
  }

  before(t: Micros): TimedSample | null {
    return this.#ask((reader) => reader.before(this.#id, t));
  }

  after(t: Micros): TimedSample | null {
    return this.#ask((reader) => reader.after(this.#id, t));
  }

  samples(t0: Micros, t1: Micros, limit: number): SamplePage {
    return this.#ask((reader) => reader.samples(this.#id, { t0, t1 }, limit));
  }

  envelope(t0: Micros, t1: Micros, columns: number): Envelope {
    return this.#ask((reader) => reader.envelope(this.#id, { t0, t1 }, columns));
  }

  statistics(t0: Micros, t1: Micros, above: number | null): SpanStatistics {
    return this.#ask((reader) => reader.statistics(this.#id, { t0, t1 }, above));
  }

  runs(t0: Micros, t1: Micros, most: number): SampleRun[] {
    return this.#ask((reader) => reader.runs(this.#id, { t0, t1 }, most));
  }

  #ask<T>(ask: (reader: SessionReader) => T): T {
    return whileOpen(this.#reader, ask);
  }
}

/** Asks the reader, or where it was closed one that is opened for as long as that takes. */
export function whileOpen<T>(reader: SessionReader, ask: (reader: SessionReader) => T): T {
  if (reader.isOpen) return ask(reader);
  using again = reader.reopen();
  return ask(again);
}
