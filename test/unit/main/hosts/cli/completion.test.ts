/** Completion, asked of the shells themselves: bash always, zsh and fish where this machine has them. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerAll } from '../../../../../src/main/hosts/cli/commands';
import { describeSurface } from '../../../../../src/main/hosts/cli/commands/completion';
import { createOutput } from '../../../../../src/main/hosts/cli/output';
import { COMPLETIONS, type CommandWords } from '../../../../../src/main/hosts/cli/text/completion';

type Shell = keyof typeof COMPLETIONS;
const SESSIONS = ['20261129-1200-aaaa', '20261129-1300-bbbb'];

/** What a shell offers for the last word of a command line. */
const ASK: Record<Shell, (script: string, line: string) => readonly string[]> = {
  bash: (script, line) => {
    const words = line.split(' ');
    const asked = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}`;
    return run(
      'bash',
      [],
      `compopt() { :; }\n${script}\n${asked}; _plumbline; printf '%s\\n' "\${COMPREPLY[@]}"`,
    );
  },
  // Outside its editor zsh completes nothing: what the specs hand to _arguments and compadd is read there.
  zsh: (script, line) => {
    const words = line.split(' ');
    return run(
      'zsh',
      ['-f'],
      `compdef() { :; }; _files() { :; }; _describe() { print -l \${(@)commands%%:*}; }
compadd() { shift; print -l -- "$@"; }
_arguments() {
  local spec before="\${words[CURRENT - 1]}"
  for spec in "$@"; do
    [[ "$before" == -* && "$spec" == "*\${before}["* && "$spec" == *:value:* ]] && { eval "\${\${spec#*:value:}}"; return; }
  done
  for spec in "$@"; do [[ "$spec" == '*:argument:'* ]] && eval "\${spec#*:argument:}"; done
}
${script}
words=(${words.map((word) => `'${word}'`).join(' ')}); CURRENT=${words.length}; _plumbline`,
    ).filter((word) => word.startsWith(words.at(-1) ?? ''));
  },
  fish: (script, line) =>
    run('fish', ['--no-config'], `${script}\ncomplete -C '${line}'`).map(
      (answer) => answer.split('\t')[0] ?? '',
    ),
};

let folder: string;
let surface: readonly CommandWords[];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'plumbline-completion-'));
  const stand = join(folder, 'plumbline');
  writeFileSync(
    stand,
    `#!/bin/sh\n[ "$*" = "list --ids" ] && printf '${SESSIONS.join('\\n')}\\n'\n`,
  );
  chmodSync(stand, 0o755);
  const whole = new Command('plumbline');
  await registerAll(whole, createOutput(false));
  surface = describeSurface(whole);
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(shell: Shell, args: readonly string[], input: string): readonly string[] {
  const script = join(folder, `asked.${shell}`);
  writeFileSync(script, input);
  const { stdout, stderr } = spawnSync(shell, [...args, script], {
    encoding: 'utf8',
    env: {
      ...process.env,
      HOME: folder,
      PATH: [folder, process.env.PATH].join(delimiter),
    },
  });
  expect(stderr).toBe('');
  return stdout.split('\n').filter(Boolean);
}

for (const shell of ['bash', 'zsh', 'fish'] as const) {
  const isThere = spawnSync(shell, ['--version']).status === 0;
  const title = `${shell}${isThere ? '' : ' (skipped: it is not installed)'}`;
  describe.skipIf(!isThere)(title, () => {
    const ask = (line: string) => ASK[shell](COMPLETIONS[shell](surface), line);

    it.each([
      ['plumbline rec', ['record']],
      ['plumbline budget --precision mixed-', ['mixed-fp16', 'mixed-bf16']],
      ['plumbline budget --kv-cache ', ['on', 'off']],
      ['plumbline record --optimizer adaf', ['adafactor']],
      ['plumbline plan --model distilb', ['distilbert']],
      ['plumbline plan --gpu RTX-409', ['RTX-4090']],
      ['plumbline report last --format m', ['md']],
      ['plumbline export last --format par', ['parquet']],
      ['plumbline experiment kv-cache-', ['kv-cache-speedup']],
      ['plumbline show la', ['last']],
      ['plumbline show ', ['last', ...SESSIONS]],
      ['plumbline compare last 20261129-13', ['20261129-1300-bbbb']],
      ['plumbline record --again 20261129-12', ['20261129-1200-aaaa']],
      ['plumbline completion z', ['zsh']],
    ])('%s', (line, offered) => expect([...ask(line)].sort()).toEqual([...offered].sort()));
  });
}

it.each(Object.keys(COMPLETIONS) as Shell[])(
  'names every command and option there is: %s',
  (shell) => {
    const text = COMPLETIONS[shell](surface);
    for (const { name, options } of surface)
      for (const word of [name, ...options.map(({ flag }) => flag.replace(/^--/, ''))])
        expect(text, `${name} ${word}`).toContain(word);
  },
);
