/**
 * An animation of pictures, as WebP: each frame is the rectangle that changed, encoded by the browser that took it, laid
 * into the container here. No encoder has to be installed, and what stands still costs nothing.
 * The container: https://developers.google.com/speed/webp/docs/riff_container
 */
import type { Page } from 'playwright-core';

export interface Frame {
  /** Base64. */
  readonly png: string;
  /** How long it stands. */
  readonly ms: number;
}

/** A rectangle of a frame, at even places, as the container counts them. */
interface Patch {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** A whole WebP file, base64. */
  readonly webp: string;
}

export async function encodeAnimation(page: Page, frames: readonly Frame[]): Promise<Buffer> {
  const patches: { readonly patch: Patch; ms: number }[] = [];
  let size = { width: 0, height: 0 };
  for (const [i, { png, ms }] of frames.entries()) {
    const drawn = await page.evaluate(drawPatch, { png, before: frames[i - 1]?.png ?? null });
    size = drawn.size;
    const last = patches.at(-1);
    if (drawn.patch !== null) patches.push({ patch: drawn.patch, ms });
    else if (last) last.ms += ms;
  }
  return container(size, patches);
}

/** What of a picture is another than in the one before; in the page, since a browser decodes and encodes. */
async function drawPatch({ png, before }: { png: string; before: string | null }) {
  const decode = async (data: string) => {
    const image = new Image();
    image.src = `data:image/png;base64,${data}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext('2d', { willReadFrequently: true });
    if (context === null) throw new Error('The browser gives no canvas.');
    context.drawImage(image, 0, 0);
    return { canvas, pixels: context.getImageData(0, 0, image.width, image.height).data };
  };
  const now = await decode(png);
  const { width, height } = now.canvas;
  const size = { width, height };
  const old = before === null ? null : await decode(before);
  let [left, top, right, bottom] = old === null ? [0, 0, width, height] : [width, height, 0, 0];
  const words = new Uint32Array(now.pixels.buffer);
  const oldWords = old && new Uint32Array(old.pixels.buffer);
  for (let i = 0; oldWords !== null && i < words.length; i++) {
    if (words[i] === oldWords[i]) continue;
    const x = i % width;
    const y = (i - x) / width;
    left = Math.min(left, x);
    right = Math.max(right, x + 1);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y + 1);
  }
  if (right <= left) return { size, patch: null };
  const x = left - (left % 2);
  const y = top - (top % 2);
  const part = new OffscreenCanvas(right - x, bottom - y);
  part.getContext('2d')?.drawImage(now.canvas, -x, -y);
  const blob = await part.convertToBlob({ type: 'image/webp', quality: 0.7 });
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return { size, patch: { x, y, width: part.width, height: part.height, webp: btoa(text) } };
}

const ANIMATION_FLAG = 0x02;
/** Of a frame: drawn over the one before, not blended with it. */
const NO_BLENDING = 0x02;
/** Where the first chunk of a WebP file begins. */
const FIRST_CHUNK = 12;

function container(
  { width, height }: { readonly width: number; readonly height: number },
  patches: readonly { readonly patch: Patch; readonly ms: number }[],
): Buffer {
  const head = Buffer.concat([
    Buffer.from([ANIMATION_FLAG, 0, 0, 0]),
    three(width - 1),
    three(height - 1),
  ]);
  const body = Buffer.concat([
    Buffer.from('WEBP'),
    chunk('VP8X', head),
    // White behind it, for ever.
    chunk('ANIM', Buffer.from([255, 255, 255, 255, 0, 0])),
    ...patches.map(({ patch, ms }) =>
      chunk(
        'ANMF',
        Buffer.concat([
          three(patch.x / 2),
          three(patch.y / 2),
          three(patch.width - 1),
          three(patch.height - 1),
          three(ms),
          Buffer.from([NO_BLENDING]),
          pictureChunks(Buffer.from(patch.webp, 'base64')),
        ]),
      ),
    ),
  ]);
  return chunk('RIFF', body);
}

/** The picture of a WebP file without what describes the file. */
function pictureChunks(file: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = FIRST_CHUNK; at + 8 <= file.length; ) {
    const name = file.toString('latin1', at, at + 4);
    const end = at + 8 + file.readUInt32LE(at + 4);
    if (name === 'VP8 ' || name === 'VP8L' || name === 'ALPH')
      parts.push(chunk(name, file.subarray(at + 8, end)));
    at = end + (end % 2);
  }
  return Buffer.concat(parts);
}

function chunk(name: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(data.length);
  return Buffer.concat([Buffer.from(name), length, data, Buffer.alloc(data.length % 2)]);
}

function three(value: number): Buffer {
  const bytes = Buffer.alloc(3);
  bytes.writeUIntLE(value, 0, 3);
  return bytes;
}
