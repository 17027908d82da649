/**
 * How long the sequences of a run are: where nothing is said, and what does not go together. For generation seq is
 * prompt plus tokens; elsewhere promptTokens and tokens are 0. What is filled in is clamped by the model's positions.
 */
import type { Mode } from '../choices';
import type { ModelSpec } from '../model-spec';
import type { Given, Refuse } from './setting';

export interface Lengths {
  readonly mode: Mode;
  readonly seq: number;
  readonly promptTokens: number;
  readonly tokens: number;
}

const DEFAULT_SEQ = 128;
const DEFAULT_PROMPT = 16;
const DEFAULT_TOKENS = 32;

export function defaultSeq(run: Lengths, { maxPositions }: ModelSpec, { lengths }: Given): number {
  if (run.mode === 'generate') return run.promptTokens + run.tokens;
  return longest(lengths) ?? Math.min(DEFAULT_SEQ, maxPositions);
}

/** A whole length given with one part leaves the other part. */
export function defaultPromptTokens(run: Lengths, model: ModelSpec, given: Given): number {
  if (run.mode !== 'generate') return 0;
  const { seq, tokens, lengths } = given;
  const padded = longest(lengths);
  if (padded !== undefined) return padded;
  if (seq !== undefined && tokens !== undefined) return Math.max(1, seq - tokens);
  return clamp(DEFAULT_PROMPT, (seq ?? model.maxPositions) - (tokens ?? 1));
}

export function defaultTokens(run: Lengths, { maxPositions }: ModelSpec, { seq }: Given): number {
  if (run.mode !== 'generate') return 0;
  return seq === undefined
    ? clamp(DEFAULT_TOKENS, maxPositions - run.promptTokens)
    : Math.max(1, seq - run.promptTokens);
}

export function checkSeq(seq: number, { mode }: Lengths, model: ModelSpec, refuse: Refuse): void {
  if (mode === 'generate' || !isPast(seq, model)) return;
  const { name, maxPositions } = model;
  refuse(`${name} has ${maxPositions} positions`, `Use a sequence of 1 to ${maxPositions} tokens.`);
}

/** Encoder and decoder have a table of positions each, so that prompt and tokens need not fit into one together. */
export function checkApart(
  tokens: number,
  { mode }: Lengths,
  model: ModelSpec,
  refuse: Refuse,
): void {
  if (mode !== 'generate' || !model.decoderLayers || !isPast(tokens, model)) return;
  const { name, maxPositions } = model;
  refuse(`${name} has ${maxPositions} positions`, `Use 1 to ${maxPositions}.`);
}

export function checkTogether(
  tokens: number,
  { mode, promptTokens }: Lengths,
  model: ModelSpec,
  refuse: Refuse,
): void {
  const whole = promptTokens + tokens;
  if (mode !== 'generate' || model.decoderLayers || !isPast(whole, model)) return;
  const { name, maxPositions } = model;
  refuse(
    `${promptTokens} prompt tokens and ${tokens} new ones are ${whole}, and ${name} has ${maxPositions} positions`,
    `Let prompt and new tokens be ${maxPositions} together at most.`,
  );
}

function isPast(length: number, { positions, maxPositions }: ModelSpec): boolean {
  return positions === 'learned' && length > maxPositions;
}

function longest(lengths: readonly number[] | undefined): number | undefined {
  return lengths && Math.max(...lengths);
}

function clamp(wish: number, room: number): number {
  return Math.max(1, Math.min(wish, room));
}
