/** Generation, token by token, as a dry program. */
import { isPacked, packedLayout } from '../../model/packing';
import type { ModelSpec, RunSpec } from '../../model/spec';
import { createBatch, disposeBatch, isPadded } from './batch';
import type { PhaseBytes } from './dry-run';
import type { DryTensor } from './engine';
import type { CachePair } from './gpt2';
import { load, type Program } from './program';

/** Keys or values: one tensor, or words and perhaps scales. */
type Stored = readonly DryTensor[];
interface StoredPair {
  readonly keys: Stored;
  readonly values: Stored;
}

/** The last token is never fed, so the cache ends one short of the sequence. */
export class DryGeneration {
  readonly loaded: PhaseBytes;
  readonly #model: ModelSpec;
  readonly #run: RunSpec;
  readonly #program: Program;
  readonly #pairs: StoredPair[] = [];
  #produced = 0;
  #decoding = false;
  /** Columns of a cache that is laid out at once: all that are ever fed. */
  readonly #capacity: number | null;

  constructor(model: ModelSpec, run: RunSpec) {
    this.#model = model;
    this.#run = run;
    this.#capacity = run.cacheGrowth === 'static' ? run.promptTokens + run.tokens - 1 : null;
    this.#program = load(model, run);
    this.loaded = this.#program.engine.read();
  }

  prefill(): PhaseBytes {
    this.#program.engine.beginPhase();
    return this.#nextToken(0);
  }

  /** One token more; the high-water mark is that since the first call. */
  decode(): PhaseBytes {
    if (!this.#decoding) this.#program.engine.beginPhase();
    this.#decoding = true;
    return this.#nextToken(this.#run.kvCache ? this.#run.promptTokens + this.#produced - 1 : 0);
  }

  /** Makes `token` the next to be produced, as if all before it had been. Call before the first decode. */
  skipTo(token: number): void {
    const { engine } = this.#program;
    this.#produced = token - 1;
    if (!this.#run.kvCache || this.#capacity !== null) return;
    const shape = [this.#run.batch, this.#model.heads, this.#run.promptTokens + token - 2];
    this.#pairs.forEach(({ keys, values }, layer) => {
      for (const tensor of [...keys, ...values]) engine.dispose(tensor);
      const make = (): Stored =>
        this.#widths().map((width) =>
          engine.keep(engine.within('kv_cache', () => engine.create([...shape, width]))),
        );
      this.#pairs[layer] = { keys: make(), values: make() };
    });
  }

  /** A forward pass over the columns from `start` on. */
  #nextToken(start: number): PhaseBytes {
    const { engine, ops, gpt2 } = this.#program;
    const place = {
      length: this.#run.promptTokens + this.#produced - start,
      start,
      padded: isPadded(this.#run),
    };
    const batch = createBatch(
      engine,
      this.#run.batch,
      start > 0 && this.#capacity !== null ? { ...place, columns: this.#capacity } : place,
    );
    engine.setContext('activations');
    const x = gpt2.runBlocks(
      batch,
      this.#run.kvCache ? (layer, keys, values) => this.#append(layer, keys, values) : null,
    );
    // A drawn token is drawn on the host; the likeliest is found on the device.
    const { temperature, topK, topP } = this.#run;
    const drawn = temperature !== undefined || topK !== undefined || topP !== undefined;
    const answer = engine.within('logits', () => {
      const logits = gpt2.lastLogits(x, batch);
      if (drawn) return logits;
      const index = ops.reduce(logits, [1]);
      engine.dispose(logits);
      return index;
    });
    engine.dispose(x);
    disposeBatch(engine, batch);
    engine.dispose(answer);
    this.#produced++;
    return engine.read();
  }

  #append(layer: number, keys: DryTensor, values: DryTensor): CachePair {
    const held = this.#pairs[layer];
    if (this.#capacity !== null) return this.#write(layer, held, keys, values, this.#capacity);
    const pair = { keys: this.#grow(held?.keys, keys), values: this.#grow(held?.values, values) };
    for (const tensor of [...pair.keys, ...pair.values])
      this.#program.engine.retag(this.#program.engine.keep(tensor), 'kv_cache');
    this.#pairs[layer] = pair;
    return { keys: this.#whole(pair.keys), values: this.#whole(pair.values) };
  }

  /** Laid out at the first tokens, which attend over themselves; written in place from then on. */
  #write(
    layer: number,
    held: StoredPair | undefined,
    keys: DryTensor,
    values: DryTensor,
    capacity: number,
  ): CachePair {
    const { engine } = this.#program;
    const added = { keys: this.#stored(keys), values: this.#stored(values) };
    const allocate = (stored: Stored): Stored =>
      stored.map(({ shape }) =>
        engine.keep(
          engine.within('kv_cache', () =>
            engine.create([...shape.slice(0, 2), capacity, ...shape.slice(3)]),
          ),
        ),
      );
    const pair = held ?? { keys: allocate(added.keys), values: allocate(added.values) };
    this.#pairs[layer] = pair;
    const seen = held ?? added;
    return { keys: this.#whole(seen.keys), values: this.#whole(seen.values) };
  }

  /** Last axis of the tensors that keep keys or values: numbers of a head, or words and scales. */
  #widths(): readonly number[] {
    const { headDim } = this.#model;
    const { kvPrecision } = this.#run;
    if (!isPacked(kvPrecision)) return [headDim];
    const { words, scales } = packedLayout(1, headDim, kvPrecision);
    return scales > 0 ? [words, scales] : [words];
  }

  /** The new tokens as the cache keeps them. */
  #stored(more: DryTensor): Stored {
    const { engine } = this.#program;
    return isPacked(this.#run.kvPrecision)
      ? engine.within('workspace', () =>
          this.#widths().map((width) => engine.create([...more.shape.slice(0, -1), width])),
        )
      : [more];
  }

  #grow(held: Stored | undefined, more: DryTensor): Stored {
    const { engine, ops } = this.#program;
    const added = this.#stored(more);
    return held
      ? held.map((part, index) => {
          const grown = engine.within('kv_cache', () => ops.concat(part, added[index]!, 2));
          engine.dispose(part);
          return grown;
        })
      : added;
  }

  /** Unpacked into room of its own where it is packed. */
  #whole(stored: Stored): DryTensor {
    const { engine } = this.#program;
    return isPacked(this.#run.kvPrecision)
      ? engine.within('workspace', () =>
          engine.create([...stored[0]!.shape.slice(0, -1), this.#model.headDim]),
        )
      : stored[0]!;
  }
}
