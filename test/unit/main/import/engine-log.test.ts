/**
 * Logs of inference engines, in the spellings of their versions: each figure goes to its component and its rank. What is
 * expected is added up here from the figures of the lines alone.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readTrace } from '../../../../src/main/import';

const GiB = 2 ** 30;
const MiB = 2 ** 20;

function read(lines: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-engine-'));
  try {
    writeFileSync(join(folder, 'log'), lines.map((line) => `${line}\n`).join(''));
    return readTrace(join(folder, 'log'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
const fixture = (name: string) =>
  readTrace(join(import.meta.dirname, '../../../fixtures/import', name));

/** What each rank holds in the end, by component. */
const heldIn = (trace: ReturnType<typeof readTrace>) =>
  Object.fromEntries(
    trace.markers.flatMap((marker) =>
      marker.type === 'memory' ? [[marker.rank, marker.memory.components]] : [],
    ),
  );

describe("an engine's log", () => {
  test('of vLLM with two ranks: the exact cache replaces the rounded one, of its own rank alone', () => {
    expect(heldIn(fixture('vllm-tp2.txt'))).toEqual({
      0: { params: Math.round(12.66 * GiB), kv_cache: 7784628224, workspace: 0.5 * GiB },
      1: { params: 12.5 * GiB, kv_cache: 7.5 * GiB, workspace: 0.5 * GiB },
    });
  });

  test("of vLLM's first engine: the trial run is a prefill, with its peak over the weights", () => {
    const trace = fixture('vllm-v0.txt');
    const trial = trace.markers.find((each) => each.type === 'memory' && each.phase === 'prefill');
    const params = Math.round(8.5107 * GiB);
    expect(trial).toMatchObject({
      memory: { allocated: params, peak: params + Math.round(0.94 * GiB) },
    });
    expect(heldIn(trace)[0]).toEqual({
      params,
      kv_cache: Math.round(2.18 * GiB),
      workspace: Math.round(0.31 * GiB),
    });
  });

  test('of SGLang: what a rank does not tell is the difference of what was free', () => {
    const held = { params: 15.25 * GiB, kv_cache: 47 * GiB, workspace: GiB };
    const trace = fixture('sglang.txt');
    expect(heldIn(trace)).toEqual({
      0: held,
      1: { ...held, params: 15 * GiB, workspace: 1.25 * GiB },
    });
    expect(trace.durationUs).toBe(89_000_000);
  });

  test('of llama.cpp: a device is a rank, the host is left out and said to be', () => {
    const trace = fixture('llama-cpp.txt');
    expect(heldIn(trace)[1]).toEqual({
      params: Math.round(13989.53 * MiB),
      kv_cache: 3584 * MiB,
      workspace: Math.round(672.02 * MiB),
    });
    expect(trace.warnings.join()).toMatch(/1\.60 GiB in host memory/);
  });

  test.each<[string, Record<string, number>, string[]]>([
    [
      'a draft model comes on top, as do its graphs',
      { params: 106 * GiB, kv_cache: 2.5 * GiB, workspace: 1.75 * GiB },
      [
        '[2026-08-13 10:00:00 TP0] Load weight end. type=Main, avail mem=161.06 GB, mem usage=104.00 GB.',
        '[2026-08-13 10:00:01 TP0] KV Cache is allocated. #tokens: 350257, KV size: 2.00 GB',
        '[2026-08-13 10:00:02 TP0] Load weight end. type=Draft, avail mem=158.45 GB, mem usage=2.00 GB.',
        '[2026-08-13 10:00:03 TP0] KV Cache is allocated. #tokens: 350257, K size: 0.25 GB, V size: 0.25 GB',
        '[2026-08-13 10:00:04 TP0] Capture cuda graph end. Time elapsed: 8.04 s. mem usage=1.50 GB. avail mem=10.30 GB.',
        '[2026-08-13 10:00:05 TP0] Capture target verify CUDA graph end. elapsed=84 s, mem usage=0.25 GB',
      ],
    ],
    [
      'a second start replaces the first',
      { params: 4 * GiB, kv_cache: GiB },
      [
        'INFO 02-26 10:00:00 [gpu_model_runner.py:1] Model loading took 8.0000 GiB and 3.1 seconds',
        'INFO 02-26 10:00:01 [gpu_worker.py:1] Available KV cache memory: 2.00 GiB',
        'INFO:     Application startup complete.',
        'INFO 02-26 11:00:00 [gpu_model_runner.py:1] Model loading took 4.0000 GiB and 3.1 seconds',
        'INFO 02-26 11:00:01 [gpu_worker.py:1] Available KV cache memory: 1.00 GiB',
      ],
    ],
    [
      'less than nothing is nothing',
      { params: 4 * GiB, kv_cache: 0 },
      [
        'INFO 02-26 10:00:00 [gpu_model_runner.py:1] Model loading took 4.0000 GiB and 3.1 seconds',
        'INFO 02-26 10:00:01 [gpu_worker.py:1] Available KV cache memory: -0.41 GiB',
      ],
    ],
    [
      'colours and the prefix of a container are taken off',
      { params: 4 * GiB },
      [
        '2026-01-01T10:00:00.123456789Z \u001b[1;36m(EngineCore pid=7)\u001b[0;0m INFO 01-01 11:00:00 [a.py:1] Model loading took 4.0 GiB memory and 3.1 seconds',
        '2026-01-01T10:00:01.123456789Z \u001b[1;36m(EngineCore pid=7)\u001b[0;0m INFO 01-01 11:00:01 [a.py:1] torch.compile took 5 s in total',
      ],
    ],
    [
      "llama.cpp's projection is not held, its buffers are; recurrent state counts as cache",
      { params: 800 * MiB, kv_cache: 124 * MiB, workspace: 42.5 * MiB, logits: 4 * MiB },
      [
        '0.00.289.467 I common_memory_breakdown_print: |   - CUDA0 (RTX 5090)   | 32606 = 30927 + (1354 =   603 +     448 +     302) +         325 |',
        '0.00.300.000 I common_fit_params: successfully fit params to free device memory',
        '0.00.979.529 I load_tensors:        CUDA0 model buffer size =   800.00 MiB',
        '0.01.227.385 I llama_context:      CUDA0  output buffer size =     4.00 MiB',
        '0.01.227.601 I llama_kv_cache:      CUDA0 KV buffer size =    24.00 MiB',
        '0.01.230.153 I llama_memory_recurrent:      CUDA0 RS buffer size =   100.00 MiB',
        '0.01.236.047 I sched_reserve:      CUDA0 compute buffer size =    40.00 MiB',
        '0.01.300.000 I sched_reserve:      CUDA0 compute buffer size =    42.50 MiB',
      ],
    ],
  ])('%s', (_, expected, lines) => {
    expect(heldIn(read(lines))[0]).toEqual(expected);
  });
});
