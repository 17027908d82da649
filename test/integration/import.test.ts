/** `plumbline import` and `plumbline export` as the terminal calls them, in a library of their own. */
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { registerExport } from '../../src/main/hosts/cli/commands/export';
import { registerImport } from '../../src/main/hosts/cli/commands/import';
import { registerList } from '../../src/main/hosts/cli/commands/list';
import { registerSessions } from '../../src/main/hosts/cli/commands/sessions';
import { openLibrary } from '../../src/main/store/library';
import { Failure } from '../../src/shared/base/failure';
import { MiB } from '../../src/shared/base/units';
import { computeBudget } from '../../src/shared/budget/budget';
import { preset } from '../../src/shared/model/presets';
import { runDefaults } from '../../src/shared/model/run';
import type { SessionDocument } from '../../src/shared/session/session-document';

const fixtures = join(import.meta.dirname, '..', 'fixtures', 'import');
let folder = '';
let before: string | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plumbline-import-'));
  before = process.env.PLUMBLINE_HOME;
  process.env.PLUMBLINE_HOME = join(folder, 'library');
});
afterEach(() => {
  if (before === undefined) delete process.env.PLUMBLINE_HOME;
  else process.env.PLUMBLINE_HOME = before;
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a command and returns what --json would print. */
async function run(
  ...args: string[]
): Promise<{ document: SessionDocument & Record<string, unknown>; text: string }> {
  const printed: { document: unknown; text: string }[] = [];
  const program = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  const output = {
    json: true,
    say: () => {},
    tell: () => {},
    progress: () => {},
    part: () => {},
    echo: () => {},
    draw: () => {},
    endProgress: () => {},
    result: (document: unknown, text: () => string) =>
      void printed.push({ document, text: text() }),
  };
  for (const register of [registerImport, registerExport, registerList, registerSessions])
    register(program, output);
  await program.parseAsync(['node', 'plumbline', ...args]);
  expect(printed).toHaveLength(1);
  return {
    document: JSON.parse(JSON.stringify(printed[0]!.document)) as SessionDocument &
      Record<string, unknown>,
    text: printed[0]!.text,
  };
}
const files = () =>
  existsSync(join(folder, 'library'))
    ? readdirSync(join(folder, 'library')).filter(
        (name) => name.includes('plumbline') || name.includes('draft'),
      )
    : [];
async function failureOf(...args: string[]): Promise<Failure> {
  const error = await run(...args).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Failure)) throw new Error(`expected a Failure, got ${String(error)}`);
  return error;
}
const fixture = (name: string) => join(fixtures, name);

describe('import', () => {
  test('a recorded CSV becomes a session that show prints alike', async () => {
    const { document, text } = await run('import', fixture('loop.csv'));
    expect(document).toMatchObject({
      name: 'loop.csv',
      status: 'complete',
      durationUs: 201_000,
      exitCode: null,
      model: null,
      simulated: false,
      workload: { kind: 'import' },
    });
    expect(document.environment.gpus).toHaveLength(2);
    expect(document.series.find(({ id }) => id === 'gpu0.memory.used')).toMatchObject({
      count: 3,
      min: 310 * MiB,
      max: 12804 * MiB,
      unit: 'bytes',
    });
    expect(document.gaps).toContainEqual({
      series: 'gpu1.memory.used',
      t0: 201_000,
      t1: 201_000,
      reason: 'lost',
    });
    expect(text).toContain('loop.csv');
    const shown = await run('show', document.id);
    expect(shown.document).toEqual(document);
  });

  test('with its model and run it is explained like a recording, less what the device held at first', async () => {
    const { document } = await run(
      'import',
      fixture('loop.csv'),
      '--model',
      'gpt2',
      '--mode',
      'train',
      '--batch',
      '4',
      '--seq',
      '128',
      '--name',
      'my run',
    );
    const model = preset('gpt2');
    const budget = computeBudget(
      model,
      runDefaults(model, { mode: 'train', batch: 4, seq: 128, framework: 'pytorch' }),
    );
    expect(document).toMatchObject({
      name: 'my run',
      model: { name: 'gpt2' },
      run: { mode: 'train', batch: 4, framework: 'pytorch' },
    });
    expect(document.overlay).toMatchObject({
      series: 'gpu0.memory.used',
      baselineBytes: 310 * MiB,
      measuredPeak: { bytes: (12804 - 310) * MiB, at: 200_000 },
      predictedPeak: { refined: budget.tiers.refined.total },
      residualBytes: (12804 - 310) * MiB - budget.tiers.refined.total,
    });
    const listed = openLibrary().list().sessions;
    expect(listed).toMatchObject([
      { id: document.id, measuredPeak: (12804 - 310) * MiB, model: 'gpt2', mode: 'train' },
    ]);
  });

  test('--baseline says what the device held before', async () => {
    for (const given of [String(100 * MiB), '100MiB']) {
      const { document } = await run('import', fixture('loop.csv'), '--baseline', given);
      expect(document.overlay).toMatchObject({
        baselineBytes: 100 * MiB,
        measuredPeak: { bytes: (12804 - 100) * MiB },
      });
    }
    expect((await failureOf('import', fixture('loop.csv'), '--baseline', 'much')).exitCode).toBe(2);
  });

  test('a log that begins when its run is under way takes nothing off, and says so', async () => {
    const path = join(folder, 'late.csv');
    writeFileSync(
      path,
      'timestamp, memory.used [MiB]\n2026/04/01 21:53:51.356, 20645 MiB\n2026/04/01 21:53:51.456, 20645 MiB\n2026/04/01 21:53:51.556, 20700 MiB\n',
    );
    const { document } = await run('import', path, '--mode', 'generate');
    expect(document.overlay).toMatchObject({
      baselineBytes: 0,
      measuredPeak: { bytes: 20_700 * MiB },
    });
    expect(document.warnings).toContainEqual(
      expect.stringContaining('begins with the memory in use already'),
    );
  });

  test('several files are several sessions, or none where one of them is refused', async () => {
    const files = [fixture('loop.csv'), fixture('absences.csv')];
    const { document } = await run('import', ...files);
    const { sessions } = document as unknown as { sessions: SessionDocument[] };
    expect(sessions.map(({ name }) => name)).toEqual(['loop.csv', 'absences.csv']);
    const prose = join(folder, 'prose.txt');
    writeFileSync(prose, 'no log\nof anything\n');
    expect((await failureOf('import', ...files, prose)).message).toContain('prose.txt');
    const listed = (await run('list')).document as unknown as { sessions: unknown[] };
    expect(listed.sessions).toHaveLength(2);
  });

  test('--dry-run refuses what the import refuses', async () => {
    const path = join(folder, 'unnamed.csv');
    writeFileSync(path, 'alpha,beta\n1,2\n');
    const [looked, imported] = [
      await failureOf('import', path, '--dry-run'),
      await failureOf('import', path),
    ];
    expect(looked.toInfo()).toEqual(imported.toInfo());
  });

  test('--dry-run tells what a file holds and writes nothing', async () => {
    const { document, text } = await run('import', fixture('loop.csv'), '--dry-run');
    expect(document).toMatchObject({
      kind: 'csv',
      driver: null,
      samples: 6,
      gaps: [{ reason: 'lost', count: 4 }],
    });
    expect(Object.keys(document)).toEqual(
      expect.arrayContaining(['kind', 'driver', 'gpus', 'samples', 'series', 'gaps', 'warnings']),
    );
    expect(document.series.find(({ id }) => id === 'gpu1.memory.used')).toMatchObject({
      count: 2,
      max: 5 * MiB,
      gaps: [{ reason: 'lost', count: 1 }],
    });
    expect(text).toMatch(/^csv, driver unknown, 6 rows over 201 ms, from /);
    expect(text).toContain('gpu1.memory.used  5.00 MiB, 2 samples, and lost in between');
    expect(text).toContain('Cells without a value: 4 lost.');
    expect(files()).toEqual([]);
  });

  test.each([
    [
      'an error text',
      'mismatch.txt',
      /holds no reading: nvidia-smi printed "Failed to initialize NVML/,
    ],
  ])('%s is told, and nothing is written', async (_what, name, message) => {
    const failure = await failureOf('import', fixture(name));
    expect(failure.message).toMatch(message);
    expect(failure.exitCode).toBe(2);
    expect(files()).toEqual([]);
  });

  test('memory of the machine is no device’s, and nothing of it was in use before the run', async () => {
    const samples = join(folder, 'samples.csv');
    const row = (t: number, id: string, mib: number) => `${t},${id},bytes,${mib * 2 ** 20},,`;
    const rows = Array.from({ length: 9 }, (_, i) => [
      row(i * 1e6, 'gpu0.memory.used', 600 + 700 * i),
      row(i * 1e6, 'system.memory.used', 2000),
    ]);
    const text = ['time_us,series,unit,value,until_us,absent', ...rows.flat(), ''].join('\n');
    writeFileSync(samples, text);
    const { warnings } = (await run('import', samples)).document;
    expect(warnings.join(' ')).toContain('first sample of each GPU');
    expect(warnings.join(' ')).not.toContain('in use already');
  });

  test('another program’s file without a reading is refused with what its own format lacks', async () => {
    for (const [text, remedy] of [
      [
        '{"traceEvents": [{"ph": "X", "name": "x", "ts": 1, "dur": 1, "pid": 1, "tid": 1}]}',
        /profile\(profile_memory=True\)/,
      ],
      [
        '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"DCGM_FI_DEV_FB_USED"',
        /ends in the middle of a document/,
      ],
    ] as const) {
      const file = join(folder, 'other.json');
      writeFileSync(file, text);
      const failure = await failureOf('import', file);
      expect(failure.message).toContain('holds no reading');
      expect(failure.remedy).toMatch(remedy);
      expect(failure.remedy).not.toContain('nvidia-smi');
    }
  });

  test('what is no trace at all is refused with exit code 2, and nothing is written', async () => {
    const letter = join(folder, 'letter.txt');
    writeFileSync(letter, 'Dear reader,\nthis is no trace.\n');
    const figures = join(folder, 'figures.csv');
    writeFileSync(figures, '2004, 2004, 0, 44\n2004, 2003, 0, 45\n');
    for (const path of [letter, figures, folder, join(folder, 'none.csv')]) {
      const failure = await failureOf('import', path);
      expect([failure.exitCode, failure.message.split('. ').length]).toEqual([2, 1]);
    }
    expect((await failureOf('import', fixture('loop.csv'), '--mode', 'fly')).exitCode).toBe(2);
    expect(files()).toEqual([]);
  });

  test('--keep-raw keeps the bytes as they came, and export gives them back', async () => {
    const odd = join(folder, 'odd.log');
    writeFileSync(
      odd,
      Buffer.concat([
        Buffer.from(
          `\ufeff${readFileSync(fixture('loop.csv'), 'utf8').replaceAll('\n', '\r\n')}2025/12/1`,
          'utf16le',
        ),
        Buffer.alloc(33),
      ]),
    );
    for (const path of [fixture('loop.xml'), odd]) {
      const { document } = await run('import', path, '--keep-raw');
      const { document: exported } = await run(
        'export',
        document.id,
        '--format',
        'raw',
        '--out',
        folder,
      );
      expect(basename(String(exported.path))).toBe(`${document.id}-${basename(path)}`);
      expect(readFileSync(String(exported.path)).equals(readFileSync(path))).toBe(true);
      const again = await run('import', String(exported.path), '--dry-run');
      expect({ ...again.document }).toEqual({
        ...(await run('import', path, '--dry-run')).document,
      });
    }
    const plain = (await run('import', fixture('loop.csv'))).document;
    expect(await failureOf('export', plain.id, '--format', 'raw')).toMatchObject({
      exitCode: 2,
      remedy: 'Import the file again with --keep-raw.',
    });
  });

  test('a log of three hundred thousand rows keeps its peak', async () => {
    const path = join(folder, 'long.csv');
    writeFileSync(path, 'timestamp, memory.used [MiB]\n');
    const rows = 300_000;
    const start = Date.UTC(2025, 0, 1);
    for (let from = 0; from < rows; from += 50_000) {
      appendFileSync(
        path,
        Array.from({ length: 50_000 }, (_, i) => {
          const at = new Date(start + (from + i) * 100)
            .toISOString()
            .replaceAll('-', '/')
            .replace('T', ' ')
            .replace('Z', '');
          return `${at}, ${from + i === 123_456 ? 39_999 : 1000 + ((from + i) % 100)} MiB\n`;
        }).join(''),
      );
    }
    const { document } = await run('import', path);
    expect(document.series).toMatchObject([
      { id: 'gpu0.memory.used', count: rows, min: 1000 * MiB, max: 39_999 * MiB },
    ]);
    expect(document.overlay.measuredPeak).toMatchObject({
      bytes: (39_999 - 1000) * MiB,
      at: 12_345_600_000,
      intervalUs: 100_000,
    });
  });
});

describe('export and back', () => {
  test('a session file comes into another library whole, and under a new id where its own is taken', async () => {
    const { document } = await run('import', fixture('loop.csv'), '--mode', 'train');
    const { document: exported } = await run(
      'export',
      document.id,
      '--format',
      'plumbline',
      '--out',
      folder,
    );
    const path = String(exported.path);
    expect(basename(path)).toBe(`${document.id}.plumbline`);
    const again = (await run('import', path)).document;
    expect(again.id).not.toBe(document.id);
    expect({ ...again, id: document.id }).toEqual(document);
    process.env.PLUMBLINE_HOME = join(folder, 'library', 'other');
    expect((await run('import', path)).document).toEqual(document);
    expect((await run('import', path, '--dry-run')).document).toMatchObject({
      kind: 'plumbline',
      samples: 3,
    });
  });

  test('a damaged session file is refused by its own name and leaves nothing behind', async () => {
    const { document } = await run('import', fixture('loop.csv'));
    const path = join(folder, 'torn.plumbline');
    copyFileSync(join(folder, 'library', `${document.id}.plumbline`), path);
    writeFileSync(path, readFileSync(path).subarray(0, 9000));
    const failure = await failureOf('import', path);
    expect([failure.code, failure.message.includes('torn.plumbline')]).toEqual(['corrupt', true]);
    expect(files()).toEqual([`${document.id}.plumbline`]);
  });

  test('CSV holds every sample and every gap', async () => {
    const { document } = await run('import', fixture('absences.csv'));
    const { document: exported } = await run(
      'export',
      document.id,
      '--format',
      'csv',
      '--out',
      '-',
    );
    const lines = String(exported.text).trim().split('\n');
    expect(lines[0]).toBe('time_us,series,unit,value,until_us,absent');
    expect(lines.filter((line) => line.includes('gpu0.memory.used'))).toEqual([
      `0,gpu0.memory.used,bytes,${100 * MiB},,`,
      '1000000,gpu0.memory.used,bytes,,2000000,lost',
      `2000000,gpu0.memory.used,bytes,${300 * MiB},,`,
      `3000000,gpu0.memory.used,bytes,${400 * MiB},,`,
    ]);
  });

  test('JSON is what show prints, with the samples', async () => {
    const { document } = await run('import', fixture('loop.csv'));
    const { document: exported } = await run(
      'export',
      document.id,
      '--format',
      'json',
      '--out',
      join(folder, 'out.json'),
    );
    const { traces, ...shown } = JSON.parse(
      readFileSync(String(exported.path), 'utf8'),
    ) as SessionDocument & { traces: { id: string; times: number[]; values: number[] }[] };
    expect(shown).toEqual(document);
    expect(traces.find(({ id }) => id === 'gpu0.memory.used')).toMatchObject({
      times: [0, 100_000, 200_000],
      values: [310 * MiB, 2564 * MiB, 12804 * MiB],
    });
  });

  test('a format there is not is refused', async () => {
    const { document } = await run('import', fixture('loop.csv'));
    expect((await failureOf('export', document.id, '--format', 'pdf')).message).toContain('pdf');
  });
});
