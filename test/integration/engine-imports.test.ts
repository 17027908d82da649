/** The engine's import and export as a front end without a path uses them: pieces in, a session out, and nothing left aside. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createEngine, type Engine } from '../../src/main/engine/engine';
import { Failure } from '../../src/shared/base/failure';
import { MiB } from '../../src/shared/base/units';
import type { EngineEvent } from '../../src/shared/contract/api';
import { preset } from '../../src/shared/model/presets';
import { runDefaults } from '../../src/shared/model/run';

const fixture = (name: string) =>
  readFileSync(join(import.meta.dirname, '..', 'fixtures', 'import', name));
let library = '';
let aside = '';
let before: string | undefined;
let engine: Engine;
beforeEach(() => {
  library = mkdtempSync(join(tmpdir(), 'plumbline-library-'));
  aside = mkdtempSync(join(tmpdir(), 'plumbline-aside-'));
  before = process.env.TMPDIR;
  process.env.TMPDIR = aside;
  engine = createEngine({ host: 'server', library });
});
afterEach(async () => {
  await engine.close();
  if (before === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = before;
  for (const folder of [library, aside]) rmSync(folder, { recursive: true, force: true });
});

async function send(bytes: Uint8Array, fileName: string, pieceBytes = 100): Promise<string> {
  let upload: string | null = null;
  for (let at = 0; at === 0 || at < bytes.length; at += pieceBytes)
    ({ upload } = await engine.upload({
      upload,
      fileName,
      bytes: bytes.subarray(at, at + pieceBytes),
    }));
  return upload!;
}
const failureOf = async (promise: Promise<unknown>): Promise<Failure> => {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Failure)) throw new Error(`expected a Failure, got ${String(error)}`);
  return error;
};

describe('import through the contract', () => {
  test('a log in pieces becomes a session that keeps its bytes, with its model and run', async () => {
    const events: EngineEvent[] = [];
    engine.on((event) => events.push(event));
    const model = preset('gpt2');
    const run = runDefaults(model, { mode: 'train', batch: 4, seq: 128, framework: 'pytorch' });
    const { id } = await engine.import({
      upload: await send(fixture('loop.csv'), 'C:\\logs\\..\\my loop.csv'),
      model,
      run,
      keepRaw: true,
    });
    expect(await engine.show({ id })).toMatchObject({
      name: 'my loop.csv',
      model: { name: 'gpt2' },
      run: { batch: 4 },
      overlay: { measuredPeak: { bytes: (12804 - 310) * MiB } },
    });
    expect((await engine.list()).map((session) => session.id)).toEqual([id]);
    expect(events).toContainEqual({ type: 'library' });
    expect(readdirSync(aside)).toEqual([]);
  });

  test('a session file comes in whole', async () => {
    const { id } = await engine.import({ upload: await send(fixture('loop.xml'), 'a.xml') });
    const file = readFileSync(join(library, `${id}.plumbline`));
    const again = await engine.import({ upload: await send(file, 'elsewhere.plumbline', 50_000) });
    expect(again.id).toBe('elsewhere');
    expect({ ...(await engine.show({ id: again.id })), id }).toEqual(await engine.show({ id }));
  });

  test.each([
    ['nothing', new Uint8Array(), /empty\.csv is empty/],
    [
      'a letter',
      new TextEncoder().encode('Dear reader,\nthis is no trace.\n'),
      /empty\.csv is no file that Plumbline knows/,
    ],
    [
      'a torn session',
      new TextEncoder().encode(`SQLite format 3\0${'x'.repeat(5000)}`),
      /empty\.csv/,
    ],
  ])('%s is refused by its name, and nothing is left', async (_what, bytes, message) => {
    const failure = await failureOf(
      engine.import({ upload: await send(bytes, 'empty.csv', 3000) }),
    );
    expect(failure.message).toMatch(message);
    expect([readdirSync(aside), await engine.list()]).toEqual([[], []]);
  });

  test('a file is taken once; bad pieces, an unknown file and a bad run are refused', async () => {
    const upload = await send(fixture('loop.csv'), 'a.csv');
    const model = preset('gpt2');
    expect(
      (
        await failureOf(
          engine.import({
            upload,
            model,
            run: { ...runDefaults(model, { mode: 'train' }), batch: -1 },
          }),
        )
      ).exitCode,
    ).toBe(2);
    await engine.import({ upload });
    expect((await failureOf(engine.import({ upload }))).code).toBe('not_found');
    expect(
      (await failureOf(engine.upload({ upload: 'none', fileName: 'a', bytes: new Uint8Array(1) })))
        .code,
    ).toBe('not_found');
    expect(
      (
        await failureOf(
          engine.upload({ upload: null, fileName: 'a', bytes: new Uint8Array(MiB + 1) }),
        )
      ).code,
    ).toBe('bad_input');
    expect(
      (
        await failureOf(
          engine.upload({ upload: null, fileName: 'a', bytes: 'text' as unknown as Uint8Array }),
        )
      ).code,
    ).toBe('bad_input');
  });

  test('nothing can be kept aside: that is told, and nothing is begun', async () => {
    process.env.TMPDIR = join(aside, 'gone');
    const failure = await failureOf(
      engine.upload({ upload: null, fileName: 'loop.csv', bytes: new Uint8Array(10) }),
    );
    expect(failure).toMatchObject({
      code: 'unwritable',
      message: expect.stringContaining('loop.csv'),
    });
  });

  test('files that are begun and never finished do not pile up, and go with the engine', async () => {
    for (let i = 0; i < 9; i++)
      await engine.upload({ upload: null, fileName: `${i}`, bytes: new Uint8Array(10) });
    expect(readdirSync(aside)).toHaveLength(4);
    await engine.close();
    expect(readdirSync(aside)).toEqual([]);
  });
});

describe('export through the contract', () => {
  async function take(id: string, format: string): Promise<{ fileName: string; bytes: Buffer }> {
    const begun = await engine.export({ id, format });
    const pieces: Uint8Array[] = [];
    for (;;) {
      const piece = await engine.exportPiece({ export: begun.export });
      if (piece === null) return { fileName: begun.fileName, bytes: Buffer.concat(pieces) };
      pieces.push(piece);
    }
  }

  test('every format of a session arrives in pieces, whole', async () => {
    const { id } = await engine.import({
      upload: await send(fixture('loop.csv'), 'loop.csv'),
      keepRaw: true,
    });
    const formats = (await engine.exportFormats()).filter(({ source }) => source === 'session');
    expect(formats.map((format) => format.id)).toEqual([
      'csv',
      'json',
      'jsonl',
      'chrome-trace',
      'sqlite',
      'parquet',
      'plumbline',
      'raw',
    ]);
    for (const format of formats) {
      const { fileName, bytes } = await take(id, format.id);
      expect(fileName).toMatch(format.id === 'raw' ? /-loop\.csv$/ : `${id}.${format.endings[0]}`);
      expect(bytes.length).toBeGreaterThan(0);
    }
    expect((await take(id, 'raw')).bytes).toEqual(fixture('loop.csv'));
  });

  test('a format or an export that there is not is refused, and so is a session without its file', async () => {
    const { id } = await engine.import({ upload: await send(fixture('loop.csv'), 'loop.csv') });
    expect((await failureOf(engine.export({ id, format: 'html' }))).code).toBe('bad_input');
    expect((await failureOf(engine.export({ id: 'none', format: 'csv' }))).code).toBe('not_found');
    expect((await failureOf(engine.export({ id, format: 'raw' }))).code).toBe('bad_input');
    expect((await failureOf(engine.exportPiece({ export: 'none' }))).code).toBe('not_found');
  });

  test('of exports that nobody takes only the last few are kept', async () => {
    const { id } = await engine.import({ upload: await send(fixture('loop.csv'), 'loop.csv') });
    const begun = [];
    for (let i = 0; i < 6; i++) begun.push(await engine.export({ id, format: 'csv' }));
    const first = await failureOf(engine.exportPiece({ export: begun[0]!.export }));
    expect(first.code).toBe('not_found');
    expect(await engine.exportPiece({ export: begun[5]!.export })).toBeInstanceOf(Uint8Array);
  });
});
