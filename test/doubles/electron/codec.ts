/**
 * Structured data as text, for the way between the double and a page. One function without outer references, because
 * its source text is also put into the page.
 */
export interface Codec {
  encode(value: unknown): string;
  decode(text: string): unknown;
}

export function makeCodec(): Codec {
  const base64 = (bytes: Uint8Array) => {
    let text = '';
    for (let i = 0; i < bytes.length; i += 0x8000)
      text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
    return btoa(text);
  };
  const bytes = (text: string) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const arrays: Record<string, new (buffer: ArrayBuffer) => unknown> = {
    Float64Array,
    Float32Array,
    Int32Array,
    Uint32Array,
    Int16Array,
    Uint16Array,
    Int8Array,
    Uint8Array,
    BigInt64Array,
    BigUint64Array,
  };
  const pack = (v: unknown): unknown => {
    if (v === undefined) return { $: 'undefined' };
    if (typeof v === 'bigint') return { $: 'bigint', v: String(v) };
    if (typeof v === 'number' && (!Number.isFinite(v) || Object.is(v, -0)))
      return { $: 'number', v: Object.is(v, -0) ? '-0' : String(v) };
    if (typeof v === 'function' || typeof v === 'symbol')
      throw new Error('An object could not be cloned.');
    if (v === null || typeof v !== 'object') return v;
    if (Array.isArray(v)) return v.map(pack);
    if (v instanceof Date) return { $: 'date', v: v.getTime() };
    if (v instanceof Map)
      return { $: 'map', v: [...v].map(([key, value]) => [pack(key), pack(value)]) };
    if (v instanceof Set) return { $: 'set', v: [...v].map(pack) };
    if (v instanceof Error) return { $: 'error', v: v.message };
    if (v instanceof ArrayBuffer) return { $: 'buffer', v: base64(new Uint8Array(v)) };
    if (ArrayBuffer.isView(v))
      return {
        $: 'view',
        t: v.constructor.name in arrays ? v.constructor.name : 'Uint8Array',
        v: base64(new Uint8Array(v.buffer, v.byteOffset, v.byteLength)),
      };
    return { $: 'object', v: Object.entries(v).map(([key, value]) => [key, pack(value)]) };
  };
  const unpack = (p: unknown): unknown => {
    if (p === null || typeof p !== 'object') return p;
    if (Array.isArray(p)) return p.map(unpack);
    const { $: tag, v, t } = p as { $: string; v: unknown; t?: string };
    if (tag === 'undefined') return undefined;
    if (tag === 'bigint') return BigInt(v as string);
    if (tag === 'number') return Number(v);
    if (tag === 'date') return new Date(v as number);
    if (tag === 'map')
      return new Map(
        (v as [unknown, unknown][]).map(([key, value]) => [unpack(key), unpack(value)]),
      );
    if (tag === 'set') return new Set((v as unknown[]).map(unpack));
    if (tag === 'error') return new Error(v as string);
    if (tag === 'buffer') return bytes(v as string).buffer;
    if (tag === 'view') {
      const make = arrays[t ?? ''];
      return make && new make(bytes(v as string).buffer);
    }
    return Object.fromEntries(
      (v as [string, unknown][]).map(([key, value]) => [key, unpack(value)]),
    );
  };
  return {
    encode: (value) => JSON.stringify(pack(value)),
    decode: (text) => unpack(JSON.parse(text)),
  };
}
