/** The bundled workload with faults planted in it: each is named, with its exact bytes. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionDocument } from '../../src/shared/session/session-document';
import { runCli, runJson, temporaryHome } from '../support/cli';

let home: ReturnType<typeof temporaryHome>;
let config: string;
beforeAll(() => {
  home = temporaryHome();
  config = join(home.dir, 'config.json');
  writeFileSync(
    config,
    JSON.stringify({
      model_type: 'gpt2',
      n_layer: 2,
      n_embd: 12,
      n_head: 3,
      vocab_size: 37,
      n_positions: 24,
    }),
  );
});
afterAll(() => home.dispose());

const record = (fault: string, ...options: string[]) =>
  runJson<SessionDocument & { expectations?: { expectation: string; met: boolean }[] }>(
    ['record', '--bundled', 'gpt2', '--model', config, '--backend', 'cpu', ...options],
    home.dir,
    { PLUMBLINE_FAULT: fault },
  );
const train = ['--mode', 'train', '--batch', '2', '--seq', '7', '--steps', '4'];
const generate = ['--mode', 'generate', '--batch', '2', '--prompt-tokens', '5', '--tokens', '8'];

describe('a planted fault is named', () => {
  it.each([
    ['training', train],
    ['generation', generate],
  ])('another batch than declared, by the batch that fits exactly: %s', async (_name, options) => {
    const { document } = await record('batch:5', ...options);
    expect(document.findings.map(({ kind }) => kind)).toEqual(['batch_mismatch']);
    const [found] = document.findings;
    expect(found).toMatchObject({
      confidence: 'high',
      setting: { field: 'batch', declared: 2, fits: 5 },
    });
    // All that lies above the prediction where it is furthest off.
    expect(found!.bytes).toBe(
      Math.max(...document.overlay.phases.map(({ residualBytes }) => residualBytes!)),
    );
  });

  it('fp32 where fp16 was declared, by the two bytes a number that it takes more', async () => {
    const { document } = await record('fp32', ...generate, '--precision', 'fp16');
    const [found] = document.findings;
    expect(document.findings).toHaveLength(1);
    expect(found).toMatchObject({
      kind: 'dtype_mismatch',
      confidence: 'high',
      setting: { field: 'precision', declared: 'fp16', fits: 'fp32' },
    });
    expect(found!.title).toBe('Tensors take the bytes of fp32, not of fp16 as declared');
    // Weights of 2 layers (4 of 12 x 12, 2 of 12 x 48) and the tables of 37 and 24 rows; 2 layers of keys and values for 2 sequences of 12 tokens.
    const weights = 2 * (2 * (4 * 12 * 12 + 2 * 12 * 48) + (37 + 24) * 12);
    const load = document.overlay.phases.find(({ phase }) => phase === 'load')!;
    expect(load.residualBytes).toBe(weights);
    const decode = document.overlay.phases.find(({ phase }) => phase === 'decode')!;
    expect(decode.residualEndBytes).toBe(weights + 2 * (2 * 2 * 2 * 12 * 12));
    expect(found!.bytes).toBe(
      Math.max(...document.overlay.phases.map(({ residualBytes }) => residualBytes!)),
    );
  });

  it('a KV cache in fp32 where int8 was declared, by its bytes', async () => {
    const { document } = await record(
      'kv:fp32',
      ...generate,
      '--precision',
      'int8',
      '--kv-precision',
      'int8',
    );
    const [found] = document.findings;
    expect(document.findings).toHaveLength(1);
    expect(found).toMatchObject({
      kind: 'dtype_mismatch',
      confidence: 'high',
      setting: { field: 'kvPrecision', declared: 'int8', fits: 'fp32' },
    });
    // Per head of four numbers: 16 bytes, not one word and its scale.
    const decode = document.overlay.phases.find(({ phase }) => phase === 'decode')!;
    expect(decode.residualEndBytes).toBe(2 * 2 * 2 * 12 * 3 * (16 - 8));
  });

  it('a second copy of the KV cache, by the bytes of one', async () => {
    const { document } = await record('kv:double', ...generate);
    expect(document.findings.map(({ kind, title }) => [kind, title])).toEqual([
      ['dtype_mismatch', 'The KV cache holds twice what was declared'],
    ]);
    // Keys and values of 2 layers, 2 sequences and 5 + 8 - 1 tokens, 12 wide, float32.
    expect(document.findings[0]!.bytes).toBe(2 * 2 * 2 * 12 * 12 * 4);
  });

  it('two at once: a leak beside a wrong batch, and beside a doubled cache', async () => {
    const both = (await record('leak:4096,batch:3', ...train)).document;
    expect(
      both.findings.map(({ kind, slope, setting }) => [kind, slope?.bytes ?? setting?.fits]),
    ).toEqual([
      ['leak', 4096],
      ['batch_mismatch', 3],
    ]);
    const cache = (await record('leak:4096,kv:double', ...generate)).document;
    expect(
      cache.findings
        .filter(({ kind }) => kind !== 'unexplained')
        .map(({ kind, slope, setting }) => [kind, slope?.bytes ?? setting?.fits]),
    ).toEqual([
      ['leak', 4096],
      ['dtype_mismatch', 2],
    ]);
  });
});

describe('expectations at the terminal', () => {
  it('that are not met exit with 4, after the whole document, and are named', async () => {
    const junit = join(home.dir, 'out', 'junit.xml');
    const { code, document, stderr } = await record(
      '',
      ...train,
      '--fail-on',
      'peak=1KiB,residual=0',
      '--junit',
      junit,
    );
    expect(code).toBe(4);
    expect(document.overlay.residualBytes).toBe(0);
    expect(document.expectations).toMatchObject([
      { expectation: 'peak=1KiB', met: false },
      { expectation: 'residual=0', met: true },
    ]);
    expect(stderr).toMatch(/expectation was not met: peak=1KiB/);
    const compared = await runCli(
      ['compare', document.id, document.id, '--fail-on', 'peak>+2%'],
      home.dir,
    );
    expect(compared.code).toBe(0);
  });

  it('that make no sense are refused before anything is recorded', async () => {
    const { code, stdout } = await runCli(
      ['record', '--bundled', 'gpt2', '--fail-on', 'speed=9', '--json'],
      home.dir,
    );
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'bad_input' } });
  });
});
