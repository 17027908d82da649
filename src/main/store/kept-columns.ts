/** Columns that were unpacked lately, within a number of bytes: the oldest are given up first. */
import type { Bytes } from '../../shared/base/units';

export class KeptColumns {
  readonly #limit: Bytes;
  readonly #kept = new Map<number, object>();
  #bytes: Bytes = 0;

  constructor(limit: Bytes) {
    this.#limit = limit;
  }

  get<Kept extends object>(key: number, unpack: () => Kept): Kept {
    const known = this.#kept.get(key) as Kept | undefined;
    if (known !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, known);
      return known;
    }
    const made = unpack();
    this.#kept.set(key, made);
    this.#bytes += bytesIn(made);
    for (const [oldest, columns] of this.#kept) {
      if (this.#bytes <= this.#limit) break;
      this.#kept.delete(oldest);
      this.#bytes -= bytesIn(columns);
    }
    return made;
  }
}

function bytesIn(columns: object): Bytes {
  let bytes = 0;
  for (const column of Object.values(columns))
    if (ArrayBuffer.isView(column)) bytes += column.byteLength;
  return bytes;
}
