/** Saved workloads and the environment a workload gets, through the terminal as a person uses them. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { SavedWorkload } from '../../src/shared/contract/api';
import type { SessionDocument } from '../../src/shared/session/session-document';
import { runCli, runJson, temporaryHome } from '../support/cli';

const home = temporaryHome();
afterAll(() => home.dispose());
const node = process.execPath;
/** Prints its environment and its arguments as one JSON line. */
const tell = [
  '-e',
  'console.log(JSON.stringify({ env: process.env, args: process.argv.slice(1) }))',
];
const said = (document: SessionDocument): { env: Record<string, string>; args: string[] } =>
  JSON.parse(document.logs.find(({ stream }) => stream === 'stdout')!.text);
const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name));

describe('the environment of a workload', () => {
  it("is all of Plumbline's own and what is set for it", async () => {
    const { document } = await runJson<SessionDocument>(
      ['record', '--env', 'A=1', '--env', 'B=x=y', '--', node, ...tell],
      home.dir,
      { OUTER: 'yes' },
    );
    expect(said(document).env).toMatchObject({
      A: '1',
      B: 'x=y',
      OUTER: 'yes',
      PATH: process.env.PATH,
    });
  });

  it('is what any program needs, and what is passed on by name', async () => {
    const { document } = await runJson<SessionDocument>(
      ['record', '--pass-env', 'WANTED', '--env', 'SET=1', '--', node, ...tell],
      home.dir,
      { WANTED: 'w', OUTER: 'no', CUDA_VISIBLE_DEVICES: '' },
    );
    const { env } = said(document);
    expect(env).toMatchObject({
      WANTED: 'w',
      SET: '1',
      PATH: process.env.PATH,
      CUDA_VISIBLE_DEVICES: '',
    });
    expect(env.OUTER).toBeUndefined();
  });

  it.each([
    [['--env', 'NOVALUE', '--', node], /--env cannot be "NOVALUE"/],
    [['--env', '=x', '--', node], /--env cannot be "=x"/],
    [
      ['--pass-env', 'NOT_SET_ANYWHERE', '--', node],
      /NOT_SET_ANYWHERE is to be passed on and is not set/,
    ],
    [['--bundled', 'gpt2', '--clean-env'], /Only a command/],
  ])('refuses %j', async (args, sentence) => {
    const { code, stderr } = await runCli(['record', ...args], home.dir);
    expect(code).toBe(2);
    expect(stderr).toMatch(sentence);
  });
});

describe('a secret', () => {
  const secret = 'hf_q7Zk3VexampleVALUE';

  it('reaches the workload and stands in no file, no document and no report', async () => {
    const own = temporaryHome();
    try {
      const script =
        'console.log(process.env.HF_TOKEN.length, process.argv[1] === process.env.HF_TOKEN, process.env.HF_TOKEN)';
      const recorded = await runJson<SessionDocument>(
        [
          'record',
          '--save',
          'with-token',
          '--env',
          `HF_TOKEN=${secret}`,
          '--',
          node,
          '-e',
          script,
          'x',
        ],
        own.dir,
      );
      expect(recorded.code).toBe(0);
      expect(recorded.document.logs[0]!.text).toBe(`${secret.length} false ‹hidden›`);
      const again = await runJson<SessionDocument>(['record', '--run', 'with-token'], own.dir, {
        HF_TOKEN: secret,
      });
      expect(again.code).toBe(0);
      const argument = await runJson<SessionDocument>(
        ['record', '--', node, '-e', '0', '--', '--api-key', secret],
        own.dir,
      );
      expect(argument.document.workload.command).toContain('‹hidden›');
      const reports = await Promise.all(
        ['html', 'md', 'json'].map((format) =>
          runCli(
            ['report', argument.document.id, again.document.id, '--format', format, '--out', '-'],
            own.dir,
          ),
        ),
      );
      const everything = [recorded, again, argument, ...reports]
        .map(({ stdout, stderr }) => stdout + stderr)
        .join();
      expect(everything).not.toContain(secret);
      for (const file of filesOf(own.dir))
        expect(readFileSync(file).includes(secret), file).toBe(false);
    } finally {
      own.dispose();
    }
  });

  it('is asked for when a saved workload is run without it', async () => {
    const { code, stderr } = await runCli(
      ['record', '--save', 'asks', '--env', `HF_TOKEN=${secret}`, '--', node, '-e', '0'],
      home.dir,
    );
    expect(code, stderr).toBe(0);
    const without = await runCli(['record', '--run', 'asks'], home.dir);
    expect(without.code).toBe(2);
    expect(without.stderr).toMatch(/HF_TOKEN is to be passed on and is not set/);
    expect(
      (await runCli(['record', '--run', 'asks', '--env', `HF_TOKEN=${secret}`], home.dir)).code,
    ).toBe(0);
  });

  it('in a command keeps it from being saved, and nothing is recorded', async () => {
    const own = temporaryHome();
    try {
      const { code, stderr } = await runCli(
        ['record', '--save', 'bad', '--', node, '-e', '0', `--api-key=${secret}`],
        own.dir,
      );
      expect(code).toBe(2);
      expect(stderr).toMatch(/looks like a secret \(--api-key\).*never stored/);
      expect(stderr).not.toContain(secret);
      expect(filesOf(own.dir)).toEqual([]);
    } finally {
      own.dispose();
    }
  });
});

describe('a saved workload', () => {
  it('is listed, shown, run again as it was, and deleted', async () => {
    const own = temporaryHome();
    try {
      expect((await runCli(['workloads'], own.dir)).stdout).toMatch(
        /No workload has been saved yet/,
      );
      const first = await runJson<SessionDocument>(
        [
          'record',
          '--save',
          'tell',
          '--interval',
          '50',
          '--env',
          'A=1',
          '--model',
          'gpt2',
          '--mode',
          'train',
          '--batch',
          '3',
          '--',
          node,
          ...tell,
          'two words',
        ],
        own.dir,
      );
      const { document: listing } = await runJson<{ workloads: SavedWorkload[] }>(
        ['workloads', 'list'],
        own.dir,
      );
      expect(listing.workloads.map(({ name }) => name)).toEqual(['tell']);
      expect((await runCli(['workloads', 'show', 'TELL'], own.dir)).stdout).toMatch(
        /'two words'[\s\S]*set +A=1/,
      );
      const again = await runJson<SessionDocument>(
        ['record', '--run', 'tell', '--env', 'B=2'],
        own.dir,
      );
      expect(again.document).toMatchObject({
        name: 'tell',
        run: { mode: 'train', batch: 3 },
        model: { name: 'gpt2' },
      });
      expect(again.document.workload.command).toEqual(first.document.workload.command);
      expect(said(again.document)).toMatchObject({ args: ['two words'], env: { A: '1', B: '2' } });
      expect((await runCli(['workloads', 'delete', 'tell'], own.dir)).code).toBe(0);
      const gone = await runCli(['record', '--run', 'tell'], own.dir);
      expect(gone).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/no saved workload "tell"/),
      });
    } finally {
      own.dispose();
    }
  });

  it.each([
    [['record', '--save', '../x', '--', node], /cannot be saved as/],
    [['record', '--save', 'p', '--pid', '1'], /cannot be saved/],
    [['record', '--run', 'asks', '--batch', '4'], /--batch was given too/],
    [['record', '--run', 'asks', '--', node], /More than one thing/],
    [['workloads', 'delete', 'nobody'], /no saved workload "nobody"/],
  ])('%j is refused', async (args, sentence) => {
    const { code, stderr } = await runCli(args, home.dir);
    expect(code).toBe(2);
    expect(stderr).toMatch(sentence);
  });

  it('is not replaced by another of its name', async () => {
    expect((await runCli(['record', '--save', 'once', '--', node, '-e', '0'], home.dir)).code).toBe(
      0,
    );
    const { code, stderr } = await runCli(
      ['record', '--save', 'ONCE', '--', node, '-e', '1'],
      home.dir,
    );
    expect(code).toBe(2);
    expect(stderr).toMatch(/"ONCE" already/);
  });

  it.each([
    ['{', /damaged: it is not JSON/],
    ['{"version":2,"request":{}}', /later version/],
    ['{"version":1,"savedAt":"","request":{"command":[]}}', /damaged: request\.command/],
    [
      '{"version":1,"savedAt":"","request":{"bundled":"gpt2","model":{"name":"x","layers":-1},"run":{"mode":"train"}}}',
      /layers/i,
    ],
  ])('whose file holds %s is named and left as it is; the others stay', async (text, sentence) => {
    const own = temporaryHome();
    try {
      const folder = join(own.dir, 'library', 'workloads');
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'odd.json'), text);
      writeFileSync(
        join(folder, 'good.json'),
        JSON.stringify({
          version: 1,
          savedAt: '2026-11-24T06:00:00Z',
          request: { command: [node, '-e', '0'] },
        }),
      );
      const listed = await runCli(['workloads'], own.dir);
      expect(listed.stdout).toMatch(/good/);
      expect(listed.stderr).toMatch(sentence);
      expect((await runCli(['record', '--run', 'odd'], own.dir)).code).toBe(2);
      expect(readFileSync(join(folder, 'odd.json'), 'utf8')).toBe(text);
    } finally {
      own.dispose();
    }
  });
});
