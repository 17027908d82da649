/**
 * A look at a file and its import end alike, whatever the file is: with the same exit code, and where it is refused with
 * the same words. What another tool wrote is refused by its name, with one command to run instead.
 */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { registerImport } from '../../../../src/main/hosts/cli/commands/import';
import type { Output } from '../../../../src/main/hosts/cli/output';
import { Failure, type FailureInfo } from '../../../../src/shared/base/failure';
import { importFixtures } from '../../../support/golden';
import { repository } from '../../../support/repository';

const folder = mkdtempSync(join(tmpdir(), 'plumbline-verdict-'));
const before = process.env.PLUMBLINE_HOME;
beforeAll(() => {
  process.env.PLUMBLINE_HOME = join(folder, 'library');
});
afterAll(() => {
  if (before === undefined) delete process.env.PLUMBLINE_HOME;
  else process.env.PLUMBLINE_HOME = before;
  rmSync(folder, { recursive: true, force: true });
});

const fixture = (name: string) => join(repository, 'test/fixtures', name);
const made = (name: string, contents: string | Uint8Array): string => {
  writeFileSync(join(folder, name), contents);
  return join(folder, name);
};
const CSV = readFileSync(fixture('import/loop.csv'));

/** What the terminal ends with. */
async function run(...args: string[]): Promise<{ code: number; failure: FailureInfo | null }> {
  const quiet: Output = {
    json: false,
    result: (_, text) => void text(),
    say() {},
    tell() {},
    part() {},
    echo() {},
    draw() {},
    progress() {},
    endProgress() {},
  };
  const program = new Command().exitOverride().configureOutput({ writeErr() {}, writeOut() {} });
  registerImport(program, quiet);
  try {
    await program.parseAsync(['node', 'plumbline', 'import', ...args]);
    return { code: 0, failure: null };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { code: error.exitCode, failure: error.toInfo() };
  }
}

const FOREIGN: readonly (readonly [tool: string, text: string])[] = [
  [
    'gpustat',
    "box  Thu Jan  1 10:00:00 2026\n[0] NVIDIA A100 | 40'C,  12 % |  1000 / 81920 MB | me(900M)\n",
  ],
  [
    'tegrastats',
    'RAM 2000/7850MB (lfb 1x4MB) SWAP 0/3925MB CPU [1%@1190] EMC_FREQ 0% GR3D_FREQ 12%\n',
  ],
  ['dcgmi', '#Entity   FBUSD  GPUTL\nID\nGPU 0     1000   12\n'],
  ['nvidia-smi topo', '\tGPU0\tGPU1\tCPU Affinity\nGPU0\t X \tNV12\t0-23\nGPU1\tNV12\t X \t0-23\n'],
  [
    'rocm-smi',
    '===== ROCm System Management Interface =====\nGPU  Temp  VRAM%  GPU%\n0    40c   12%    3%\n',
  ],
  [
    'a training log',
    'epoch: 1 step: 10 loss: 2.31 lr: 0.0003\nepoch: 1 step: 20 loss: 2.11 lr: 0.0003\n',
  ],
  ['top', 'top - 10:00:00 up 1 day,  1 user,  load average: 0.1, 0.2, 0.3\nTasks: 10 total\n'],
];

describe('a look and an import end alike', () => {
  test.each(importFixtures)('%s', async (name) => {
    const path = join(folder, basename(name));
    copyFileSync(fixture(name), path);
    expect(await run('--dry-run', path)).toEqual(await run(path));
  });

  test('of what is no file, no whole file, or none of its kind', async () => {
    mkdirSync(join(folder, 'folder'));
    const database = new Database(join(folder, 'other.db'));
    database.exec('CREATE TABLE t (x)');
    database.close();
    const paths: readonly (readonly [path: string, code: number])[] = [
      [join(folder, 'nowhere.csv'), 2],
      [join(folder, 'folder'), 2],
      [join(folder, 'other.db'), 2],
      [made('empty', ''), 2],
      [made('blank', ' \n\n'), 2],
      [made('noise', Buffer.from(Array.from({ length: 4000 }, (_, i) => (i * 7919) % 251))), 2],
      [made('cut.gz', gzipSync(CSV).subarray(0, 60)), 2],
      [made('whole.gz', gzipSync(CSV)), 0],
      [made('header.csv', 'timestamp, index, memory.used [MiB]\n'), 2],
      [made('nameless.csv', '3,1,4\n1,5,9\n'), 2],
      [
        made('list.txt', 'GPU 0: NVIDIA A100 (UUID: GPU-00000000-1111-2222-3333-444444444444)\n'),
        2,
      ],
      [made('json', '{"a": 1}'), 2],
      [made('PAR1', 'PAR1 and nothing of it'), 2],
      [fixture('sessions/v1.plumbline'), 0],
      [made('half.plumbline', readFileSync(fixture('sessions/v1.plumbline')).subarray(0, 9000)), 2],
    ];
    for (const [path, code] of paths) {
      const looked = await run('--dry-run', path);
      expect([path, looked.code]).toEqual([path, code]);
      expect(looked).toEqual(await run(path));
    }
  });

  test('of a million columns or a hundred thousand GPUs, told in a sentence', async () => {
    const million = Array.from({ length: 1_000_000 }, (_, i) => `c${i}`).join(', ');
    const gpus = Array.from({ length: 100_000 }, (_, i) => `${i}, 1 MiB\n`).join('');
    const wide = await run('--dry-run', made('wide.csv', `index, ${million}\n`));
    expect([wide.code, wide.failure?.message]).toEqual([
      2,
      expect.stringMatching(/has lines of more/),
    ]);
    const many = await run(made('many.csv', `index, memory.used [MiB]\n${gpus}`));
    expect([many.code, many.failure?.message]).toEqual([2, expect.stringMatching(/256 GPUs/)]);
  });

  test('of several files, the first that is refused decides', async () => {
    const [good, bad, worse] = [made('a.csv', CSV), made('b.csv', ''), join(folder, 'no.csv')];
    for (const files of [
      [good, good],
      [good, bad],
      [bad, worse],
      [worse, good],
    ])
      expect(await run('--dry-run', ...files)).toEqual(await run(...files));
  });

  test.each(FOREIGN)(
    'of %s, which is named, with one command to run instead',
    async (tool, text) => {
      const path = made('foreign.txt', text);
      const { code, failure } = await run(path);
      expect([code, failure?.message]).toEqual([2, expect.stringContaining(`output of ${tool}`)]);
      expect(failure?.remedy).toMatch(/nvidia-smi --query-gpu=/);
      expect(await run('--dry-run', path)).toEqual({ code, failure });
    },
  );
});
