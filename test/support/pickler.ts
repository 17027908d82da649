/** Writes a pickle as Python does (protocol 4): what is met again, by identity or as the same word, is referred to. */

export type Pickled = number | string | readonly Pickled[] | { readonly [key: string]: Pickled };

export function writePickle(document: Pickled): Buffer {
  const pieces: Buffer[] = [Buffer.from([0x80, 4])];
  const memo = new Map<Pickled, number>();
  const put = (...bytes: number[]) => pieces.push(Buffer.from(bytes));
  const remember = (value: Pickled) => {
    put(0x94);
    memo.set(value, memo.size);
  };
  const write = (value: Pickled): void => {
    const known = typeof value === 'number' ? undefined : memo.get(value);
    if (known !== undefined) {
      const at = Buffer.alloc(5, 0x6a);
      at.writeUInt32LE(known, 1);
      pieces.push(at);
    } else if (typeof value === 'number') {
      const bytes = Buffer.alloc(10);
      bytes.set([0x8a, 8]);
      bytes.writeBigInt64LE(BigInt(value), 2);
      pieces.push(bytes);
    } else if (typeof value === 'string') {
      put(0x8c, Buffer.byteLength(value), ...Buffer.from(value));
      remember(value);
    } else if (Array.isArray(value)) {
      put(0x5d);
      remember(value);
      put(0x28);
      for (const item of value) write(item);
      put(0x65);
    } else {
      put(0x7d);
      remember(value);
      put(0x28);
      for (const [key, item] of Object.entries(value)) {
        write(key);
        write(item as Pickled);
      }
      put(0x75);
    }
  };
  write(document);
  put(0x2e);
  return Buffer.concat(pieces);
}
