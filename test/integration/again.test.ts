/** What a session recorded, recorded once more through the terminal: on the same terms, beside the first, and refused with a reason. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Comparison } from '../../src/shared/session/comparison';
import type { SessionDocument } from '../../src/shared/session/session-document';
import { runCli, runJson, temporaryHome } from '../support/cli';

type Again = SessionDocument & { readonly comparison: Comparison };

const home = temporaryHome();
afterAll(() => home.dispose());
const node = process.execPath;
const folder = join(home.dir, 'job');
const script = join(folder, 'tell.mjs');
const secret = 'not-for-any-file-31415';

const write = () => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    script,
    `const { FLAG, HF_TOKEN, OUTER } = process.env;
     console.log(JSON.stringify({ FLAG, token: HF_TOKEN?.length, OUTER, cwd: process.cwd() }));`,
  );
};
const said = ({ logs }: SessionDocument) =>
  JSON.parse(logs.find(({ stream }) => stream === 'stdout')!.text);
const record = (args: string[], env: NodeJS.ProcessEnv = {}) =>
  runJson<SessionDocument>(['record', ...args], home.dir, env);
const again = (id: string, more: string[] = [], env: NodeJS.ProcessEnv = {}) =>
  runJson<Again>(['record', '--again', id, ...more], home.dir, env);

describe('a command that is recorded again', () => {
  let first: SessionDocument;
  beforeAll(async () => {
    write();
    const variables = ['--clean-env', '--env', 'FLAG=7', '--env', `HF_TOKEN=${secret}`];
    const terms = ['--no-instrument', '--interval', '40', ...variables];
    ({ document: first } = await record([...terms, '--', node, script], { OUTER: 'yes' }));
  });

  it('gets the same variables, and its secret from the environment', async () => {
    expect(said(first)).toMatchObject({ FLAG: '7', token: secret.length });
    const { code, document } = await again(first.id, [], { HF_TOKEN: 'other', OUTER: 'yes' });
    expect(code).toBe(0);
    expect(said(document)).toEqual({ ...said(first), token: 'other'.length });
    expect(document.workload.terms).toEqual(first.workload.terms);
    expect(JSON.stringify(document)).not.toContain(secret);
    expect(document.comparison.sessions.map(({ id }) => id)).toEqual([first.id, document.id]);
  });

  it('is compared in words by what tells the two apart, though they have one name', async () => {
    const { stdout } = await runCli(['record', '--again', first.id], home.dir, { HF_TOKEN: 'x' });
    expect(stdout).toMatch(/run 2”[\s\S]*run 1”/);
  });

  it('stands in a report beside the first, with either as the base', async () => {
    const second = (await again(first.id, [], { HF_TOKEN: 'x' })).document;
    const heads = async (...more: string[]) => {
      const { stdout } = await runCli(
        ['report', first.id, second.id, '--format', 'md', '--out', '-', ...more],
        home.dir,
      );
      expect(stdout).toContain('FLAG=7, HF\\_TOKEN, and nothing else');
      return /^\| +\|.*− [AB].*$/m.exec(stdout)?.[0].match(/[AB] − [AB]/g);
    };
    expect(await heads()).toEqual(['B − A']);
    expect(await heads('--base', second.id)).toEqual(['A − B']);
    const { code, stderr } = await runCli(['report', first.id, '--base', 'nowhere'], home.dir);
    expect([code, stderr]).toEqual([2, expect.stringContaining('no session "nowhere"')]);
  });

  it('may be given a name, an interval and variables, and nothing that makes it another run', async () => {
    const { document } = await again(first.id, ['--name', 'anew', '--env', 'FLAG=8'], {
      HF_TOKEN: 'x',
    });
    expect(document.name).toBe('anew');
    expect(said(document).FLAG).toBe('8');
    for (const more of [['--batch', '8'], ['--bundled', 'gpt2'], ['--leave-running']]) {
      const { code, stderr } = await runCli(['record', '--again', first.id, ...more], home.dir);
      expect(code).toBe(2);
      expect(stderr).toContain(`${more[0]} was given too`);
    }
    const both = await runCli(['record', '--again', first.id, '--', node], home.dir);
    expect([both.code, both.stderr]).toEqual([2, expect.stringContaining('More than one thing')]);
  });

  it('is refused where its secret or its folder is not there, or there is no such session', async () => {
    const bare = await runCli(['record', '--again', first.id], home.dir, { HF_TOKEN: undefined });
    expect([bare.code, bare.stderr]).toEqual([2, expect.stringContaining('HF_TOKEN')]);
    const elsewhere = temporaryHome();
    const { document } = await runJson<SessionDocument>(
      ['record', '--', node, '-e', '0'],
      elsewhere.dir,
      { PLUMBLINE_HOME: join(home.dir, 'library') },
    );
    elsewhere.dispose();
    const gone = await runCli(['record', '--again', document.id], home.dir);
    expect([gone.code, gone.stderr]).toEqual([2, expect.stringContaining(elsewhere.dir)]);
    expect((await again('nowhere')).code).toBe(2);
  });

  it('that cannot run any more fails as the first would have, and is compared all the same', async () => {
    renameSync(script, `${script}.gone`);
    try {
      const { code, document } = await again(first.id, [], { HF_TOKEN: 'x' });
      expect(code).toBe(1);
      expect(document.status).toBe('failed');
      expect(document.comparison.sessions).toHaveLength(2);
    } finally {
      renameSync(`${script}.gone`, script);
    }
  });
});

it('a saved workload, recorded again by its session, is what was saved', async () => {
  write();
  const { document } = await record(['--save', 'nightly', '--env', 'FLAG=3', '--', node, script]);
  const { document: run } = await record(['--run', 'nightly']);
  rmSync(join(home.dir, 'library', 'workloads'), { recursive: true });
  const { code, document: second } = await again(run.id);
  expect(code).toBe(0);
  expect(said(second)).toEqual(said(document));
});

it('the bundled workload is the same run to the byte', async () => {
  const small = {
    model_type: 'gpt2',
    n_layer: 1,
    n_embd: 12,
    n_head: 3,
    vocab_size: 37,
    n_positions: 24,
  };
  const config = join(home.dir, 'config.json');
  writeFileSync(config, JSON.stringify(small));
  const { document } = await record([
    ...['--bundled', 'gpt2', '--model', config, '--mode', 'train', '--backend', 'cpu'],
    ...['--batch', '2', '--seq', '6', '--steps', '2'],
  ]);
  rmSync(config);
  const { code, document: second } = await again(document.id);
  expect(code).toBe(0);
  expect(second.run).toEqual(document.run);
  expect(second.comparison.peak.changeBytes).toEqual([null, 0]);
  const refused = await runCli(['record', '--again', document.id, '--env', 'A=1'], home.dir);
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('Only a command')]);
});
