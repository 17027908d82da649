/** What a run is where nothing else was said: complete, valid for the model, and small enough to try at once. */
import { isBundledByDefault } from './bundled';
import { bytesPerElement } from './precision';
import type { ModelSpec, RunSpec } from './spec';

const DEFAULT_SEQ = 128;
const DEFAULT_PROMPT = 16;
const DEFAULT_TOKENS = 32;

/**
 * The run `given` describes, with every field it leaves out filled in. What was given stays as it is, even where the
 * model cannot do it (`checkRun` says so); what is filled in is clamped by the model's positions.
 *
 * For generation seq is prompt plus tokens; elsewhere promptTokens and tokens are 0.
 */
export function runDefaults(model: ModelSpec, given: Partial<RunSpec> = {}): RunSpec {
  const mode = given.mode ?? (model.architecture === 'encoder' ? 'infer' : 'generate');
  const precision = given.precision ?? 'fp32';
  return {
    mode,
    batch: given.batch ?? 1,
    ...lengths(model, mode, given),
    kvCache: given.kvCache ?? mode === 'generate',
    precision,
    // A cache is kept at the working precision; weights-only quantization and fp32 masters do not reach it.
    kvPrecision:
      given.kvPrecision ??
      (precision === 'mixed-fp16' || precision === 'mixed-bf16' || bytesPerElement(precision) < 2
        ? 'fp16'
        : precision),
    // What each framework's own examples take.
    optimizer: given.optimizer ?? ((given.framework ?? 'tfjs') === 'tfjs' ? 'adam' : 'adamw'),
    gradAccum: given.gradAccum ?? 1,
    checkpointing: given.checkpointing ?? 'none',
    attention: given.attention ?? 'eager',
    causal: given.causal ?? false,
    framework: given.framework ?? (isBundledByDefault(model) ? 'tfjs' : 'pytorch'),
    backend: given.backend ?? null,
    steps: given.steps ?? (mode === 'train' ? 5 : 1),
    seed: given.seed ?? 0,
    ...optional(given),
  };
}

const OPTIONAL = [
  'cacheGrowth',
  'lengths',
  'prompts',
  'data',
  'temperature',
  'topK',
  'topP',
  'loraRank',
  'loraTargets',
  'frozenLayers',
  'dropout',
  'loss',
  'optimizerKernel',
  'zero',
  'dp',
  'tp',
  'pp',
  'microBatches',
  'sequenceParallel',
  'expertParallel',
  'offload',
  'gpu',
] as const satisfies readonly (keyof RunSpec)[];

/** Fields that are left out unless given. */
function optional(given: Partial<RunSpec>): Partial<RunSpec> {
  return Object.fromEntries(
    OPTIONAL.flatMap((field) => (given[field] === undefined ? [] : [[field, given[field]]])),
  );
}

function lengths(
  model: ModelSpec,
  mode: RunSpec['mode'],
  given: Partial<RunSpec>,
): Pick<RunSpec, 'seq' | 'promptTokens' | 'tokens'> {
  const { maxPositions } = model;
  const longest = given.lengths && Math.max(...given.lengths);
  if (mode !== 'generate') {
    return {
      seq: given.seq ?? longest ?? Math.min(DEFAULT_SEQ, maxPositions),
      promptTokens: given.promptTokens ?? 0,
      tokens: given.tokens ?? 0,
    };
  }
  // A whole length given with one part leaves the other part; parts given add up to the whole.
  const whole = given.seq;
  const room = whole ?? maxPositions;
  const promptTokens =
    given.promptTokens ??
    longest ??
    (whole !== undefined && given.tokens !== undefined
      ? Math.max(1, whole - given.tokens)
      : clamp(DEFAULT_PROMPT, room - (given.tokens ?? 1)));
  const tokens =
    given.tokens ??
    (whole !== undefined
      ? Math.max(1, whole - promptTokens)
      : clamp(DEFAULT_TOKENS, room - promptTokens));
  return { promptTokens, tokens, seq: whole ?? promptTokens + tokens };
}

function clamp(wish: number, room: number): number {
  return Math.max(1, Math.min(wish, room));
}
