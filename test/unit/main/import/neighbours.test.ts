/**
 * Files of other tools against what is known of them otherwise: the snapshot was written beside the curve and the blocks
 * it was made from; the profiler's trace is of a real run, whose events can be summed by their own bytes.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readTrace } from '../../../../src/main/import';
import { JsonItems } from '../../../../src/main/import/neighbours/json-items';
import { Failure } from '../../../../src/shared/base/failure';
import { writePickle } from '../../../support/pickler';

const fixture = (name: string) => join(import.meta.dirname, '../../../fixtures/import', name);
const read = (name: string) => readTrace(fixture(name));
const series = (trace: ReturnType<typeof readTrace>, id: string) =>
  trace.series.find(({ info }) => info.id === id);

function withFile<T>(contents: string | Uint8Array, work: (path: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-neighbours-'));
  try {
    const path = join(folder, 'file');
    writeFileSync(path, contents);
    return work(path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('a memory snapshot', () => {
  test('gives the curve, its peak, and who held what then', () => {
    const trace = read('memory-snapshot.pickle');
    const curve = series(trace, 'framework.allocated');
    // Of the program that wrote it: 120 events over 1,000,448 bytes that were there before.
    expect(Math.max(...(curve?.values ?? []))).toBe(10_267_648);
    expect([...(curve?.values ?? [])].slice(0, 4)).toEqual([
      1_536_512, 1_597_440, 1_706_496, 1_170_432,
    ]);
    const ledger = trace.allocations;
    expect(ledger?.bytes).toBe(10_267_648);
    expect(ledger?.sites.map(({ label, bytes }) => [label, bytes])).toEqual([
      ['run/model.py:14 forward', 3_429_376],
      ['run/model.py:12 forward', 3_372_032],
      ['run/model.py:15 forward', 1_813_504],
      ['before the first event', 1_000_448],
      ['run/model.py:13 forward', 652_288],
    ]);
    expect(trace.startedAt?.slice(0, 10)).toBe('2026-09-21');
    expect(curve?.times[0]).toBe(40);
  });

  test('that would run something is refused before it does', () => {
    // pickle.dumps({'segments': os.system}): a lookup by name.
    const bytes = Buffer.from('8004959c000000000000007d948c087365676d656e747394', 'hex');
    const evil = Buffer.concat([
      bytes,
      Buffer.from('8c05706f736978948c0673797374656d949394732e', 'hex'),
    ]);
    expect(() => withFile(evil, readTrace)).toThrow(Failure);
    expect(() => withFile(evil, readTrace)).toThrow(/nothing of it was run/);
  });

  test('that is cut off anywhere is refused in a sentence', () => {
    const whole = readFileSync(fixture('memory-snapshot.pickle'));
    for (let cut = 100; cut < whole.length; cut += 331)
      expect(() => withFile(whole.subarray(0, cut), readTrace)).toThrow(/is cut off/);
  });
});

test('stacks written out for each event, shared by some, or of other lines each keep their own name', () => {
  const frames = [3, 5, 7].map((line) => ({ filename: '/run/a.py', line, name: 'f' }));
  const stack = (...lines: number[]) => lines.map((at) => frames[at]!);
  const shared = stack(2, 1);
  const stacks = [
    stack(0),
    stack(0),
    stack(1, 0),
    shared,
    stack(0, 1),
    shared,
    stack(2, 1),
    stack(1, 0),
  ];
  const trace = stacks.map((own, i) => ({
    action: 'alloc',
    addr: 4096 * i,
    size: 512 * (i + 1),
    time_us: 1_760_000_000_000_000 + i,
    frames: own,
  }));
  const pickle = writePickle({ segments: [], device_traces: [trace] });
  const { allocations } = withFile(pickle, readTrace);
  expect(allocations?.sites.map(({ label, bytes }) => [label, bytes])).toEqual([
    ['run/a.py:7 f', 512 * (4 + 6 + 7)],
    ['run/a.py:5 f', 512 * (3 + 8)],
    ['run/a.py:3 f', 512 * (1 + 2 + 5)],
  ]);
});

test("a profiler's trace gives the allocator's totals, which its own bytes add up to, and the steps of the optimizer", () => {
  const trace = read('kineto-cpu.json');
  const curve = series(trace, 'framework.allocated');
  const { traceEvents } = JSON.parse(readFileSync(fixture('kineto-cpu.json'), 'utf8')) as {
    traceEvents: { name: string; ts: number; args: Record<string, number> }[];
  };
  const memory = traceEvents.filter(({ name }) => name === '[memory]').sort((a, b) => a.ts - b.ts);
  let held = (memory[0]?.args['Total Allocated'] ?? 0) - (memory[0]?.args.Bytes ?? 0);
  const sums = memory.map(({ args }) => {
    held += args.Bytes ?? 0;
    return held;
  });
  expect([...(curve?.values ?? [])]).toEqual(sums);
  expect(trace.startedAt?.slice(0, 16)).toBe('2026-11-29T04:40');
  const phases = trace.markers.flatMap((each) =>
    each.type === 'phase' && each.event === 'begin' ? [each.name] : [],
  );
  expect(phases.slice(0, 3)).toEqual(['forward', 'backward', 'optimizer']);
});

test.each([
  ['gpustat.json', 'gpu1.memory.used', [2048 * 2 ** 20, 2049 * 2 ** 20]],
  ['nvtop.json', 'gpu0.memory.used', [5_151_444_992]],
  ['dcgm.prom', 'gpu0.memory.used', [1024 * 2 ** 20, 4096 * 2 ** 20]],
  ['dcgm.prom', 'gpu1.utilization', []],
  ['nvitop.prom', 'gpu0.utilization', [12_000, 99_000]],
  ['wandb-events.jsonl', 'gpu0.memory.used', [2 ** 30, 10 * 2 ** 30]],
  ['mlflow-metrics.json', 'gpu0.memory.used', [1_000_500_000, 9_000_000_000]],
  ['deepspeed.txt', 'framework.reserved', [2.75 * 2 ** 30, 8 * 2 ** 30]],
])('%s gives %s', (name, id, values) => {
  expect([...(series(read(name), id)?.values ?? [])]).toEqual(values);
});

test('JSON comes apart alike however it is cut into pieces', () => {
  const text = '{"a":[1,{"b":"]},\\"{"},[2,3]],"c":{"d":[4]},"e":"x:y,z"}\n{"a":[]}\n[{"f":5},6]';
  const expected = [
    ['a', 1],
    ['a', { b: ']},"{' }],
    ['a', [2, 3]],
    ['c', { d: [4] }],
    ['e', 'x:y,z'],
    '.',
    '.',
    [null, { f: 5 }],
    [null, 6],
    '.',
  ];
  for (let size = 1; size < text.length; size++) {
    const found: unknown[] = [];
    const items = new JsonItems('file', {
      item: ({ key, value }) => found.push([key, value]),
      document: () => found.push('.'),
      end() {},
    });
    for (let at = 0; at < text.length; at += size) items.push(text.slice(at, at + size));
    expect(items.end()).toBe(true);
    expect([size, found]).toEqual([size, expected]);
  }
});
