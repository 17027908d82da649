import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLibrary } from '../../src/main/store/library';
import type { Claim } from '../../src/shared/chapter/claims';
import type { Outcome } from '../../src/shared/chapter/experiments/measured';
import type { SweepOutcome } from '../../src/shared/chapter/sweeps/outcome';
import type { SessionDocument } from '../../src/shared/session/session-document';
import { runCli, runJson, temporaryHome } from '../support/cli';

interface Answer {
  readonly name: string;
  readonly steps: readonly { readonly what: string; readonly value: number | null }[];
  readonly measured: Outcome | null;
}

describe('an experiment that runs', () => {
  const home = temporaryHome();
  let answer: Answer;
  beforeAll(async () => {
    const { document, code, stderr } = await runJson<Answer>(
      ['experiment', 'activation-memory', '--backend', 'wasm'],
      home.dir,
    );
    expect(code, stderr).toBe(0);
    answer = document;
  });
  afterAll(() => home.dispose());

  it('records real sessions, and tells what they say beside the theory', async () => {
    expect(answer.measured?.sessions).toHaveLength(4);
    const figures = answer.measured!.figures;
    const bytes = await Promise.all(
      answer.measured!.sessions.map(async ({ id }) => {
        const { document } = await runJson<SessionDocument>(['show', id], home.dir);
        expect(document.workload.experiment).toMatchObject({
          id: 'activation-memory',
          full: false,
        });
        return Math.max(
          ...document.markers.flatMap((marker) =>
            marker.type === 'memory' ? [marker.memory.peakComponents?.activations ?? 0] : [],
          ),
        );
      }),
    );
    expect(figures.slice(0, 4).map(({ value }) => value)).toEqual(bytes.map((size) => size / 1e6));
    for (const { value, predicted } of figures.slice(0, 4)) expect(predicted[0]?.value).toBe(value);
    // Four lengths lie on one parabola, so the part in n² has grown sixteenfold over four times the length.
    expect(figures.find(({ what }) => what.startsWith('quadratic part, 256'))?.value).toBeCloseTo(
      16,
      9,
    );
  });

  it('gives the chapter its measured figures, and forgets them with a session', async () => {
    const claims = async (...more: string[]) =>
      (await runJson<{ claims: Claim[] }>(['chapter', '--measured', ...more], home.dir)).document
        .claims;
    const [claim, ...others] = await claims();
    expect(others).toEqual([]);
    expect(claim).toMatchObject({
      id: 'layer-attention-growth',
      printed: 4,
      verdict: 'wrong',
      measured: { unit: '×', sessions: answer.measured!.sessions.map(({ id }) => id) },
    });
    expect(
      (await runJson<Answer>(['experiment', 'activation-memory', '--no-run'], home.dir)).document
        .measured,
    ).toEqual(answer.measured);
    // What a person calls a session is theirs: it stays the experiment's.
    const [first] = answer.measured!.sessions;
    openLibrary(join(home.dir, 'library')).rename(first!.id, 'my run');
    expect((await claims()).map(({ id }) => id)).toEqual(['layer-attention-growth']);
    expect((await runCli(['delete', answer.measured!.sessions[0]!.id], home.dir)).code).toBe(0);
    expect(await claims()).toEqual([]);
    expect(
      (await runJson<Answer>(['experiment', 'activation-memory', '--no-run'], home.dir)).document
        .measured,
    ).toBeNull();
  });

  it('sets students beside their teacher, by the bytes that the published counts of parameters take', async () => {
    const { document, code, stderr } = await runJson<Answer>(
      ['experiment', 'distillation', '--backend', 'wasm'],
      home.dir,
    );
    expect(code, stderr).toBe(0);
    const figures = document.measured!.figures;
    expect(
      figures.filter(({ timed }) => !timed).map(({ what, value, claims }) => [what, value, claims]),
    ).toEqual([
      ['weights, distilbert', 109_482_240 / 66_362_880, ['summary-distil-memory-low']],
      ['weights, tinybert', 109_482_240 / 14_350_248, ['summary-distil-memory-high']],
    ]);
    // Sixteen tokens are too few for the chapter's times.
    expect(figures.filter(({ timed }) => timed).map(({ claims }) => claims)).toEqual([[], []]);
    expect(document.measured!.conditions).toMatch(
      /^bert-base, distilbert, tinybert, 16 tokens, fp32, wasm on /,
    );
  });

  it('is refused what it has not', async () => {
    for (const [args, what] of [
      [['nonsense'], 'nonsense'],
      [['gpt3-forward', '--full'], '--full'],
      [['batching', '--backend', 'cuda'], 'cuda'],
    ] as const) {
      const { code, document } = await runJson<{ error: { code: string; message: string } }>(
        ['experiment', ...args],
        home.dir,
      );
      expect(code).toBe(2);
      expect(document.error).toMatchObject({
        code: 'bad_input',
        message: expect.stringContaining(what),
      });
    }
  });

  it.runIf(process.platform === 'linux')(
    'records nothing and exits with 3 where the machine lacks the backend asked for',
    async () => {
      const before = (await runJson<{ sessions: [] }>(['list'], home.dir)).document.sessions.length;
      for (const name of ['kv-cache', 'activation-memory']) {
        const { code, document } = await runJson<{ error: { code: string; message: string } }>(
          ['experiment', name, '--backend', 'webgpu'],
          home.dir,
          { VK_ICD_FILENAMES: '/nowhere', VK_DRIVER_FILES: '/nowhere' },
        );
        expect(code).toBe(3);
        expect(document.error).toMatchObject({
          code: 'unavailable',
          message: expect.stringContaining('webgpu'),
        });
      }
      const { document } = await runJson<{ sessions: [] }>(['list'], home.dir);
      expect(document.sessions).toHaveLength(before);
    },
  );
});

describe('a sweep of a command', () => {
  const home = temporaryHome();
  afterAll(() => home.dispose());
  const script = "process.exit('{n}' === 'odd' ? 3 : 0)";
  const command = ['--', process.execPath, '-e', script];
  const sweep = async (...options: string[]) => {
    const { document, code, stderr } = await runJson<SweepOutcome>(
      ['experiment', '--sweep', 'n=1,odd', ...options, ...command],
      home.dir,
    );
    // The rest is printed whole; that it is not all is seen by a script, and named to a person.
    expect(code, stderr).toBe(1);
    expect(stderr).toContain('failed: n=odd');
    return {
      stderr,
      failed: document.failed,
      sessions: document.points.map((row) => row.sessions),
    };
  };

  it('goes on after a point that fails, and records nothing twice but what is asked for otherwise', async () => {
    const first = await sweep();
    expect(first.failed).toEqual([{ point: 'n=odd', why: expect.stringContaining('exit code 3') }]);
    expect(first.sessions).toEqual([[expect.any(String)], []]);
    const again = await sweep();
    expect(again.sessions).toEqual(first.sessions);
    // What is in the library tells how long the rest will take.
    expect(again.stderr).toMatch(/2\/2 n=odd, about \d+ s left/);
    const declared = await sweep('--model', 'gpt2-nano');
    expect(declared.stderr).toContain('recorded with other settings');
    expect(declared.sessions[0]).not.toEqual(first.sessions[0]);
  });

  it('exits with 0 where every point was recorded', async () => {
    const { code, stderr } = await runCli(['experiment', '--sweep', 'n=1,2', ...command], home.dir);
    expect(code, stderr).toBe(0);
    expect(stderr).not.toContain('failed');
  });

  it('exits as one recording would where every point fails alike', async () => {
    const swept = async (...words: string[]) =>
      (await runCli(['experiment', '--sweep', 'n=1,2', '--', ...words], home.dir)).code;
    const alone = async (...words: string[]) =>
      (await runCli(['record', '--', ...words], home.dir)).code;
    const missing = await alone('no-such-command', '1');
    expect(missing).not.toBe(1);
    expect(await swept('no-such-command', '{n}')).toBe(missing);
    expect(await swept(process.execPath, '-e', 'process.exit({n})')).toBe(1);
  });
});
