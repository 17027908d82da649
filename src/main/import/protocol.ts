/**
 * What an import is made of. A format is a small reader of lines: it recognizes the beginning of a file and then gets
 * every line of it once, so that a file of any size is read in one pass. What it finds goes into a `TraceBuilder`.
 */

import type { Bytes, Millis } from '../../shared/base/units';
import type { ImportKind } from './imported-trace';
import type { TraceBuilder } from './trace';

/** The beginning of a file, decoded, without zero bytes. */
export interface Head {
  readonly fileName: string;
  readonly text: string;
  /** Lines that say anything, in order, without the last one when it may be cut. */
  readonly lines: readonly string[];
}

export interface ReadOptions {
  /** Between samples of a file without timestamps; 1 s is assumed unless given. */
  readonly intervalMs?: Millis;
  /** Names of the columns of a CSV file, where the file does not give them. */
  readonly columns?: readonly string[];
  /** Is told how far it has come, some times a second at the most. */
  readonly onProgress?: (progress: ReadProgress) => void;
}

/** Seconds of what is asked of a server, bytes of the file while it is read, samples while they are stored. */
export interface ReadProgress {
  readonly stage: 'asking' | 'reading' | 'storing';
  readonly done: number;
  readonly total: number;
}

export interface LineSink {
  /** `complete` is false for a last line that does not end in a newline. */
  line(text: string, complete: boolean): void;
  end(): void;
}

export type OnBytes = (done: Bytes) => void;

/** A format that is no text, read by its own reader. */
export interface FileFormat {
  readonly kind: ImportKind;
  recognizes(path: string, head: Uint8Array): boolean;
  /** `onBytes` is told how much of the file has been read. */
  read(path: string, name: string, trace: TraceBuilder, onBytes: OnBytes): void;
}

/** A format of JSON, taken apart as it comes. */
export interface JsonFormat {
  readonly kind: ImportKind;
  recognizes(head: Head): boolean;
  open(trace: TraceBuilder): JsonReader;
}

export interface JsonReader {
  /** A value of a document by its key, or an element of the list at that key; without a key an element of a bare list. */
  item(item: JsonItem): void;
  /** A document is complete. */
  document(): void;
  end(): void;
}

/** `key`: of the document; null for an element of a list that is the document. */
export interface JsonItem {
  readonly key: string | null;
  readonly value: unknown;
}

export interface ImportFormat {
  readonly kind: ImportKind;
  recognizes(head: Head): boolean;
  open(trace: TraceBuilder, head: Head, options: ReadOptions): LineSink;
}
