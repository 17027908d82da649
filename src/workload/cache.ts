/**
 * The KV cache: keys and values of every layer, [B, h, t, d/h], grown by concatenation one token at a time. The old
 * pair of a layer goes as soon as the new one exists.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Ledger } from './ledger';

interface Pair { keys: tf.Tensor4D; values: tf.Tensor4D }

export class KvCache {
  private readonly pairs: Pair[] = [];
  private readonly copies: Pair[] = [];

  /** `double` keeps a second copy of everything: a fault to be found. */
  constructor(private readonly ledger: Ledger, private readonly double: boolean) {}

  /** Takes in the keys and values of the new tokens; returns those of all tokens so far. */
  append(layer: number, keys: tf.Tensor4D, values: tf.Tensor4D): [tf.Tensor4D, tf.Tensor4D] {
    const held = this.pairs[layer];
    const pair = held ? { keys: this.grow(held.keys, keys), values: this.grow(held.values, values) } : { keys, values };
    this.hold(pair.keys);
    this.hold(pair.values);
    this.pairs[layer] = pair;
    if (this.double) this.copy(layer, pair);
    return [pair.keys, pair.values];
  }

  dispose(): void {
    for (const { keys, values } of [...this.pairs, ...this.copies]) tf.dispose([keys, values]);
  }

  private grow(held: tf.Tensor4D, more: tf.Tensor4D): tf.Tensor4D {
    const grown = this.ledger.within('kv_cache', () => tf.concat([held, more], 2));
    held.dispose();
    return grown;
  }

  private hold(tensor: tf.Tensor): void {
    tf.keep(tensor);
    this.ledger.retag(tensor, 'kv_cache');
  }

  private copy(layer: number, pair: Pair): void {
    const old = this.copies[layer];
    if (old) tf.dispose([old.keys, old.values]);
    const again = (tensor: tf.Tensor4D): tf.Tensor4D => tf.keep(this.ledger.within('kv_cache', () => tf.add(tensor, 0)));
    this.copies[layer] = { keys: again(pair.keys), values: again(pair.values) };
  }
}
