/**
 * What a family of models is: how its config.json is read, and how its code is written where that decides bytes.
 * Sizes and shapes are fields of ModelSpec; what follows from no size, such as one matrix for three projections, is said here
 * by the family itself and looked up by name (`findImplementation`), never guessed from a shape.
 */
import type { z } from 'zod';
import type { ModelSpec } from '../model-spec';

/** How the code of a family is written in Hugging Face transformers. */
export interface Implementation {
  /** One matrix projects queries, keys and values, d → (h + 2·h_kv)·k, instead of one for each. */
  readonly fusedProjection: boolean;
  /** Eager attention computes softmax in fp32 although its scores are in half precision. */
  readonly softmaxInFp32: boolean;
  /** Dropout on the outputs of attention and feed-forward network, not on the attention weights alone. */
  readonly residualDropout: boolean;
  /** RMSNorm scales its half-precision input itself, and so keeps it beside the copy in fp32. */
  readonly normKeepsInput: boolean;
  /**
   * Buffers registered beside the weights: a causal mask of bytes, positions², in every layer; or int64 ids of the
   * positions, and of the segments where there are any. Frequencies of rotary positions are counted for every family.
   */
  readonly buffers: 'causal-masks' | 'position-ids' | 'none';
}

export interface Family {
  /** Value of `ModelSpec.family`; it stays in session files, so it never changes. */
  readonly name: string;
  readonly implementation: Implementation;
  /** The config.json files it reads; none where its models are presets alone. */
  readonly configs: readonly ConfigFormat[];
}

export interface ConfigFormat {
  /** Values of `model_type`, and class names among `architectures`, that mean this format. */
  readonly types: readonly string[];
  readonly classes: RegExp;
  read(file: ConfigFile): ModelSpec;
}

/** A config.json that is about to be read. */
export interface ConfigFile {
  readonly name: string;
  /** Class names the file lists; empty where it lists none. */
  readonly architectures: readonly string[];
  /**
   * Fields of the file, checked, with the defaults of transformers' configuration classes for those it leaves out.
   * The schema is made when a file is read, by the library the caller hands in: the window loads the families for their
   * presets, reads no file and so loads no schema library.
   */
  parse<T>(describe: (kit: SchemaKit) => z.ZodType<T>): T;
}

export interface SchemaKit {
  readonly z: typeof z;
  /** A whole number of at least 1. */
  readonly count: z.ZodNumber;
}
