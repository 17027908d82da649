/** An allocation that the heap of tfjs's own WebAssembly cannot give ends the run, and leaves the heap as it was. */
import { join } from 'node:path';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { setBackend, tensor1d } from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { wasmBackend } from '../../../../src/workload/tfjs/internals';
import { refuseFalsePointers, WasmMemoryExhausted } from '../../../../src/workload/wasm/memory';
import { repository } from '../../../support/repository';

beforeAll(async () => {
  setWasmPaths(`${join(repository, 'node_modules/@tensorflow/tfjs-backend-wasm/wasm-out')}/`);
  await setBackend('wasm');
  refuseFalsePointers(wasmBackend());
});

it('throws with the bytes that were asked for, however often', () => {
  const before = tensor1d([1, 2, 3]);
  const { wasm } = wasmBackend();
  for (let i = 0; i < 3; i++) wasm._malloc(2 ** 30);
  for (const bytes of [2 ** 30, 2 ** 31, 2 ** 32 - 1])
    expect(() => wasm._malloc(bytes)).toThrow(new WasmMemoryExhausted(bytes));
  expect([...before.dataSync()]).toEqual([1, 2, 3]);
});
