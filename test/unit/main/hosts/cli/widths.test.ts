/** What the terminal shows where it is narrow and where it is wide: nothing past its edge, no two names alike, commands whole. */
import { execFileSync } from 'node:child_process';
import { Command } from 'commander';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { commandLines, remedyLines } from '../../../../../src/main/hosts/cli/text/columns';
import { textWidth } from '../../../../../src/main/hosts/cli/text/width';
import { compareSessions } from '../../../../../src/shared/session/compare';
import type { SessionSummary } from '../../../../../src/shared/session/types';
import { documentWith, training } from '../../../../support/overlay-scenario';

const CLI = '../../../../../src/main/hosts/cli';
const LONG = 'A training run with a name far longer than any column has room for, batch';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

/** The texts as they are where the terminal has `width` columns: the modules read it once. */
async function atWidth(width: number) {
  vi.stubEnv('COLUMNS', String(width));
  vi.resetModules();
  const text = `${CLI}/text`;
  const [{ message, table, wrap }, { listText }, { compareText }, { textWidth }] =
    await Promise.all([
      import(`${text}/columns`) as Promise<
        typeof import('../../../../../src/main/hosts/cli/text/columns')
      >,
      import(`${text}/list`) as Promise<
        typeof import('../../../../../src/main/hosts/cli/text/list')
      >,
      import(`${text}/comparison`) as Promise<
        typeof import('../../../../../src/main/hosts/cli/text/comparison')
      >,
      import(`${text}/width`) as Promise<
        typeof import('../../../../../src/main/hosts/cli/text/width')
      >,
    ]);
  const widest = (printed: string) => Math.max(...printed.split('\n').map(textWidth));
  return { message, table, wrap, listText, compareText, widest };
}

const session = (batch: number, name = `${LONG} ${batch}`) => {
  const made = training(4, batch);
  const budget = { ...made.budget, run: { ...made.budget.run, batch } };
  return documentWith({ ...made, budget }, { name, id: `20261130-004${batch}-6av${batch}` });
};

describe.each([50, 80, 200])('at %i columns', (width) => {
  it.each([2, 3, 8])(
    '%i compared sessions fit, and each row and session has a name of its own',
    async (count) => {
      const { compareText, widest } = await atWidth(width);
      const sessions = Array.from({ length: count }, (_, i) => session(i + 1));
      const printed = compareText(
        compareSessions(
          sessions,
          sessions.map(() => null),
        ),
      );
      expect(widest(printed)).toBeLessThanOrEqual(width);
      const names = printed.match(/A train.*batch \d/g) ?? [];
      expect(new Set(names).size).toBeGreaterThanOrEqual(count);
      const figures = (printed.split('Figures, ')[1] ?? '').replaceAll(/\s+/g, ' ');
      expect(figures).toContain('Measured peak');
      expect(figures).toContain('Predicted peak');
    },
  );

  it('a list fits, and names that differ at their ends look different', async () => {
    const { listText, widest } = await atWidth(width);
    const summary = (batch: number): SessionSummary => ({
      id: `20261130-004${batch}-6av${batch}`,
      name: `${LONG} ${batch}`,
      status: 'interrupted',
      startedAt: null,
      durationUs: 3_723e6,
      model: 'gpt2',
      mode: 'train',
      measuredPeak: 1000 * 2 ** 20,
      predictedPeak: 999 * 2 ** 20,
      residualPercent: -12.5,
      simulated: false,
    });
    const printed = listText([summary(1), summary(2)]);
    expect(widest(printed)).toBeLessThanOrEqual(width);
    const [first = '', second = ''] = printed
      .split('\n')
      .slice(-2)
      .map((line) => line.slice(line.indexOf('A t')));
    expect(first).not.toBe(second);
    expect(first).toContain('1000 MiB');
    expect(printed).toContain('6av1');
  });

  it('a table of more columns than fit goes on below, with nothing lost', async () => {
    const { table, widest } = await atWidth(width);
    const head = ['phase', ...Array.from({ length: 9 }, (_, i) => `figure ${i}`)];
    const rows = ['forward', 'backward'].map((name, row) => [
      name,
      ...Array.from({ length: 9 }, (_, i) => `${row}${i}.${i} GiB`),
    ]);
    const printed = table(head, [rows[0]!, null, rows[1]!]);
    expect(widest(printed)).toBeLessThanOrEqual(width);
    for (const cell of [...head, ...rows.flat()]) expect(printed).toContain(cell);
  });

  it('help fits', async () => {
    const { widest } = await atWidth(width);
    const { registerAll } = (await import(
      `${CLI}/commands/index`
    )) as typeof import('../../../../../src/main/hosts/cli/commands');
    const { createOutput } = (await import(
      `${CLI}/output`
    )) as typeof import('../../../../../src/main/hosts/cli/output');
    const program = new Command('plumbline');
    await registerAll(program, createOutput(false));
    for (const command of program.commands)
      expect(widest(command.helpInformation()), command.name()).toBeLessThanOrEqual(
        // An option's own name is never broken.
        Math.max(width, 64),
      );
  });

  it('a message wraps, and what is copied from it is in one piece', async () => {
    const { message, widest } = await atWidth(width);
    const command = `"plumbline import --dry-run ${'x'.repeat(90)} here"`;
    const printed = message(
      'nvidia-smi was not found on PATH, so that no GPU of this machine can be sampled at all.',
      `Set its path in Settings or PLUMBLINE_NVIDIA_SMI, or try "plumbline doctor --json" to see; else ${command}.`,
    );
    const lines = printed.split('\n');
    expect(lines[0]).toMatch(/^plumbline: nvidia-smi/);
    for (const line of lines.slice(1)) expect(line).toMatch(/^ {2}\S/);
    expect(widest(lines.filter((line) => !line.includes('xxx')).join('\n'))).toBeLessThanOrEqual(
      width,
    );
    expect(printed).toContain('"plumbline doctor --json"');
    expect(printed).toContain(command);
  });
});

it('a quote that is never closed glues nothing together', async () => {
  const { wrap, widest } = await atWidth(50);
  const printed = wrap(`a width of 5" and ${'many more words '.repeat(9)}`, '');
  expect(widest(printed)).toBeLessThanOrEqual(50);
});

describe('a command to copy', () => {
  const command =
    "plumbline plan --model config.json --mode train --batch 3 --seq 2048 --precision mixed-bf16 --optimizer adamw --gpu 'NVIDIA GeForce RTX 4090' --framework pytorch";
  it.skipIf(process.platform === 'win32')(
    'stays within the columns, and a shell reads it as the one line that it was',
    () => {
      const lines = commandLines(command, '    ', 'linux').split('\n');
      expect(lines.length).toBeGreaterThan(1);
      for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(80);
      for (const line of lines) expect(line).toMatch(/^ {4}/);
      const words = (text: string) =>
        execFileSync('sh', ['-c', `printf '%s\\n' ${text}`], { encoding: 'utf8' });
      expect(words(lines.join('\n').trim())).toBe(words(command));
    },
  );
  it('is whole where it fits, and where no such shell is usual', () => {
    expect(commandLines('plumbline plan --model gpt2', '  ', 'linux')).toBe(
      '  plumbline plan --model gpt2',
    );
    expect(commandLines(command, '  ', 'win32')).toBe(`  ${command}`);
  });
  it('stands below the words of its finding', () => {
    const finding = { remedy: `Take a batch of 3: ${command}`, command };
    const [words, ...rest] = remedyLines(finding, '    ', '  → ');
    expect(words).toBe('  → Take a batch of 3:');
    expect(rest).toEqual([commandLines(command, '    ')]);
  });
});
