/**
 * The KV cache: keys and values of every layer, [B, h, t, d/h], grown by concatenation one token at a time. The old
 * pair of a layer goes as soon as the new one exists. A packed cache keeps the words (and scales) of each head's vector,
 * and is unpacked layer by layer as it is attended to.
 */
import * as tf from '@tensorflow/tfjs-core';
import { isPacked } from '../shared/model/packing';
import type { Precision } from '../shared/model/spec';
import type { Ledger } from './ledger';
import { packTensor, unpackTensor } from './matrix';

/** One tensor, or words and perhaps scales; the third axis of each is time. */
type Stored = readonly tf.Tensor[];
interface Pair { readonly keys: Stored; readonly values: Stored }

export class KvCache {
  private readonly pairs: Pair[] = [];
  private readonly copies: Pair[] = [];

  /** `double` keeps a second copy of everything: a fault to be found. */
  constructor(private readonly ledger: Ledger, private readonly precision: Precision, private readonly double: boolean) {}

  /** Takes in the keys and values of the new tokens; returns those of all tokens so far. */
  append(layer: number, keys: tf.Tensor4D, values: tf.Tensor4D): [tf.Tensor4D, tf.Tensor4D] {
    const held = this.pairs[layer];
    const pair = { keys: this.grow(held?.keys, keys), values: this.grow(held?.values, values) };
    for (const tensor of [...pair.keys, ...pair.values]) this.ledger.retag(tf.keep(tensor), 'kv_cache');
    this.pairs[layer] = pair;
    if (this.double) this.copy(layer, pair);
    const width = keys.shape[3];
    return [this.whole(pair.keys, width), this.whole(pair.values, width)];
  }

  dispose(): void {
    for (const { keys, values } of [...this.pairs, ...this.copies]) tf.dispose([...keys, ...values]);
  }

  private grow(held: Stored | undefined, more: tf.Tensor4D): Stored {
    const { precision } = this;
    const added = isPacked(precision) ? this.ledger.within('workspace', () => packTensor(more, precision)) : [more];
    return held ? held.map((part, index) => {
      const grown = this.ledger.within('kv_cache', () => tf.concat([part, added[index]!], 2));
      part.dispose();
      return grown;
    }) : added;
  }

  private whole(stored: Stored, width: number): tf.Tensor4D {
    const { precision } = this;
    return (isPacked(precision) ? this.ledger.within('workspace', () => unpackTensor(stored, width, precision)) : stored[0]!) as tf.Tensor4D;
  }

  private copy(layer: number, pair: Pair): void {
    const old = this.copies[layer];
    if (old) tf.dispose([...old.keys, ...old.values]);
    const again = (stored: Stored): Stored => stored.map((tensor) => {
      const zero = tf.scalar(0, tensor.dtype);
      const twin = tf.keep(this.ledger.within('kv_cache', () => tf.add(tensor, zero)));
      zero.dispose();
      return twin;
    });
    this.copies[layer] = { keys: again(pair.keys), values: again(pair.values) };
  }
}
