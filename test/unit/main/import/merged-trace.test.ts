/** Two files of one run on one axis: what nvidia-smi saw, and what the engine wrote of itself. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { examineFile, importFile } from '../../../../src/main/engine/imports';
import { openLibrary } from '../../../../src/main/store/library';
import { readSession } from '../../../../src/main/store/session-data';
import { GiB, MiB } from '../../../../src/shared/base/units';
import { firstSample, stats } from '../../../../src/shared/trace/series';

const folder = mkdtempSync(join(tmpdir(), 'plumbline-beside-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, lines: readonly string[]): string => {
  const path = join(folder, name);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
};
const two = (value: number) => String(value).padStart(2, '0');
const smi = write('smi.csv', [
  'timestamp, index, memory.used [MiB]',
  ...Array.from(
    { length: 120 },
    (_, s) =>
      `2026/05/06 20:${two(58 + Math.floor(s / 60))}:${two(s % 60)}.000, 0, ${500 + 100 * s} MiB`,
  ),
]);
const ENGINE = [
  "INFO 05-06 20:58:10 [core.py:96] Initializing a V1 LLM engine (v0.19.0) with config: model='x'",
  'INFO 05-06 20:58:40 [gpu_model_runner.py:4879] Model loading took 12.50 GiB memory and 31.6 seconds',
];

test('each keeps its own time of day, a year that the log leaves out included', async () => {
  const log = write('vllm.log', ENGINE);
  const library = openLibrary(join(folder, 'library'));
  using reader = library.open(await importFile(library, smi, { beside: [log] }));
  const session = readSession(reader);
  const line = (id: string) => {
    const found = session.series.find(({ info }) => info.id === id);
    if (!found) throw new Error(`no ${id}`);
    return found;
  };
  expect(session.startedAt).toBe(new Date('2026-05-06T20:58:00').toISOString());
  expect(session.durationUs).toBe(119e6);
  expect(stats(line('gpu0.memory.used'))).toMatchObject({ count: 120, min: 500 * MiB });
  const weights = stats(line('framework.allocated'));
  expect(weights.max).toBe(12.5 * GiB);
  expect(firstSample(line('framework.allocated'))?.t).toBeGreaterThanOrEqual(10e6 - 2);
  expect(weights.maxAt).toBeGreaterThanOrEqual(40e6);
  expect(weights.maxAt).toBeLessThan(40e6 + 1000);
});

test('a look and an import say the same', async () => {
  const log = write('vllm.log', ENGINE);
  const looked = await examineFile(smi, { beside: [log] });
  expect(looked.series.map(({ id }) => id)).toEqual(['gpu0.memory.used', 'framework.allocated']);
});

test('files of two times, and one without a time, are refused with what they say', async () => {
  const later = write(
    'later.log',
    ENGINE.map((line) => line.replace('05-06 20', '05-07 23')),
  );
  await expect(examineFile(smi, { beside: [later] })).rejects.toThrow(
    /smi\.csv and later\.log are not of one time: .* to .*, the second of /,
  );
  const bare = write('bare.csv', ['index, memory.used [MiB]', '0, 10 MiB', '0, 20 MiB']);
  await expect(examineFile(smi, { beside: [bare] })).rejects.toThrow(
    /bare\.csv does not say when it was recorded/,
  );
});
