/** The bundled workload's bands: its budget is a dry run of its operations, so that formulas tell what stands throughout. */
import { countRankParameters } from '../budget/weights';
import { kvElementsPerToken } from '../model/kv';
import { isPacked, type PackedPrecision, packedLayout, tablePrecision } from '../model/packing';
import { bytesPerElement } from '../model/precision';
import type { ModelSpec, RunSpec } from '../model/spec';
import type { Question, Told } from './explanation';
import { number, product, symbol } from './formula';
import { bytesEach } from './symbols';

const DRY_RUN =
  'A dry run of the workload’s own operations, tensor by tensor, as tfjs 4.22 allocates and disposes them (shared/budget/tfjs)';
const REST = {
  more: 'what the operations hold besides, tensor by tensor',
  less: 'not there at this moment',
  source: DRY_RUN,
} as const;

export function explainTfjs({ model, run, shard, component, phase }: Question): Told {
  const { held } = countRankParameters(model, run, shard);
  const P = symbol('P', held);
  if (component === 'params' && isPacked(run.precision))
    return { parts: packedParts(model, run.precision, held), ...REST, source: PACKED };
  if (component === 'params')
    return {
      parts: [{ name: 'weights', formula: product(bytesEach(bytesPerElement(run.precision)), P) }],
      ...REST,
    };
  if (component === 'adam_m' || component === 'adam_v' || component === 'momentum')
    return { parts: [{ name: 'like the weights', formula: product(bytesEach(4), P) }], ...REST };
  if (component === 'gradients')
    return { parts: [{ name: 'of every weight', formula: product(bytesEach(4), P) }], ...REST };
  if (component === 'kv_cache' && run.kvCache) {
    const length = phase === 'prefill' ? run.promptTokens : run.promptTokens + run.tokens - 1;
    return {
      parts: [
        {
          name: 'keys and values at the phase’s end',
          formula: product(
            symbol('L', model.layers),
            symbol('B', run.batch),
            symbol('n', length),
            symbol('e', kvElementsPerToken(model)),
            bytesEach(bytesPerElement(run.kvPrecision)),
          ),
        },
      ],
      ...REST,
      more: 'one layer’s keys and values twice, while a token is joined to them',
    };
  }
  if (component === 'workspace' && phase === 'optimizer' && isAdam(run))
    return {
      parts: [
        {
          name: 'temporaries of Adam’s update, of every weight',
          formula: product(ADAM_TEMPORARIES, bytesEach(4), P),
        },
      ],
      ...REST,
      source: `tfjs’s AdamOptimizer updates all weights in one scope: of the fourteen tensors of its size that it makes for each, three become m, v and the weight, and eleven stand until the last is done (adam_optimizer.ts). ${DRY_RUN}`,
    };
  return { parts: [], ...REST };
}

const PACKED =
  'The bundled workload’s packed weights: each output row in whole 32-bit words, its scales in fp32 beside it (shared/model/packing)';

/** Tables, matrices of the layers, scales, and what is not packed. */
function packedParts(
  { layers, hidden, ffn, vocab, maxPositions, tokenTypes, pooler }: ModelSpec,
  precision: PackedPrecision,
  held: number,
): Told['parts'] {
  const tables = [{ count: 1, rows: vocab + maxPositions + (tokenTypes ?? 0), columns: hidden }];
  const matrices = [
    { count: 4 * layers + (pooler ? 1 : 0), rows: hidden, columns: hidden },
    { count: layers, rows: ffn, columns: hidden },
    { count: layers, rows: hidden, columns: ffn },
  ];
  const elements = (of: typeof matrices) =>
    of.reduce((sum, { count, rows, columns }) => sum + count * rows * columns, 0);
  const scales = (of: typeof matrices, as: PackedPrecision) =>
    of.reduce((sum, { count, rows, columns }) => {
      return sum + count * rows * packedLayout(rows, columns, as).scales;
    }, 0);
  const tablesAs = tablePrecision(precision);
  const scaled = scales(tables, tablesAs) + scales(matrices, precision);
  const plain = held - elements(tables) - elements(matrices);
  return [
    {
      name: 'embeddings, the head with them',
      formula: product(
        bytesEach(bytesPerElement(tablesAs)),
        symbol('P', elements(tables), 'embedding'),
      ),
    },
    {
      name: 'matrices of the layers',
      formula: product(
        bytesEach(bytesPerElement(precision)),
        symbol('P', elements(matrices), 'layers'),
      ),
    },
    ...(scaled > 0 ? [{ name: 'scales', formula: product(bytesEach(4), number(scaled)) }] : []),
    { name: 'biases and norms', formula: product(bytesEach(4), symbol('P', plain, 'plain')) },
  ];
}

const ADAM_TEMPORARIES = 11;
const isAdam = ({ optimizer }: RunSpec): boolean => optimizer === 'adam' || optimizer === 'adamw';
