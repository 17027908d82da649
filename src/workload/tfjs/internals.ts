/**
 * What the workload uses of tfjs beyond its published interface: the engine's count of bytes and its tape, the states of
 * an optimizer, and where each backend keeps the numbers of a tensor. Here alone a type of tfjs is taken on trust, so
 * that a new version of it is checked against one file.
 */
import {
  backend,
  type DataType,
  engine,
  type Optimizer,
  type Tensor,
  type TensorInfo,
  type Variable,
} from '@tensorflow/tfjs-core';

/** The insides of an object, which its declaration hides. */
function trusted<Insides>(object: unknown): Insides {
  return object as Insides;
}

/** One operation of the tape, as backward will go through it. */
export interface TapeNode {
  readonly inputs: Readonly<Record<string, Tensor>>;
  gradient?: (dys: Tensor[]) => Record<string, () => Tensor>;
}

interface EngineInternals {
  readonly state: {
    /** Bytes of all tensors, a buffer counted once for each tensor that views it. */
    readonly numBytes: number;
    /** By data id: of every live buffer its bytes. */
    readonly tensorInfo: WeakMap<object, { readonly bytes: number }>;
    activeTape: TapeNode[];
  };
  /** The one gate through which every tensor comes, and through which it goes. */
  trackTensor(tensor: Tensor, backend: unknown): void;
  disposeTensor(tensor: Tensor): void;
}

export const engineInternals = (): EngineInternals => trusted(engine());

type OptimizerVariables = readonly { readonly variable: Variable }[];
/** The states of sgd (none), momentum and Adam. */
interface OptimizerStates {
  readonly accBeta1?: Variable;
  readonly accBeta2?: Variable;
  readonly accumulatedFirstMoment?: OptimizerVariables;
  readonly accumulatedSecondMoment?: OptimizerVariables;
  readonly accumulations?: OptimizerVariables;
}

export const optimizerStates = (optimizer: Optimizer): OptimizerStates => trusted(optimizer);

/** Numbers as a backend holds them in memory. */
export type Values = Float32Array | Int32Array;

export interface CpuBackend {
  makeTensorInfo(shape: number[], dtype: DataType, values: Values): TensorInfo;
  readonly data: { get(dataId: object): { readonly values: Values } };
}

/** Emscripten's memory and heap, and where a tensor lies in it. */
export interface WasmMemoryBackend {
  readonly wasm: {
    readonly asm: {
      readonly memory: WebAssembly.Memory;
      /** Null pointer where there is no piece of so many bytes. */
      malloc(bytes: number): number;
    };
    _malloc(bytes: number): number;
    _free(pointer: number): void;
  };
  readonly dataIdMap: { get(dataId: object): { readonly memoryOffset: number } };
}
export interface WasmBackend extends WasmMemoryBackend {
  makeOutput(shape: number[], dtype: DataType): TensorInfo;
  /** A view of the heap, no longer true once the heap has grown. */
  typedArrayFromHeap(tensor: TensorInfo): Values;
  incRef(dataId: object): void;
  disposeData(dataId: object): boolean;
}

/** A compute shader, as tfjs's own kernels describe theirs. */
export interface WebGpuProgram {
  readonly outputShape: number[];
  readonly dispatchLayout: { readonly x: number[]; readonly y?: number[] };
  readonly dispatch: [number, number, number];
  readonly workgroupSize: [number, number, number];
  readonly variableNames: string[];
  readonly uniforms: string;
  readonly size: boolean;
  readonly shaderKey: string;
  getUserCode(): string;
}
export interface WebGpuBackend {
  /** Writes into `output` where it is given. */
  runWebGPUProgram(
    program: WebGpuProgram,
    inputs: TensorInfo[],
    dtype: DataType,
    uniforms: { type: string; data: number[] }[],
    output?: TensorInfo,
  ): TensorInfo;
  uploadToGPU(dataId: object): void;
}

/** The backend in use, as the one it is. */
export const cpuBackend = (): CpuBackend => trusted(backend());
export const wasmBackend = (): WasmBackend => trusted(backend());
export const webGpuBackend = (): WebGpuBackend => trusted(backend());
