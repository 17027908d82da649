/**
 * Messages of the contract as text, for channels that carry no structured clones (the WebSocket).
 *
 * JSON, with three things JSON cannot say: typed arrays (base64 of their little-endian bytes), NaN and the infinities.
 * Each travels as an object whose one reserved key is `$plumbline`; an object that happens to own such a key is
 * wrapped, so every plain value comes back as it was. Decoding never runs code and throws `SyntaxError` on bad text.
 */

/** What platforms have of base64: all of them `btoa` and `atob`, browsers from 2025 on the rest, Node its Buffer. */
declare const btoa: (binary: string) => string;
declare const atob: (base64: string) => string;
declare global {
  interface Uint8Array {
    toBase64?(): string;
  }
  interface Uint8ArrayConstructor {
    fromBase64?(text: string): Uint8Array<ArrayBuffer>;
  }
}
interface NodeBuffer {
  from(buffer: ArrayBufferLike, offset: number, length: number): { toString(as: 'base64'): string };
}
const { Buffer: nodeBuffer } = globalThis as { readonly Buffer?: NodeBuffer };

const TAG = '$plumbline';
const ARRAYS = { Float64Array, Float32Array, Int32Array, Uint32Array, Uint8Array } as const;
type ArrayName = keyof typeof ARRAYS;
type Tagged = {
  readonly [TAG]: string;
  readonly data?: string;
  readonly entries?: readonly [string, unknown][];
};

/** `String.fromCharCode` takes its bytes as arguments, so they go in pieces that any stack holds. */
const PIECE = 8192;

/** A live picture is megabytes, and by `btoa` a server of many pages spends its time on little else. */
function toBase64({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  if (nodeBuffer) return nodeBuffer.from(buffer, byteOffset, byteLength).toString('base64');
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  if (bytes.toBase64) return bytes.toBase64();
  let binary = '';
  for (let i = 0; i < bytes.length; i += PIECE)
    binary += String.fromCharCode.apply(null, bytes.subarray(i, i + PIECE) as unknown as number[]);
  return btoa(binary);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

function pack(_key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value))
    return { [TAG]: 'number', data: String(value) };
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value)) {
    const name = value.constructor.name;
    if (!(name in ARRAYS)) throw new TypeError(`The contract carries no ${name}.`);
    return { [TAG]: name, data: toBase64(value) };
  }
  return Object.hasOwn(value, TAG) ? { [TAG]: 'object', entries: Object.entries(value) } : value;
}

function unpack(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, TAG)) return value;
  const { [TAG]: kind, data, entries } = value as Tagged;
  if (kind === 'object' && Array.isArray(entries)) return Object.fromEntries(entries);
  if (typeof data !== 'string') throw new SyntaxError(`Malformed ${TAG} value.`);
  if (kind === 'number') return Number(data);
  if (!Object.hasOwn(ARRAYS, kind)) throw new SyntaxError(`Unknown ${TAG} kind "${kind}".`);
  const bytes = fromBase64(data);
  const type = ARRAYS[kind as ArrayName];
  if (bytes.length % type.BYTES_PER_ELEMENT !== 0)
    throw new SyntaxError(`A ${kind} of ${bytes.length} bytes is cut short.`);
  return new type(bytes.buffer);
}

/** @throws TypeError for a kind of binary view the contract does not know. */
export const encodeMessage = (message: unknown): string => JSON.stringify(message, pack);

/** @throws SyntaxError when `text` is not a message that `encodeMessage` could have made. */
export function decodeMessage(text: string): unknown {
  try {
    // To look at every value of a long list costs several times what reading it does.
    return text.includes(TAG) ? JSON.parse(text, unpack) : JSON.parse(text);
  } catch (error) {
    throw error instanceof SyntaxError
      ? error
      : new SyntaxError('The message is not readable.', { cause: error });
  }
}
