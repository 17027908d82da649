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
  const send = async (upload: string | null, at: number) => {
    const bytes = new Uint8Array(await file.slice(at, at + PIECE_BYTES).arrayBuffer());
    signal.throwIfAborted();
    const answer = await engine.upload({ upload, fileName: file.name, bytes });
    onProgress(file.size === 0 ? 1 : Math.min(1, (at + bytes.length) / file.size));
    return answer.upload;
  };
  // An empty file is one empty piece: the engine says that it is empty.
  const upload = await send(null, 0);
  for (let at = PIECE_BYTES; at < file.size; at += PIECE_BYTES) await send(upload, at);
  return upload;
}
