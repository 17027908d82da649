/** Entry of the thread that imports one file and ends. A Failure goes back as plain data; a fault ends the thread. */
import { parentPort, workerData } from 'node:worker_threads';
import { Failure, type FailureInfo } from '../../shared/base/failure';
import { openLibrary } from '../store/library';
import { type ImportOptions, importFile } from './imports';

export interface ImportTask {
  readonly library: string;
  readonly path: string;
  readonly options: ImportOptions;
}

export type ImportReply =
  | { readonly ok: true; readonly id: string }
  | { readonly ok: false; readonly failure: FailureInfo };

async function answer({ library, path, options }: ImportTask): Promise<ImportReply> {
  try {
    return { ok: true, id: await importFile(openLibrary(library), path, options) };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { ok: false, failure: error.toInfo() };
  }
}

parentPort?.postMessage(await answer(workerData as ImportTask));
