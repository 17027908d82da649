/**
 * What a family of models is: how its config.json is read, and how its code is written where that decides bytes.
 * Sizes and shapes are fields of ModelSpec; what follows from no size, such as one matrix for three projections, is said here
 * by the family itself and looked up by name (`findImplementation`), never guessed from a shape.
 */
import type { z } from 'zod';
import type { ModelSpec } from '../model-spec';
import type { Role } from '../roles';

/** How the code of a family is written in Hugging Face transformers. */
export interface Implementation {
  /** One matrix projects queries, keys and values, d → (h + 2·h_kv)·k, instead of one for each. */
  readonly fusedProjection: boolean;
  /** One matrix makes gate and up of a gated network, d → 2·d_ff. */
  readonly fusedGate: boolean;
  /** Eager attention computes softmax in fp32 although its scores are in half precision. */
  readonly softmaxInFp32: boolean;
  /** Dropout on the outputs of attention and feed-forward network, not on the attention weights alone. */
  readonly residualDropout: boolean;
  /** RMSNorm scales its half-precision input itself, and so keeps it beside the copy in fp32. */
  readonly normKeepsInput: boolean;
  /** Values are normalized too, without a scale; and norms take a power of the mean square, which keeps that as well (Gemma 4). */
  readonly normsValues?: true;
  /** LayerNorm is written out in fp32, operation by operation (Cohere). */
  readonly normWrittenOut?: true;
  /** RMSNorm scales its fp32 value before it is cast back, and so keeps that one (Gemma). */
  readonly scaledInFp32?: true;
  /** LayerNorm works on a copy in fp32 (OLMo). */
  readonly normInFp32?: true;
  /** Routing weights are cast back to the precision of the tokens before they scale the experts' outputs (Qwen, OLMoE). */
  readonly routesInHalf?: true;
  /** The router multiplies copies in fp32 of its input and its weight. */
  readonly routerInFp32?: true;
  /** Queries and keys are multiplied in fp32 (GPT-J, GPT-Neo). */
  readonly queriesInFp32?: true;
  /** SDPA is called with the one key head that all heads share, and is not told so (Falcon 7B). */
  readonly sharesKeysInSdpa?: true;
  /** Keys and values of grouped heads are expanded to every head as they are split, before they are cached (Falcon 40B). */
  readonly expandsGroups?: true;
  /**
   * A part of each head is rotated and joined to the rest again: queries lie head by head from then on, and so does what a
   * flash kernel makes of them, which is copied for the output projection (GPT-NeoX, Phi, GLM 4, Qwen3-Next).
   */
  readonly joinsRotated?: true;
  /** Queries and keys are rotated on copies in fp32 (Cohere). */
  readonly rotatesInFp32?: true;
  /** Scores are clamped from below, which keeps them beside the weights (XGLM). */
  readonly clampsScores?: true;
  /** An encoder's loss is taken of a copy of its logits in fp32, as a decoder's is (EuroBERT). */
  readonly widensLogits?: true;
  /** Logits get a bias that is a buffer in fp32, not a weight (BART). */
  readonly logitsBiased?: true;
  /** The gated delta rule has a matrix for queries, keys and values, and one each for its gate and its two rates (Qwen3.5). */
  readonly splitsDelta?: true;
  /** The activation, written out, is one autograd function that keeps its input alone and computes the rest again (BLOOM). */
  readonly activationRunAgain?: true;
  /**
   * Buffers registered beside the weights: a causal mask of bytes, positions², in every layer; or int64 ids of the
   * positions, and of the segments where there are any; or sines, (positions + 2)·d (XGLM). Frequencies of rotary positions are counted for every family.
   */
  readonly buffers: 'causal-masks' | 'position-ids' | 'sines' | 'none';
  /** Names of its modules where they are not Llama's: adapters are laid beside modules by name. */
  readonly modules?: Readonly<Partial<Record<Role, string>>>;
  /** The name of `up` where a gate stands beside it, if that is another (T5: wi, and wi_1). */
  readonly upBesideGate?: string;
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
  /** Its `model_type`; of a file without one, the first type of the format that reads it. */
  readonly type: string;
  /** The class that the file names first; undefined where it names none. */
  readonly className: string | undefined;
  /** Labels of a classifier: `num_labels`, or as many as `id2label` names; transformers' 2 where neither is there. */
  readonly labels: number;
  /**
   * Fields of the file, checked, with the defaults of transformers' configuration classes for those it leaves out.
   * The schema is made when a file is read, by the library the caller hands in: the window loads the families for their
   * presets, reads no file and so loads no schema library.
   */
  parse<Shape extends z.ZodRawShape>(
    describe: (kit: SchemaKit) => z.ZodObject<Shape>,
  ): z.infer<z.ZodObject<Shape>>;
  /** Refuses the file for a field whose value the family's code has no known size for. */
  refuse(field: string, value: unknown, remedy: string): never;
}

export interface SchemaKit {
  readonly z: typeof z;
  /** A whole number of at least 1. */
  readonly count: z.ZodNumber;
}
