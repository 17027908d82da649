/** A file from this page to the engine, piece by piece, so that its size is bounded by the engine and not by memory. */
import type { EngineClient } from '../../shared/contract/api';

const PIECE_BYTES = 512 * 1024;

/** Resolves with the name the engine gave it. `onProgress` is told the share sent, 0 to 1. */
export async function sendFile(
  engine: EngineClient,
  file: File,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<string> {
  let upload: string | null = null;
  // An empty file is one empty piece: the engine says that it is empty.
  for (let at = 0; at === 0 || at < file.size; at += PIECE_BYTES) {
    const bytes = new Uint8Array(await file.slice(at, at + PIECE_BYTES).arrayBuffer());
    signal.throwIfAborted();
    ({ upload } = await engine.upload({ upload, fileName: file.name, bytes }));
    onProgress(file.size === 0 ? 1 : Math.min(1, (at + bytes.length) / file.size));
  }
  return upload!;
}
