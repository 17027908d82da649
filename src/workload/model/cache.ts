/**
 * The KV cache: keys and values of every layer, [B, h, t, d/h]. Grown by concatenation, one token at a time, where the
 * old pair of a layer goes as soon as the new one exists; or laid out in full at once and written in place. A packed
 * cache keeps the words (and scales) of each head's vector, and is unpacked layer by layer as it is attended to.
 */
import * as tf from '@tensorflow/tfjs-core';
import { isPacked } from '../../shared/model/packing';
import type { Precision, RunSpec } from '../../shared/model/spec';
import type { LiveTensorBytes } from '../measure/live-tensor-bytes';
import { packTensor, unpackTensor } from './matrix';
import { writeRows } from './write-rows';

/** One tensor, or words and perhaps scales; the third axis of each is time. */
type Stored = readonly tf.Tensor[];
interface Pair {
  readonly keys: Stored;
  readonly values: Stored;
}

/** `double` keeps a second copy of everything: a fault to be found. Null for a run without a cache. */
export function createCache(
  { kvCache, kvPrecision, cacheGrowth, promptTokens, tokens }: RunSpec,
  liveBytes: LiveTensorBytes,
  double: boolean,
): KvCache | null {
  if (!kvCache) return null;
  // The last token is never fed.
  return cacheGrowth === 'static'
    ? new StaticCache(liveBytes, kvPrecision, double, promptTokens + tokens - 1)
    : new GrowingCache(liveBytes, kvPrecision, double);
}

export abstract class KvCache {
  /** Columns that every decode step attends over; undefined where these are the tokens so far. */
  abstract readonly columns: number | undefined;
  protected readonly pairs: Pair[] = [];
  protected readonly copies: Pair[] = [];

  readonly #precision: Precision;

  constructor(
    protected readonly liveBytes: LiveTensorBytes,
    precision: Precision,
    protected readonly double: boolean,
  ) {
    this.#precision = precision;
  }

  /** Takes in the keys and values of the new tokens; returns those to attend over. */
  abstract append(
    layer: number,
    keys: tf.Tensor4D,
    values: tf.Tensor4D,
  ): [tf.Tensor4D, tf.Tensor4D];

  dispose(): void {
    for (const { keys, values } of [...this.pairs, ...this.copies])
      tf.dispose([...keys, ...values]);
  }

  /** New keys or values as the cache keeps them. */
  protected stored(more: tf.Tensor4D): Stored {
    const precision = this.#precision;
    return isPacked(precision)
      ? this.liveBytes.within('workspace', () => packTensor(more, precision))
      : [more];
  }

  protected whole(stored: Stored, width: number): tf.Tensor4D {
    const precision = this.#precision;
    return (
      isPacked(precision)
        ? this.liveBytes.within('workspace', () => unpackTensor(stored, width, precision))
        : stored[0]!
    ) as tf.Tensor4D;
  }
}

class GrowingCache extends KvCache {
  override readonly columns = undefined;

  override append(
    layer: number,
    keys: tf.Tensor4D,
    values: tf.Tensor4D,
  ): [tf.Tensor4D, tf.Tensor4D] {
    const held = this.pairs[layer];
    const pair = { keys: this.#grow(held?.keys, keys), values: this.#grow(held?.values, values) };
    for (const tensor of [...pair.keys, ...pair.values])
      this.liveBytes.retag(tf.keep(tensor), 'kv_cache');
    this.pairs[layer] = pair;
    if (this.double) this.#copy(layer, pair);
    const width = keys.shape[3];
    return [this.whole(pair.keys, width), this.whole(pair.values, width)];
  }

  #grow(held: Stored | undefined, more: tf.Tensor4D): Stored {
    const added = this.stored(more);
    return held
      ? held.map((part, index) => {
          const grown = this.liveBytes.within('kv_cache', () =>
            tf.concat([part, added[index]!], 2),
          );
          part.dispose();
          return grown;
        })
      : added;
  }

  #copy(layer: number, pair: Pair): void {
    const old = this.copies[layer];
    if (old) tf.dispose([...old.keys, ...old.values]);
    const again = (stored: Stored): Stored =>
      stored.map((tensor) => {
        const zero = tf.scalar(0, tensor.dtype);
        const twin = tf.keep(this.liveBytes.within('kv_cache', () => tf.add(tensor, zero)));
        zero.dispose();
        return twin;
      });
    this.copies[layer] = { keys: again(pair.keys), values: again(pair.values) };
  }
}

/** Prefill attends over its own keys and values; every later step over all columns, those not yet written masked. */
class StaticCache extends KvCache {
  readonly #filled: number[] = [];

  constructor(
    liveBytes: LiveTensorBytes,
    precision: Precision,
    double: boolean,
    override readonly columns: number,
  ) {
    super(liveBytes, precision, double);
  }

  override append(
    layer: number,
    keys: tf.Tensor4D,
    values: tf.Tensor4D,
  ): [tf.Tensor4D, tf.Tensor4D] {
    const added = { keys: this.stored(keys), values: this.stored(values) };
    const held = this.pairs[layer];
    const pair = held ?? this.#allocate(added);
    this.pairs[layer] = pair;
    if (!held && this.double) this.copies[layer] = this.#allocate(added);
    const at = this.#filled[layer] ?? 0;
    pair.keys.forEach((part, index) => {
      writeRows(part, added.keys[index]!, at);
    });
    pair.values.forEach((part, index) => {
      writeRows(part, added.values[index]!, at);
    });
    this.#filled[layer] = at + keys.shape[2];
    const width = keys.shape[3];
    const seen = held ? pair : added;
    return [this.whole(seen.keys, width), this.whole(seen.values, width)];
  }

  #allocate({ keys, values }: Pair): Pair {
    const like = (stored: Stored): Stored =>
      stored.map(({ shape, dtype }) =>
        tf.keep(
          this.liveBytes.within('kv_cache', () =>
            tf.zeros([...shape.slice(0, 2), this.columns, ...shape.slice(3)], dtype),
          ),
        ),
      );
    return { keys: like(keys), values: like(values) };
  }
}
