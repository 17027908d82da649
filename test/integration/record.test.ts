import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ChartReadings } from '../../src/main/export/html-script';
import type { Inversion } from '../../src/shared/divergence/inversion/inversion';
import { methodNotes } from '../../src/shared/present/method';
import type { SessionDocument } from '../../src/shared/session/session-document';
import type { SessionSummary } from '../../src/shared/session/types';
import {
  pidsWithEnvironment,
  runCli,
  runJson,
  startCli,
  temporaryHome,
  until,
} from '../support/cli';
import { repository } from '../support/repository';

let home: ReturnType<typeof temporaryHome>;
beforeEach(() => {
  home = temporaryHome();
});
afterEach(() => home.dispose());

const script = (name: string, text: string): string => {
  const path = join(home.dir, name);
  writeFileSync(path, text);
  return path;
};
const show = async (id: string) =>
  (await runJson<SessionDocument>(['show', id], home.dir)).document;
const files = () => {
  try {
    return readdirSync(join(home.dir, 'library')).filter((name) => name.endsWith('.plumbline'));
  } catch {
    return [];
  }
};

describe('recording a Python script', () => {
  it('shows the phases it announces, its peak and its exit code', async () => {
    const python = script(
      'train.py',
      `
import sys, time
sys.path.insert(0, ${JSON.stringify(join(repository, 'resources', 'python'))})
import plumbline
with plumbline.phase("load"):
    block = bytearray(80 * 1024 * 1024)
    for i in range(0, len(block), 4096): block[i] = 1
    time.sleep(0.4)
for i in (1, 2):
    with plumbline.phase("forward", step=i):
        time.sleep(0.15)
print("trained")
sys.exit(3)
`,
    );
    const { code, document } = await runJson<SessionDocument>(
      ['record', '--interval', '20', '--', 'python3', python],
      home.dir,
    );
    expect(code).toBe(1);
    expect(document.status).toBe('failed');
    expect(document.exitCode).toBe(3);
    expect(document.overlay.phases.map(({ phase, step }) => [phase, step])).toEqual([
      ['load', null],
      ['forward', 1],
      ['forward', 2],
    ]);
    expect(document.overlay.series).toBe('tree.rss');
    expect(document.overlay.measuredPeak!.bytes).toBeGreaterThan(80 * 1024 ** 2);
    expect(document.overlay.measuredPeak!.bytes).toBeLessThan(200 * 1024 ** 2);
    expect(document.logs.map(({ text }) => text)).toContain('trained');
  });

  const helpers = join(repository, 'resources', 'python');
  /** A script that imports the helper and a module of `modules` by name, and says what it finds in its environment. */
  const importing = (): { python: string; modules: string } => {
    const modules = join(home.dir, 'modules');
    mkdirSync(modules);
    script(join('modules', 'beside.py'), 'word = "mine"\n');
    const python = script(
      'importing.py',
      `
import os, sys
import plumbline
from beside import word
with plumbline.phase("forward", step=1):
    print(word, os.environ.get("KEPT"))
print(os.environ["PYTHONPATH"])
print(any(type(finder).__name__ == "_WaitForTorch" for finder in sys.meta_path))
`,
    );
    return { python, modules };
  };
  const phases = (document: SessionDocument) =>
    document.overlay.phases.map(({ phase, step }) => [phase, step]);
  const printed = (document: SessionDocument) => document.logs.map(({ text }) => text);

  const watchedPath = (modules: string) =>
    [join(helpers, 'instrument'), helpers, modules].join(delimiter);

  it('lets it import the helper by name, beside what PYTHONPATH held, and watches it', async () => {
    const { python, modules } = importing();
    const { document } = await runJson<SessionDocument>(
      ['record', '--', 'python3', python],
      home.dir,
      { PYTHONPATH: modules, KEPT: 'yes' },
    );
    expect(phases(document)).toEqual([['forward', 1]]);
    expect(printed(document)).toEqual(['mine yes', watchedPath(modules), 'True']);
  });

  it.each([
    [['--no-instrument'], {}],
    [[], { PLUMBLINE_INSTRUMENT: '0' }],
  ])('leaves it alone where it is told to: %j %j', async (options, env) => {
    const { python, modules } = importing();
    const { document } = await runJson<SessionDocument>(
      ['record', ...options, '--', 'python3', python],
      home.dir,
      { PYTHONPATH: modules, KEPT: 'yes', ...env },
    );
    expect(phases(document)).toEqual([['forward', 1]]);
    expect(printed(document)).toEqual(['mine yes', `${helpers}${delimiter}${modules}`, 'False']);
    expect(document.workload.terms).toMatchObject({ instrument: 'none' });
    expect(methodNotes(document).join(' ')).toContain('The command was left alone');
  });

  it('lets it import the helper where only what it needs is passed on', async () => {
    const { python, modules } = importing();
    const { document } = await runJson<SessionDocument>(
      ['record', '--clean-env', '--env', `PYTHONPATH=${modules}`, '--', 'python3', python],
      home.dir,
      { KEPT: 'yes' },
    );
    expect(phases(document)).toEqual([['forward', 1]]);
    expect(printed(document)).toEqual(['mine None', watchedPath(modules), 'True']);
  });
});

describe('recording a Node script', () => {
  it('works without any marker', async () => {
    const node = script(
      'work.mjs',
      `const block = Buffer.alloc(64 * 1024 ** 2, 1); setTimeout(() => console.log(block.length), 400);`,
    );
    const { code, document } = await runJson<SessionDocument>(
      ['record', '--interval', '20', '--', process.execPath, node],
      home.dir,
    );
    expect(code).toBe(0);
    expect(document.status).toBe('complete');
    expect(document.overlay.phases).toEqual([]);
    expect(document.overlay.measuredPeak!.bytes).toBeGreaterThan(64 * 1024 ** 2);
    expect(document.findings).toEqual([]);
  });

  it('tells the signal that ended it', async () => {
    const node = script('die.mjs', `setTimeout(() => process.kill(process.pid, 'SIGTERM'), 100);`);
    const { code, document } = await runJson<SessionDocument>(
      ['record', '--', process.execPath, node],
      home.dir,
    );
    expect(code).toBe(1);
    expect([document.exitCode, document.signal]).toEqual([null, 'SIGTERM']);
  });
});

describe('a recording that is cut short', () => {
  const sleeper = (word: string) =>
    script(
      'sleep.mjs',
      `
import { spawn } from 'node:child_process';
spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore', env: process.env }).unref();
console.log('ready ${word}');
setInterval(() => {}, 1000);
`,
    );

  it('is interrupted by Ctrl-C, with exit code 130 and no process left', async () => {
    const word = `PLUMBLINE_TEST_MARK=${Math.random()}`;
    const running = startCli(['record', '--json', '--', process.execPath, sleeper('a')], home.dir, {
      PLUMBLINE_TEST_MARK: word.split('=')[1],
    });
    await running.waitFor('ready a');
    running.child.kill('SIGINT');
    const { code, stdout } = await running.done;
    expect(code).toBe(130);
    expect((JSON.parse(stdout) as SessionDocument).status).toBe('interrupted');
    expect(await pidsWithEnvironment(word)).toEqual([]);
  });

  it('opens as recovered after SIGKILL, and no process of the workload is left', async () => {
    const word = `PLUMBLINE_TEST_MARK=${Math.random()}`;
    const running = startCli(
      ['record', '--interval', '20', '--', process.execPath, sleeper('b')],
      home.dir,
      { PLUMBLINE_TEST_MARK: word.split('=')[1] },
    );
    await running.waitFor('ready b');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    running.child.kill('SIGKILL');
    await running.done;
    await until(async () => (await pidsWithEnvironment(word)).length === 0, 'the workload to end');
    const { document } = await runJson<{ sessions: SessionSummary[] }>(['list'], home.dir);
    expect(document.sessions.map(({ status }) => status)).toEqual(['recovered']);
    const doc = await show(document.sessions[0]!.id);
    expect(doc.status).toBe('recovered');
    expect(doc.series.find(({ id }) => id === 'tree.rss')!.count).toBeGreaterThan(10);
    expect(doc.durationUs).toBeGreaterThan(500_000);
    // Once it was looked at, lists know its peak as that of any other.
    const after = await runJson<{ sessions: SessionSummary[] }>(['list'], home.dir);
    expect(after.document.sessions[0]).toMatchObject({
      status: 'recovered',
      measuredPeak: doc.overlay.measuredPeak!.bytes,
    });
  });
});

describe('the bundled GPT-2', () => {
  const config = () =>
    script(
      'config.json',
      JSON.stringify({
        model_type: 'gpt2',
        n_layer: 2,
        n_embd: 12,
        n_head: 3,
        vocab_size: 37,
        n_positions: 24,
      }),
    );

  it.each([
    ['train', ['--batch', '2', '--seq', '7', '--steps', '3']],
    ['generate', ['--prompt-tokens', '5', '--tokens', '4']],
    ['generate without a cache', ['--prompt-tokens', '5', '--tokens', '4', '--kv-cache', 'off']],
  ])('matches its budget to the byte: %s', async (name, options) => {
    const { code, document } = await runJson<SessionDocument>(
      [
        'record',
        '--bundled',
        'gpt2',
        '--model',
        config(),
        '--mode',
        name.split(' ')[0]!,
        '--backend',
        'cpu',
        ...options,
      ],
      home.dir,
    );
    expect(code).toBe(0);
    expect(document.overlay.series).toBe('framework.allocated');
    expect(document.overlay.phases.length).toBeGreaterThan(2);
    for (const phase of document.overlay.phases) {
      expect(phase.predicted.refined, `${phase.phase} ${phase.step}`).not.toBeNull();
      expect([phase.measured, phase.end], `${phase.phase} ${phase.step}`).toEqual([
        phase.predicted.refined,
        phase.predictedEnd.refined,
      ]);
      expect(phase.flagged).toBe(false);
    }
    expect(document.overlay.residualBytes).toBe(0);
    expect(document.findings).toEqual([]);
  });

  it('is drawn in its report under the curve that is predicted, which is the measured line', async () => {
    const { document } = await runJson<SessionDocument>(
      [
        ...['record', '--bundled', 'gpt2', '--model', config(), '--mode', 'train'],
        ...['--backend', 'cpu', '--batch', '8', '--seq', '20', '--steps', '3'],
      ],
      home.dir,
    );
    const render = () =>
      runCli(['report', document.id, '--format', 'html', '--out', '-'], home.dir);
    const { stdout: page } = await render();
    expect((await render()).stdout).toBe(page);
    expect(page).toMatch(/<path class="curve" d="M[\d. ]+[HV]/);
    const json = /data-chart="([^"]*)"/.exec(page)![1]!.replaceAll('&quot;', '"');
    const { times, values, spans, curves } = JSON.parse(json) as ChartReadings;
    const measuredAt = (t: number) => values[times.findLastIndex((each) => each <= t)];
    expect(curves.length).toBeGreaterThan(3);
    for (const curve of curves) {
      expect(curve.names.at(-1)).toMatch(/^Operation \d+ of \d+/);
      expect(curve.values).toEqual(curve.times.map(measuredAt));
      const [, , highest] = spans.findLast(([t0 = 0]) => t0 <= curve.times[0]!)!;
      expect(Math.max(...curve.values)).toBeLessThanOrEqual(highest!);
    }
  });

  it('is told by its trace alone, without its framework or its model being said again', async () => {
    const command = 'record --bundled gpt2 --model gpt2-nano --mode train --batch 2 --seq 64';
    const { document } = await runJson<SessionDocument>(
      `${command} --optimizer sgd --steps 2`.split(' '),
      home.dir,
    );
    const told = { batch: 2, seq: 64, precision: 'fp32', optimizer: 'sgd', checkpointing: 'none' };
    for (const model of [[], ['--model', 'gpt2-nano', '--mode', 'train']]) {
      const { document: inversion } = await runJson<Inversion>(
        ['invert', document.id, ...model],
        home.dir,
      );
      const found = inversion.estimates.map(({ field, estimate }) => [field, estimate]);
      expect(Object.fromEntries(found)).toEqual(told);
    }
  });

  it('shows a planted leak as exactly that residual, flagged and named', async () => {
    const { document } = await runJson<SessionDocument>(
      [
        'record',
        '--bundled',
        'gpt2',
        '--model',
        config(),
        '--mode',
        'train',
        '--backend',
        'cpu',
        '--batch',
        '1',
        '--seq',
        '6',
        '--steps',
        '4',
      ],
      home.dir,
      { PLUMBLINE_FAULT: 'leak:4096' },
    );
    const ends = document.overlay.phases
      .filter(({ phase }) => phase === 'optimizer')
      .map(({ residualEndBytes }) => residualEndBytes);
    expect(ends).toEqual([4096, 8192, 12288, 16384]);
    expect(document.findings.map(({ kind }) => kind)).toContain('leak');
    expect(document.findings.find(({ kind }) => kind === 'leak')!.evidence.join(' ')).toMatch(
      /4,096|4096|4\.0 KiB/,
    );
  });
});

describe('bad input', () => {
  it.each([
    ['an unknown model', ['budget', '--model', 'gpt5'], 2, /no model "gpt5"/],
    ['heads that do not divide the width', ['budget', '--model', 'CONFIG'], 2, /heads/i],
    ['a count of zero', ['budget', '--model', 'gpt2', '--batch', '0'], 2, /--batch cannot be "0"/],
    ['a negative count', ['budget', '--model', 'gpt2', '--batch=-4'], 2, /--batch cannot be "-4"/],
    [
      'a prompt past the positions',
      ['budget', '--model', 'gpt2', '--prompt-tokens', '2000'],
      2,
      /--tokens cannot be 1: 2000 prompt tokens/,
    ],
    [
      'a sequence longer than the positions',
      ['budget', '--model', 'gpt2', '--mode', 'train', '--seq', '2000'],
      2,
      /1,?024/,
    ],
    [
      'a command that does not exist',
      ['record', '--', 'no-such-command-here'],
      2,
      /no-such-command-here/,
    ],
    ['a pid that does not exist', ['record', '--pid', '4194000'], 2, /4194000/],
    ['an id that is not there', ['show', 'nothing'], 2, /no session "nothing"/],
    ['nothing to record', ['record'], 2, /nothing to record/],
    [
      'a precision the bundled workload has not',
      ['record', '--bundled', 'gpt2', '--precision', 'bf16'],
      3,
      /has no bf16: TensorFlow\.js computes in float32 alone/,
    ],
    [
      'training in a packed precision',
      ['record', '--bundled', 'gpt2', '--mode', 'train', '--precision', 'int8'],
      3,
      /trains in fp32 only, not int8/,
    ],
    [
      'a budget of what cannot run',
      ['budget', '--framework', 'tfjs', '--kv-precision', 'mixed-fp16'],
      3,
      /has no mixed-fp16/,
    ],
    ['an unknown option', ['list', '--colour'], 2, /colour/],
    ['an unknown command', ['lst'], 2, /lst/],
    ['one session to compare', ['compare', 'x'], 2, /two sessions/],
  ])(
    '%s: one sentence, the remedy, the exit code, nothing written',
    async (_name, args, exitCode, message) => {
      const config = script(
        'bad.json',
        JSON.stringify({
          model_type: 'gpt2',
          n_layer: 2,
          n_embd: 12,
          n_head: 5,
          vocab_size: 37,
          n_positions: 24,
        }),
      );
      const { code, document, stderr } = await runJson<{
        error: { code: string; message: string; remedy: string };
      }>(
        args.map((arg) => (arg === 'CONFIG' ? config : arg)),
        home.dir,
      );
      expect(code).toBe(exitCode);
      expect(document.error.message).toMatch(message);
      expect(document.error.remedy.length).toBeGreaterThan(10);
      expect(stderr).not.toMatch(/\bat .*\.js:\d+/);
      expect(files()).toEqual([]);
    },
  );

  it('a library that cannot be written: exit code 3 and where to point it', async () => {
    const blocked = script('file', '');
    const { code, document } = await runJson<{ error: { remedy: string } }>(['list'], home.dir, {
      PLUMBLINE_HOME: join(blocked, 'library'),
    });
    expect(code).toBe(3);
    expect(document.error.remedy).toMatch(/PLUMBLINE_HOME/);
  });

  it('a damaged session file is named and left as it is; the others stay in the list', async () => {
    await runCli(['record', '--', process.execPath, '-e', '0'], home.dir);
    script('library/broken.plumbline', 'not a database');
    const listed = await runJson<{ sessions: SessionSummary[] }>(['list'], home.dir);
    expect(listed.document.sessions).toHaveLength(1);
    expect(listed.stderr).toContain('broken');
    const { code, document } = await runJson<{ error: { message: string } }>(
      ['show', 'broken'],
      home.dir,
    );
    expect(code).toBe(2);
    expect(document.error.message).toMatch(/broken/);
  });

  it.runIf(process.platform === 'linux')(
    'exits with 3 where the machine lacks the backend asked for',
    async () => {
      const asked = 'record --bundled gpt2 --model gpt2-nano --steps 1 --backend webgpu'.split(' ');
      const { code, document } = await runJson<SessionDocument>(asked, home.dir, {
        VK_ICD_FILENAMES: '/nowhere',
        VK_DRIVER_FILES: '/nowhere',
      });
      expect(code).toBe(3);
      expect(document).toMatchObject({ status: 'failed', exitCode: 3 });
    },
  );

  it('a port in use: exit code 3', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const taken = (blocker.address() as { port: number }).port;
    const { code, document } = await runJson<{ error: { message: string } }>(
      ['serve', '--port', String(taken)],
      home.dir,
    );
    blocker.close();
    expect(code).toBe(3);
    expect(document.error.message).toContain(String(taken));
  });
});

describe('scripts with and without markers', () => {
  it('a Node script that announces itself shows its phases, with nobody having to read them', async () => {
    const node = script(
      'announce.mjs',
      `
import { setTimeout as sleep } from 'node:timers/promises';
import * as plumbline from ${JSON.stringify(join(repository, 'resources', 'js', 'plumbline.mjs'))};
plumbline.begin('prefill');
await sleep(150);
plumbline.end('prefill');
plumbline.begin('decode');
await sleep(150);
plumbline.end('decode');
`,
    );
    const { code, document } = await runJson<SessionDocument>(
      ['record', '--interval', '20', '--', process.execPath, node],
      home.dir,
    );
    expect(code).toBe(0);
    expect(document.overlay.phases.map(({ phase }) => phase)).toEqual(['prefill', 'decode']);
    for (const {
      span: [t0, t1],
    } of document.overlay.phases)
      expect(t1 - t0).toBeGreaterThanOrEqual(140_000);
  });

  it('a Python script that knows nothing of Plumbline has a peak and an exit code, and no phase is made up', async () => {
    const python = script(
      'plain.py',
      'import time\nblock = bytearray(96 * 1024 * 1024)\nfor i in range(0, len(block), 4096): block[i] = 1\ntime.sleep(0.5)\nraise SystemExit(7)\n',
    );
    const { code, document } = await runJson<SessionDocument>(
      ['record', '--interval', '20', '--', 'python3', python],
      home.dir,
    );
    expect([code, document.exitCode, document.overlay.phases]).toEqual([1, 7, []]);
    expect(document.overlay.measuredPeak!.bytes).toBeGreaterThan(96 * 1024 ** 2);
  });
});
