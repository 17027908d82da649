/**
 * Columns of times that several series share: what is sealed of series that are read at one tick has equal times, and
 * they are stored once. Only columns met lately are known again; the rest is stored anew, which costs room and nothing
 * else.
 */

/** Columns known again. Bulk imports bring one series after the other, a thousand samples and more to a column. */
const KNOWN = 512;

interface Known {
  readonly id: number;
  readonly columns: readonly Float64Array[];
}

export class SharedTimes {
  #lastId = 0;
  readonly #known = new Map<string, Known>();

  /** The id of equal columns met before; else a new id, and `store` is called with it. The columns must not change. */
  intern(columns: readonly Float64Array[], store: (id: number) => void): number {
    const key = columns.map((column) => `${column.length}:${column[0]}:${column.at(-1)}`).join();
    const known = this.#known.get(key);
    if (known?.columns.every((column, i) => areEqual(column, columns[i]!))) return known.id;
    const id = ++this.#lastId;
    store(id);
    this.#known.delete(key);
    this.#known.set(key, { id, columns });
    if (this.#known.size > KNOWN) this.#known.delete(this.#known.keys().next().value ?? '');
    return id;
  }
}

export function areEqual(a: Float64Array, b: Float64Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
