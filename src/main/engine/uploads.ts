/**
 * Imports for a front end that has a file and no path: the file comes in pieces, is kept aside until it is whole, and
 * is read on a thread apart, so that a long one holds up neither a window nor a recording.
 *
 * Guarantees: what is kept aside is bounded and gone after the import, whatever comes of it, and when the engine closes.
 */
import { randomUUID } from 'node:crypto';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../../shared/base/failure';
import { type Bytes, MiB } from '../../shared/base/units';
import type { ImportRequest, UploadPiece } from '../../shared/contract/api';
import { importThreadEntry } from '../install/paths';
import { openLibrary } from '../store/library';
import { checkDeclaration } from '../workloads/declaration';
import type { ImportReply, ImportTask } from './import-thread';
import { type ImportOptions, importFile } from './imports';
import { runAside } from './thread-task';

const UPLOAD_LIMIT: Bytes = 512 * MiB;
const PIECE_LIMIT: Bytes = MiB;
/** Unfinished at a time; the oldest makes way for another. */
const MAX_UPLOADS = 4;

interface Upload {
  readonly folder: string;
  readonly path: string;
  bytes: Bytes;
}

export class Uploads {
  readonly #library: string;
  readonly #uploads = new Map<string, Upload>();

  constructor(library: string) {
    this.#library = library;
  }

  /** Takes the next piece, of a new file where `upload` is null. Throws a Failure, and drops the file, when it is too much. */
  receive({ upload, fileName, bytes }: UploadPiece): { upload: string } {
    if (!(bytes instanceof Uint8Array) || bytes.length > PIECE_LIMIT)
      throw new Failure(
        'bad_input',
        'A piece of a file must be bytes, at most 1 MiB of them.',
        'Send the file in smaller pieces.',
      );
    const id = upload ?? this.#begin(fileName);
    const { path, bytes: before } = this.#find(id);
    if (before + bytes.length > UPLOAD_LIMIT) {
      this.#drop(id);
      throw new Failure(
        'bad_input',
        `${checkFileName(fileName)} is larger than ${UPLOAD_LIMIT / MiB} MiB.`,
        'Import it from a terminal: "plumbline import FILE".',
      );
    }
    try {
      appendFileSync(path, bytes);
    } catch (cause) {
      this.#drop(id);
      throw notKept(fileName, cause);
    }
    this.#find(id).bytes += bytes.length;
    return { upload: id };
  }

  /** Imports a file that has come whole; it is dropped whatever comes of it. */
  async import({ upload, ...options }: ImportRequest): Promise<{ id: string }> {
    checkDeclaration(options);
    const { path } = this.#find(upload);
    try {
      return { id: await importAside(this.#library, path, options) };
    } finally {
      this.#drop(upload);
    }
  }

  close(): void {
    for (const id of [...this.#uploads.keys()]) this.#drop(id);
  }

  #begin(fileName: string): string {
    for (const id of this.#uploads.keys()) {
      if (this.#uploads.size < MAX_UPLOADS) break;
      this.#drop(id);
    }
    const id = randomUUID();
    try {
      const folder = mkdtempSync(join(tmpdir(), 'plumbline-upload-'));
      const path = join(folder, checkFileName(fileName));
      this.#uploads.set(id, { folder, path, bytes: 0 });
      writeFileSync(path, '', { mode: 0o600 });
    } catch (cause) {
      this.#drop(id);
      throw notKept(fileName, cause);
    }
    return id;
  }

  #find(id: string): Upload {
    const found = this.#uploads.get(id);
    if (!found)
      throw new Failure(
        'not_found',
        'The file to import is not here any more.',
        'Choose it again.',
      );
    return found;
  }

  #drop(id: string): void {
    const upload = this.#uploads.get(id);
    this.#uploads.delete(id);
    if (upload) rmSync(upload.folder, { recursive: true, force: true });
  }
}

const notKept = (fileName: unknown, cause: unknown): Failure =>
  new Failure(
    'unwritable',
    `${checkFileName(fileName)} could not be kept in ${tmpdir()} for the import.`,
    'Free some space there, or import it from a terminal.',
    cause,
  );

/** A name without a path in it, fit for a file here. */
function checkFileName(fileName: unknown): string {
  const name = String(fileName)
    .replace(/^.*[\\/]/s, '')
    .replaceAll(/[^\w .()+-]/g, '_')
    .slice(-100);
  return /^\.*$/.test(name) ? 'file' : name;
}

async function importAside(library: string, path: string, options: ImportOptions): Promise<string> {
  const task: ImportTask = { library, path, options };
  const reply = await runAside<ImportReply>(importThreadEntry, task, async () => ({
    ok: true,
    id: await importFile(openLibrary(library), path, options),
  }));
  if (reply.ok) return reply.id;
  throw Failure.from(reply.failure);
}
