/**
 * Bytes of quantized weights and caches, with what a bare "a quarter of fp32" leaves out: the scales, the zero-points,
 * and the tensors that stay as they were.
 */

import { requireWhole } from '../base/big-count';
import type { Bytes } from '../base/units';
import { kvElementsPerToken } from '../model/kv';
import { parameterCount } from '../model/parameters';
import { bytesPerElement } from '../model/precision';
import type { ModelSpec } from '../model/spec';
import { layerLinears, listStacks } from './shapes';

interface QuantScheme {
  readonly bits: 8 | 4;
  /** One scale for a matrix, for each of its output rows, or for each `groupSize` values of a row. */
  readonly granularity: 'tensor' | 'channel' | 'group';
  /** Values a group, 128 where left out. */
  readonly groupSize?: number;
  /** Bytes of a scale: 2 (fp16, the default) or 4. */
  readonly scaleBytes?: 2 | 4;
  /** Zero-points are stored too, at the width of the values. */
  readonly zeroPoint?: boolean;
}

interface QuantizedSize {
  readonly values: number;
  readonly valueBytes: Bytes;
  readonly scaleBytes: Bytes;
  readonly zeroPointBytes: Bytes;
  readonly total: Bytes;
  readonly bitsPerValue: number;
}

/** A matrix of `rows` by `columns`, each row padded to whole groups for its scales only. */
export function quantizedMatrix(rows: number, columns: number, scheme: QuantScheme): QuantizedSize {
  requireWhole('rows', rows);
  requireWhole('columns', columns);
  const groupSize = scheme.groupSize ?? 128;
  requireWhole('groupSize', groupSize);
  const scales = {
    tensor: 1,
    channel: rows,
    group: rows * Math.ceil(columns / groupSize),
  }[scheme.granularity];
  const values = rows * columns;
  return sized(
    values,
    Math.ceil((values * scheme.bits) / 8),
    scales * (scheme.scaleBytes ?? 2),
    scheme.zeroPoint ? Math.ceil((scales * scheme.bits) / 8) : 0,
  );
}

function sized(
  values: number,
  valueBytes: Bytes,
  scaleBytes: Bytes,
  zeroPointBytes: Bytes,
): QuantizedSize {
  const total = valueBytes + scaleBytes + zeroPointBytes;
  return {
    values,
    valueBytes,
    scaleBytes,
    zeroPointBytes,
    total,
    bitsPerValue: (8 * total) / values,
  };
}

function sum(parts: readonly (readonly [times: number, size: QuantizedSize])[]): QuantizedSize {
  const total = (field: 'values' | 'valueBytes' | 'scaleBytes' | 'zeroPointBytes') =>
    parts.reduce((all, [times, size]) => all + times * size[field], 0);
  return sized(total('values'), total('valueBytes'), total('scaleBytes'), total('zeroPointBytes'));
}

interface QuantizedModel {
  /** The matrices of the layers. */
  readonly quantized: QuantizedSize;
  /** Embeddings, positions, norms, biases and an untied head, kept at fp16. */
  readonly keptBytes: Bytes;
  readonly total: Bytes;
  /** How many times smaller than the whole model at fp32 and at fp16. */
  readonly versusFp32: number;
  readonly versusFp16: number;
  /** What 4× or 8× stands for: every parameter at the bare width. */
  readonly nominal: Bytes;
}

/** A model whose linear layers are quantized, as weight-only schemes do, and whose other tensors stay fp16. */
export function quantizedModel(model: ModelSpec, scheme: QuantScheme): QuantizedModel {
  const quantized = sum(
    listStacks(model).flatMap(({ layers, dense, cross }) =>
      layerLinears(model, dense).map(
        ({ role, outputs, inputs, held }): readonly [number, QuantizedSize] => [
          layers * held * (cross && role !== 'ffn' ? 2 : 1),
          quantizedMatrix(outputs, inputs, scheme),
        ],
      ),
    ),
  );
  const P = parameterCount(model);
  const keptBytes = 2 * (P - quantized.values);
  const total = quantized.total + keptBytes;
  return {
    quantized,
    keptBytes,
    total,
    versusFp32: (4 * P) / total,
    versusFp16: (2 * P) / total,
    nominal: Math.ceil((P * scheme.bits) / 8),
  };
}

/**
 * A quantized KV cache of B·n tokens: one scale for a layer's keys and one for its values (tensor), one a token and head
 * (channel), or one for each group within a head; latent attention keeps one vector a token.
 */
export function quantizedKvCache(
  model: ModelSpec,
  batch: number,
  length: number,
  scheme: QuantScheme,
): QuantizedSize {
  requireWhole('batch', batch);
  requireWhole('length', length);
  return sum(
    model.latentAttention
      ? [[model.layers, quantizedMatrix(batch * length, kvElementsPerToken(model), scheme)]]
      : [
          [
            2 * model.layers,
            quantizedMatrix(batch * length * model.kvHeads, model.headDim, scheme),
          ],
        ],
  );
}

/** A cache at a floating precision, for comparison. */
export function floatKvCache(
  model: ModelSpec,
  batch: number,
  length: number,
  precision: 'fp32' | 'fp16',
): Bytes {
  return model.layers * batch * length * kvElementsPerToken(model) * bytesPerElement(precision);
}

export interface QuantizationRow {
  readonly scheme: string;
  readonly bits: number;
  readonly granularity: QuantScheme['granularity'] | null;
  /** Of the matrices of the layers, with scales and zero-points. */
  readonly bitsPerWeight: number;
  readonly weightBytes: Bytes;
  /** How many times smaller than at fp16. */
  readonly weightRatio: number;
  /** Null where nothing is cached. */
  readonly cacheBytes: Bytes | null;
  readonly cacheRatio: number | null;
}

const SCHEMES: readonly (readonly [name: string, scheme: QuantScheme])[] = [
  ['int8, a scale a tensor', { bits: 8, granularity: 'tensor' }],
  ['int8, a scale a channel', { bits: 8, granularity: 'channel' }],
  ['int8, in groups of 128', { bits: 8, granularity: 'group' }],
  ['int4, a scale a channel', { bits: 4, granularity: 'channel', zeroPoint: true }],
  ['int4, in groups of 128', { bits: 4, granularity: 'group', zeroPoint: true }],
  ['int4, in groups of 32', { bits: 4, granularity: 'group', groupSize: 32, zeroPoint: true }],
];

/** fp16 and every usual scheme, for the weights and for a cache of B·n tokens where there is one. */
export function quantizationTable(
  model: ModelSpec,
  batch: number,
  length: number,
  cached: boolean,
): readonly QuantizationRow[] {
  const P = parameterCount(model);
  const cache = floatKvCache(model, batch, length, 'fp16');
  return [
    {
      scheme: 'fp16',
      bits: 16,
      granularity: null,
      bitsPerWeight: 16,
      weightBytes: 2 * P,
      weightRatio: 1,
      cacheBytes: cached ? cache : null,
      cacheRatio: cached ? 1 : null,
    },
    ...SCHEMES.map(([name, scheme]): QuantizationRow => {
      const weights = quantizedModel(model, scheme);
      const { total } = quantizedKvCache(model, batch, length, scheme);
      return {
        scheme: name,
        bits: scheme.bits,
        granularity: scheme.granularity,
        bitsPerWeight: weights.quantized.bitsPerValue,
        weightBytes: weights.total,
        weightRatio: weights.versusFp16,
        cacheBytes: cached ? total : null,
        cacheRatio: cached ? cache / total : null,
      };
    }),
  ];
}
