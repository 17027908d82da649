/**
 * The three kernels of packed matrices on WebGPU: WGSL over the words as they lie. A product is one workgroup for each
 * of its numbers, whose threads go over the words of a row side by side, so that neighbours read neighbours.
 */
import { type DataType, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { PackedLayout } from '../../shared/model/packing';
import type { WebGpuBackend, WebGpuProgram } from '../tfjs/internals';
import { layoutRows, type PackedAttributes, type PackedTensors, registerKernels } from './kernel';

const THREADS = 64;
/** Workgroups along one side of a dispatch. */
const SIDE = 65_535;

export function registerPackedWebGpuKernels(): void {
  registerKernels('webgpu', (backend) => backend as WebGpuBackend, { pack, unpack, multiply });
}

/** Everything about a layout that the shaders ask for. */
const UNIFORMS = 'columns : i32, words : i32, group : i32, scales : i32, rows : i32,';

function run(
  backend: WebGpuBackend,
  layout: PackedLayout,
  name: string,
  code: string,
  inputs: Readonly<Record<string, TensorInfo | undefined>>,
  outputShape: number[],
  dtype: DataType,
  groups: readonly [number, number, number] | null = null,
): TensorInfo {
  const given = Object.entries(inputs).filter(
    (entry): entry is [string, TensorInfo] => entry[1] !== undefined,
  );
  const threads = Math.ceil(util.sizeFromShape(outputShape) / THREADS);
  const program: WebGpuProgram = {
    outputShape,
    uniforms: UNIFORMS,
    size: true,
    workgroupSize: [THREADS, 1, 1],
    variableNames: given.map(([variable]) => variable),
    dispatchLayout: groups ? { x: [1], y: [0] } : { x: outputShape.map((_, axis) => axis) },
    dispatch: groups ? [...groups] : [threads, 1, 1],
    shaderKey: `${name}_${layout.precision}`,
    getUserCode: () => code,
  };
  const data = [layout.columns, layout.words, layout.group, layout.scales, layout.rows];
  return backend.runWebGPUProgram(
    program,
    given.map(([, tensor]) => tensor),
    dtype,
    data.map((uniform) => ({ type: 'int32', data: [uniform] })),
  );
}

/** `unpacked(word, k)`: the k-th number of a word, before its scale. */
function unpackedCode({ bits }: PackedLayout): string {
  return bits === 16
    ? 'fn unpacked(word : i32, k : i32) -> f32 { return unpack2x16float(bitcast<u32>(word))[k]; }'
    : `fn unpacked(word : i32, k : i32) -> f32 { return f32(extractBits(word, u32(k) * ${bits}u, ${bits}u)); }`;
}

function scaleCode({ scales }: PackedLayout): string {
  return scales > 0
    ? 'fn scaleAt(row : i32, column : i32) -> f32 { return scales[row * uniforms.scales + column / uniforms.group]; }'
    : 'fn scaleAt(row : i32, column : i32) -> f32 { return 1.0; }';
}

function unpack(
  backend: WebGpuBackend,
  { words, scales }: PackedTensors,
  ids: TensorInfo | undefined,
  attributes: PackedAttributes,
): TensorInfo {
  const layout = layoutRows(words.shape, attributes);
  const perWord = 32 / layout.bits;
  const code = `
    ${unpackedCode(layout)}
    ${scaleCode(layout)}
    fn main(index : i32) {
      if (index < uniforms.size) {
        let column = index % uniforms.columns;
        let row = ${ids ? 'ids[index / uniforms.columns]' : 'index / uniforms.columns'};
        let word = words[row * uniforms.words + column / ${perWord}];
        result[index] = scaleAt(row, column) * unpacked(word, column % ${perWord});
      }
    }`;
  const lead = ids?.shape ?? words.shape.slice(0, -1);
  return run(
    backend,
    layout,
    ids ? 'unpackRows' : 'unpack',
    code,
    { words, scales, ids },
    [...lead, attributes.columns],
    'float32',
  );
}

function multiply(
  backend: WebGpuBackend,
  x: TensorInfo,
  { words, scales }: PackedTensors,
  attributes: PackedAttributes,
): TensorInfo {
  const layout = layoutRows(words.shape, attributes);
  const perWord = 32 / layout.bits;
  const count = util.sizeFromShape(x.shape.slice(0, 1));
  const code = `
    ${unpackedCode(layout)}
    ${scaleCode(layout)}
    var<workgroup> sums : array<f32, ${THREADS}>;
    fn main() {
      // Past the end the last number is computed again: barriers must be reached by all.
      let row = min(i32(workgroupId.y * ${SIDE}u + workgroupId.x), uniforms.rows - 1);
      for (var lap = 0; lap <= (uniforms.xShape[0] - 1) / ${SIDE}; lap++) {
        let n = min(lap * ${SIDE} + i32(workgroupId.z), uniforms.xShape[0] - 1);
        var sum = 0.0;
        for (var at = i32(localIndex); at < uniforms.words; at += ${THREADS}) {
          let word = words[row * uniforms.words + at];
          let first = at * ${perWord};
          var part = 0.0;
          for (var k = 0; k < min(${perWord}, uniforms.columns - first); k++) {
            part += unpacked(word, k) * x[n * uniforms.columns + first + k];
          }
          sum += scaleAt(row, first) * part;
        }
        sums[localIndex] = sum;
        workgroupBarrier();
        for (var half = ${THREADS / 2}u; half > 0u; half /= 2u) {
          if (localIndex < half) { sums[localIndex] += sums[localIndex + half]; }
          workgroupBarrier();
        }
        if (localIndex == 0u) { result[n * uniforms.rows + row] = sums[0]; }
        workgroupBarrier();
      }
    }`;
  const groups = [
    Math.min(layout.rows, SIDE),
    Math.ceil(layout.rows / SIDE),
    Math.min(count, SIDE),
  ] as const;
  return run(
    backend,
    layout,
    'packedMatMul',
    code,
    { x, words, scales },
    [count, layout.rows],
    'float32',
    groups,
  );
}

/** Scales first, one thread each; then words, which read them. */
function pack(backend: WebGpuBackend, x: TensorInfo, attributes: PackedAttributes): TensorInfo[] {
  const lead = x.shape.slice(0, -1);
  const layout = layoutRows(x.shape, attributes);
  const greatest = 2 ** (layout.bits - 1) - 1;
  const scales =
    layout.scales === 0
      ? undefined
      : run(
          backend,
          layout,
          'packScales',
          `
    fn main(index : i32) {
      if (index < uniforms.size) {
        let start = (index % uniforms.scales) * uniforms.group;
        let row = (index / uniforms.scales) * uniforms.columns;
        var most = 0.0;
        for (var c = start; c < min(start + uniforms.group, uniforms.columns); c++) { most = max(most, abs(x[row + c])); }
        result[index] = select(1.0, most / ${greatest}.0, most > 0.0);
      }
    }`,
          { x },
          [...lead, layout.scales],
          'float32',
        );
  const perWord = 32 / layout.bits;
  const words = run(
    backend,
    layout,
    'packWords',
    `
    ${scaleCode(layout)}
    fn numberAt(row : i32, column : i32) -> f32 {
      if (column >= uniforms.columns) { return 0.0; }
      return x[row * uniforms.columns + column];
    }
    fn main(index : i32) {
      if (index < uniforms.size) {
        let row = index / uniforms.words;
        let first = (index % uniforms.words) * ${perWord};
        ${
          layout.bits === 16
            ? 'result[index] = bitcast<i32>(pack2x16float(vec2<f32>(numberAt(row, first), numberAt(row, first + 1))));'
            : `
        let scale = scaleAt(row, first);
        var word = 0;
        for (var k = 0; k < ${perWord}; k++) {
          let integer = clamp(i32(floor(numberAt(row, first + k) / scale + 0.5)), -${greatest}, ${greatest});
          word = insertBits(word, integer, u32(k) * ${layout.bits}u, ${layout.bits}u);
        }
        result[index] = word;`
        }
      }
    }`,
    { x, scales },
    [...lead, layout.words],
    'int32',
  );
  return scales ? [words, scales] : [words];
}
