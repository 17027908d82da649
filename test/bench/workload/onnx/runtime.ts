/**
 * ONNX Runtime for Node, the yardstick of the bundled workload's speed. It is no dependency of Plumbline: with its
 * binaries for every platform it takes 290 MB, so the benchmark that needs it installs it on first use, pinned, under .cache.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import type { ModelSpec } from '../../../../src/shared/model/spec';

const VERSION = '1.30.0';
const folder = resolve('.cache', 'bench');

interface OrtTensor {
  readonly data: Float32Array | BigInt64Array;
}
interface Ort {
  readonly InferenceSession: {
    create(
      path: string,
      options: object,
    ): Promise<{
      run(feeds: Record<string, OrtTensor>): Promise<Record<string, OrtTensor>>;
      release(): Promise<void>;
    }>;
  };
  readonly Tensor: new (
    type: 'float32' | 'int64',
    data: Float32Array | BigInt64Array,
    shape: readonly number[],
  ) => OrtTensor;
}

/** The runtime, or why it cannot be had. */
export function onnxRuntime(): Ort | string {
  const manifest = join(
    folder,
    `onnxruntime-${VERSION}`,
    'node_modules',
    'onnxruntime-node',
    'package.json',
  );
  try {
    if (!existsSync(manifest)) {
      const prefix = join(folder, `onnxruntime-${VERSION}`);
      mkdirSync(prefix, { recursive: true });
      console.log(`installing onnxruntime-node ${VERSION} under .cache …`);
      execFileSync(
        'npm',
        [
          'install',
          '--prefix',
          prefix,
          '--ignore-scripts',
          '--no-audit',
          '--no-fund',
          '--no-save',
          `onnxruntime-node@${VERSION}`,
        ],
        { cwd: prefix, stdio: ['ignore', 'ignore', 'pipe'], shell: process.platform === 'win32' },
      );
    }
    return createRequire(manifest)('onnxruntime-node') as Ort;
  } catch (error) {
    return (error as Error).message.split('\n')[0]!;
  }
}

export interface Decoded {
  readonly ids: readonly number[];
  readonly tokensPerSecond: number;
}

/** Takes in the prompt token by token, then decodes greedily; the rate is of decoding alone. */
export async function decodeWith(
  ort: Ort,
  path: string,
  { layers, heads, headDim }: ModelSpec,
  prompt: readonly number[],
  tokens: number,
  threads: number,
): Promise<Decoded> {
  const session = await ort.InferenceSession.create(path, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
  });
  const past: Record<string, OrtTensor> = {};
  for (let i = 0; i < layers; i++)
    for (const kind of ['k', 'v'])
      past[`past_${kind}${i}`] = new ort.Tensor('float32', new Float32Array(0), [
        1,
        heads,
        0,
        headDim,
      ]);
  let position = 0;
  const feed = async (id: number): Promise<number> => {
    const one = (value: number) => new ort.Tensor('int64', BigInt64Array.of(BigInt(value)), [1, 1]);
    const out = await session.run({ id: one(id), position: one(position++), ...past });
    for (const [name, tensor] of Object.entries(out))
      if (name.startsWith('present')) past[name.replace('present', 'past')] = tensor;
    return likeliest(out.logits!.data as Float32Array);
  };
  let next = 0;
  for (const id of prompt) next = await feed(id);
  const ids = [next];
  const begun = performance.now();
  while (ids.length < tokens) {
    next = await feed(next);
    ids.push(next);
  }
  const seconds = (performance.now() - begun) / 1000;
  await session.release();
  return { ids, tokensPerSecond: (tokens - 1) / seconds };
}

function likeliest(logits: Float32Array): number {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[best]!) best = i;
  return best;
}
