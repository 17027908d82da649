/** Runs the terminal host as a person would, through the launcher, in a library of its own. */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repository } from './repository';

export const launcher = join(repository, 'bin', 'plumbline.mjs');

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  /** As it came, but that a message and its remedy are one line, however they were wrapped. */
  readonly stderr: string;
}

/** Where a message breaks is the terminal's business, and no test's but that of its width. */
const unwrapped = (text: string): string =>
  text.replaceAll(/^plumbline: .*(\n {2}.*)+/gm, (message) => message.replaceAll('\n  ', ' '));

export interface Running {
  readonly child: ChildProcess;
  readonly done: Promise<Finished>;
  /** Resolves when stdout and stderr together hold `text`. */
  waitFor(text: string): Promise<void>;
}

/** A temporary library; `dispose` removes it. PATH holds no nvidia-smi unless `env` says so. */
export function temporaryHome(): { readonly dir: string; dispose(): void } {
  const dir = mkdtempSync(join(tmpdir(), 'plumbline-test-'));
  return { dir, dispose: () => rmSync(dir, { recursive: true, force: true }) };
}

export function startCli(
  args: readonly string[],
  home: string,
  env: NodeJS.ProcessEnv = {},
): Running {
  const child = spawn(process.execPath, [launcher, ...args], {
    cwd: home,
    env: { ...process.env, PLUMBLINE_HOME: join(home, 'library'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const waiting = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    for (const check of waiting) check();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    for (const check of waiting) check();
  });
  const done = new Promise<Finished>((finish, fail) => {
    child.once('error', fail);
    child.once('close', (code) => finish({ code, stdout, stderr: unwrapped(stderr) }));
  });
  return {
    child,
    done,
    waitFor: (text) =>
      new Promise((found, fail) => {
        const check = () => {
          if (!(stdout + unwrapped(stderr)).includes(text)) return;
          waiting.delete(check);
          found();
        };
        waiting.add(check);
        done.then(
          () => fail(new Error(`it ended without printing "${text}":\n${stdout}\n${stderr}`)),
          fail,
        );
        check();
      }),
  };
}

export const runCli = (
  args: readonly string[],
  home: string,
  env?: NodeJS.ProcessEnv,
): Promise<Finished> => startCli(args, home, env).done;

/** Runs with --json and parses the one document on stdout. */
export async function runJson<T>(
  args: readonly string[],
  home: string,
  env?: NodeJS.ProcessEnv,
): Promise<Finished & { document: T }> {
  const dashes = args.indexOf('--');
  const withJson =
    dashes < 0 ? [...args, '--json'] : [...args.slice(0, dashes), '--json', ...args.slice(dashes)];
  const finished = await runCli(withJson, home, env);
  try {
    return { ...finished, document: JSON.parse(finished.stdout) as T };
  } catch {
    throw new Error(
      `stdout is not one JSON document (exit ${finished.code}):\n${finished.stdout}\n${finished.stderr}`,
    );
  }
}

/** Pids whose environment holds `word`: how a test finds what a workload left behind (Linux). */
export async function pidsWithEnvironment(word: string): Promise<number[]> {
  const { readdirSync, readFileSync } = await import('node:fs');
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return pid !== process.pid && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(word);
      } catch {
        return false;
      }
    });
}

export const until = async (
  condition: () => boolean | Promise<boolean>,
  what: string,
  limitMs = 30_000,
): Promise<void> => {
  for (const end = Date.now() + limitMs; Date.now() < end; ) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`waited ${limitMs} ms in vain for ${what}`);
};
