/**
 * Exports as hosts and windows get them: a report at once, a session's file piece by piece, so that a recording of any
 * length passes through without standing in memory or in one message.
 *
 * Guarantees: exports that nobody finishes are bounded in number, and their files are closed with the engine.
 */
import { randomUUID } from 'node:crypto';
import { Failure } from '../../shared/base/failure';
import { type Bytes, MiB } from '../../shared/base/units';
import type { BegunExport, ExportFormatInfo, ReportFile } from '../../shared/contract/api';
import {
  type ExportedFile,
  findFormat,
  listFormats,
  type OutcomeReport,
  type ReportRequest,
  textContents,
} from '../export';
import { openSession } from '../store/session-file';
import { QUESTION_LIMIT_MS, withinTime } from '../store/time-limit';

/** Of one answer; the window's channels carry messages of this size with ease. */
const PIECE_BYTES: Bytes = MiB;
/** Unfinished at a time; the oldest makes way for another. */
const MAX_EXPORTS = 4;

/** The formats there are, of everything or of what is made from `source`. */
export function exportFormats(source?: ExportFormatInfo['source']): ExportFormatInfo[] {
  return listFormats().filter((format) => source === undefined || format.source === source);
}

/** Throws a Failure where nothing made from `source` has that format. */
export function checkFormat(source: ExportFormatInfo['source'], id: string): void {
  findFormat(source, id);
}

/** Throws a Failure for a format that is not known. */
export function renderReport(format: string, request: () => ReportRequest): ReportFile {
  const { mimeType, render } = findFormat('report', format);
  const file = render(request());
  return { fileName: file.fileName, mimeType, text: textContents(file) };
}

export function renderOutcomes(format: string, report: OutcomeReport): string {
  return textContents(findFormat('outcomes', format).render(report));
}

interface OpenExport {
  readonly pieces: Iterator<Uint8Array>;
  close(): void;
}

export class Exports {
  readonly #open = new Map<string, OpenExport>();

  /** Begins an export of the session file at `path`. Throws a Failure where it cannot be read, or lacks what the format needs. */
  begin(path: string, formatId: string): BegunExport {
    const format = findFormat('session', formatId);
    const reader = withinTime(QUESTION_LIMIT_MS, () => openSession(path));
    try {
      const file = format.render(reader);
      for (const id of this.#open.keys()) if (this.#open.size >= MAX_EXPORTS) this.#drop(id);
      const id = randomUUID();
      const pieces = cutPieces(file.contents);
      this.#open.set(id, { pieces, close: () => reader.close() });
      return { export: id, fileName: file.fileName, mimeType: format.mimeType };
    } catch (error) {
      reader.close();
      throw error;
    }
  }

  /** The next bytes; null when all have been taken, which ends the export. */
  next(id: string): Uint8Array | null {
    const open = this.#open.get(id);
    if (!open)
      throw new Failure('not_found', 'The export is not there any more.', 'Export it again.');
    try {
      const { done, value } = withinTime(QUESTION_LIMIT_MS, () => open.pieces.next());
      if (!done) return value;
    } catch (error) {
      this.#drop(id);
      throw error;
    }
    this.#drop(id);
    return null;
  }

  close(): void {
    for (const id of [...this.#open.keys()]) this.#drop(id);
  }

  #drop(id: string): void {
    this.#open.get(id)?.close();
    this.#open.delete(id);
  }
}

/** Contents as pieces of at most PIECE_BYTES. */
function* cutPieces(contents: ExportedFile['contents']): Generator<Uint8Array, undefined> {
  const parts =
    typeof contents === 'string' || contents instanceof Uint8Array ? [contents] : contents;
  for (const part of parts) {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part;
    for (let at = 0; at < bytes.length; at += PIECE_BYTES)
      // A copy: what is sent of a view is the whole buffer beneath it.
      yield Uint8Array.from(bytes.subarray(at, at + PIECE_BYTES));
  }
}
