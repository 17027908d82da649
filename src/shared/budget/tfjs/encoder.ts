/** BERT's encoder as a dry program: the operations of its forward pass, in their order, over the pieces it shares with GPT-2. */
import type { ModelSpec, RunSpec } from '../../model/spec';
import { type DryBatch, isPadded } from './batch';
import type { DryEngine, DryTensor } from './engine';
import type { Gpt2 } from './gpt2';
import type { Ops } from './ops';
import type { DryLayer, Parameters } from './parameters';

interface EncoderBatch extends DryBatch {
  readonly types: DryTensor | null;
}

/** Ids, positions and segments count as inputs, the mask of pads as a buffer. */
export function createEncoderBatch(
  engine: DryEngine,
  model: ModelSpec,
  run: RunSpec,
): EncoderBatch {
  const { batch: sequences, seq: length } = run;
  return engine.within('inputs', () => ({
    sequences,
    length,
    ids: engine.create([sequences * length]),
    positions: engine.create([length]),
    types: model.tokenTypes ? engine.create([length]) : null,
    mask: isPadded(run)
      ? engine.within('buffers', () => engine.create([sequences, 1, 1, length]))
      : null,
  }));
}

/** States [N, d] and, where the model pools, [B, d]; both stay. */
export function runEncoder(
  ops: Ops,
  shared: Gpt2,
  model: ModelSpec,
  parameters: Parameters,
  batch: EncoderBatch,
): void {
  const { engine } = ops;
  let states = engine.tidy(() => embed(ops, shared, model, parameters, batch));
  for (const [index, layer] of parameters.layers.entries()) {
    const input = states;
    const next = engine.withinBlock(index, () =>
      engine.tidy(() => block(ops, shared, model, layer, input, batch)),
    );
    engine.dispose(states);
    states = next;
  }
  const { pooler } = parameters;
  if (pooler) engine.tidy(() => ops.tanh(shared.apply(pooler, firstTokens(ops, states, batch))));
}

function embed(
  ops: Ops,
  shared: Gpt2,
  { hidden }: ModelSpec,
  parameters: Parameters,
  { sequences, length, ids, positions, types }: EncoderBatch,
): DryTensor {
  const tokens = shared.rowsAt(parameters.tokenTable, ids);
  const places = shared.rowsAt(parameters.positionTable, positions);
  const placed = ops.add(ops.reshape(tokens, [sequences, length, hidden]), places);
  const sum =
    types && parameters.typeTable
      ? ops.add(placed, shared.rowsAt(parameters.typeTable, types))
      : placed;
  return shared.normalize(ops.reshape(sum, [sequences * length, hidden]), parameters.outerNorm);
}

function block(
  ops: Ops,
  shared: Gpt2,
  model: ModelSpec,
  layer: DryLayer,
  x: DryTensor,
  batch: DryBatch,
): DryTensor {
  const attended = shared.normalize(
    ops.add(x, shared.attention(layer, x, batch, null, 0)),
    layer.norm1,
  );
  const inner = activate(ops, shared, model, shared.apply(layer.up, attended));
  return shared.normalize(ops.add(attended, shared.apply(layer.down, inner)), layer.norm2);
}

function activate(
  ops: Ops,
  shared: Gpt2,
  { activation, activationComposed }: ModelSpec,
  x: DryTensor,
): DryTensor {
  if (activation === 'relu') return ops.same(x);
  return activationComposed ? shared.gelu(x) : exactGelu(ops, x);
}

function exactGelu(ops: Ops, x: DryTensor): DryTensor {
  return ops.mul(ops.mul(x, 1), ops.add(ops.same(ops.mul(x, 1)), 1));
}

function firstTokens(ops: Ops, states: DryTensor, { sequences, length }: DryBatch): DryTensor {
  const width = states.shape[1]!;
  if (length === 1) return states;
  return ops.reshape(
    ops.fresh(ops.reshape(states, [sequences, length, width]), [sequences, 1, width]),
    [sequences, width],
  );
}
