/**
 * Names that strangers chose (of phases, models, GPUs, files) never move, clear or title the terminal: whatever a command
 * prints of them is visible text.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createOutput } from '../../src/main/hosts/cli/output';
import { createSession } from '../../src/main/store/session-writer';
import { runCli, temporaryHome } from '../support/cli';
import { plainHeader, plainInfo } from '../support/session-header';

/** Clears the screen, goes to the line's start, rings, sets a title by C1, and reads backwards. */
const EVIL = 'a\u001b[2Jb\rc\u0007d\u009d0;titel\u009ce\u202efdp\u2066g\u007f';
const ACTING = /[^\P{Cc}\n\t]|\p{Bidi_Control}/u;

/** Takes out the sequences, an escape before each. */
const without = (text: string, sequence: RegExp) =>
  text.replaceAll(sequence, (found) => (found.startsWith('\u001b') ? '' : found));

describe('names that were chosen to act on a terminal', () => {
  const home = temporaryHome();
  const library = join(home.dir, 'library');
  const [config, csv] = ['config.json', 'log.csv'].map((name) => join(home.dir, name)) as [
    string,
    string,
  ];
  beforeAll(() => {
    mkdirSync(library, { recursive: true });
    const plain = plainHeader('evil');
    const writer = createSession(library, {
      ...plain,
      name: EVIL,
      workload: { ...plain.workload, title: EVIL, command: [EVIL], cwd: EVIL },
      environment: { ...plain.environment, os: EVIL, cpu: EVIL },
    });
    writer.declareSeries({ ...plainInfo('framework.allocated'), source: EVIL, about: EVIL });
    writer.append('framework.allocated', 0, 1024);
    writer.append('framework.allocated', 500_000, 2048);
    writer.marker({ type: 'phase', t: 0, rank: 0, step: null, name: EVIL, event: 'begin' });
    writer.marker({ type: 'note', t: 10, rank: 0, step: null, text: EVIL });
    writer.log({ t: 5, stream: 'stdout', text: EVIL });
    writer.warn(EVIL);
    writer.finish({ status: 'complete', exitCode: 0, signal: null, durationUs: 600_000 });
    writer.close();
    writeFileSync(join(library, `b${EVIL.replaceAll('/', '')}.plumbline`), 'no session');
    writeFileSync(
      config,
      JSON.stringify({
        model_type: 'gpt2',
        architectures: [EVIL],
        _name_or_path: EVIL,
        n_layer: 2,
        n_embd: 64,
        n_head: 2,
        vocab_size: 100,
        n_positions: 64,
        torch_dtype: 'float32',
        activation_function: 'gelu_new',
        [EVIL]: EVIL,
      }),
    );
    writeFileSync(
      csv,
      `timestamp, name, index, memory.used [MiB], ${EVIL.replaceAll(/[\r\n]/g, '')}\n2026/11/23 12:04:00.000, ${EVIL.replaceAll('\r', '')}, 0, 1 MiB, x\n2026/11/23 12:04:01.000, ${EVIL.replaceAll('\r', '')}, 0, 2 MiB, x\n`,
    );
  });
  afterAll(() => home.dispose());

  const evilModel = () => join(home.dir, 'evil-type.json');
  const COMMANDS: readonly (readonly [title: string, args: () => readonly string[]])[] = [
    ['list', () => ['list']],
    ['show', () => ['show', 'evil']],
    ['show --full', () => ['show', 'evil', '--full']],
    ['show --json', () => ['show', 'evil', '--json']],
    ['show --replay', () => ['show', 'evil', '--replay', '--speed', '64']],
    ['report to the terminal', () => ['report', 'evil', '--format', 'md', '--out', '-']],
    ['import', () => ['import', csv]],
    ['budget --model FILE', () => ['budget', '--model', config, '--mode', 'train']],
    ['a config that is refused', () => ['budget', '--model', evilModel()]],
    ['an option that there is not', () => ['show', 'evil', `--${EVIL}`]],
    ['a command that there is not', () => ['record', '--', EVIL]],
    ['a value that there is not', () => ['budget', '--model', 'gpt2', '--precision', EVIL]],
  ];

  it.each(COMMANDS)('%s prints them as text', async (_title, args) => {
    writeFileSync(evilModel(), JSON.stringify({ model_type: EVIL, [EVIL]: 1 }));
    const { stdout, stderr, code } = await runCli(args(), home.dir);
    expect(code).not.toBe(70);
    expect(stdout).not.toMatch(ACTING);
    expect(stderr).not.toMatch(ACTING);
    expect(stdout + stderr).not.toBe('');
  });

  it('shows what a recorded workload prints without what it would do', async () => {
    const script = `process.stdout.write(${JSON.stringify(`${EVIL}\n\u001b[31mred\u001b[0m\n`)})`;
    const { stderr } = await runCli(['record', '--', process.execPath, '-e', script], home.dir);
    expect(stderr).toContain('\u001b[31mred');
    expect(without(stderr, /.\[[\d;]*m/g)).not.toMatch(ACTING);
  });

  it('a frame of a replay moves the terminal by our own sequences alone', () => {
    const written: string[] = [];
    const write = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      written.push(String(text));
      return true;
    });
    try {
      createOutput(false).draw([EVIL, `two\n${EVIL}`], 2);
    } finally {
      write.mockRestore();
    }
    const text = written.join('');
    expect(text.startsWith('\u001b[2A\u001b[K')).toBe(true);
    expect(text.split('\n')).toHaveLength(3);
    expect(without(text, /.\[(2A|K)/g)).not.toMatch(ACTING);
  });

  it('draws over the frame before on a terminal', async (context) => {
    const has = await new Promise<boolean>((resolve) => {
      spawn('script', ['--version'])
        .on('error', () => resolve(false))
        .on('exit', (code) => resolve(code === 0));
    });
    context.skip(!has, 'script (util-linux) lends the terminal');
    const launcher = join(import.meta.dirname, '..', '..', 'bin', 'plumbline.mjs');
    const command = `${process.execPath} ${launcher} show evil --replay --speed 1`;
    const child = spawn('script', ['-qec', command, '/dev/null'], {
      env: { ...process.env, PLUMBLINE_HOME: library },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let shown = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text;
    });
    await new Promise((resolve) => child.on('close', resolve));
    expect(shown).toContain('\u001b[6A\u001b[K');
    expect(shown).not.toContain('\u001b[2J');
    for (const one of ['\u202e', '\u009d', '\u0007']) expect(shown).not.toContain(one);
  });
});

describe('places that nothing can be written to', () => {
  const home = temporaryHome();
  afterAll(() => home.dispose());
  const train = 'record --bundled gpt2 --model gpt2-nano --mode train --steps 1 --seq 8'.split(' ');

  // Node's own recursive mkdir never returns below /proc.
  it.runIf(process.platform === 'linux').each([
    ['a JUnit file', ['--fail-on', 'peak=8GiB', '--junit', '/proc/nowhere/deep/j.xml'], '--junit'],
    ['weights', ['--save-weights', '/proc/nowhere/deep/weights'], '--save-weights'],
  ])('are refused for %s before anything is recorded', async (_what, args, option) => {
    const { code, stderr } = await runCli([...train, ...args], home.dir);
    expect(code).toBe(3);
    expect(stderr).toContain('/proc/nowhere/deep');
    expect(stderr).toContain(option);
    expect((await runCli(['list', '--ids'], home.dir)).stdout.trim()).toBe('');
  });
});
