/**
 * How long the terminal takes to its answer, start and end of the process included: figures of this machine, not limits.
 *
 *   npm run bench:start [sessions in the library, 10,000 unless given]
 *
 * As an installed package runs: the host in the launcher's own process, the compile cache warm. By the clock, so
 * that figures are worth something on an idle machine alone; the least of all rounds comes nearest to it on a busy one.
 * An empty Node process tells what no program can be faster than.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createSession } from '../../src/main/store/session-file';
import { plainHeader } from '../support/session-header';

const ROUNDS = 10;

const root = (() => {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'bin', 'host.mjs')) && folder !== dirname(folder))
    folder = dirname(folder);
  return folder;
})();

const count = Number(process.argv[2] ?? 10_000);
const library = mkdtempSync(join(tmpdir(), 'plumbline-start-'));
try {
  console.log(
    `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}; median of ${ROUNDS}`,
  );
  tell('an empty Node process', ['-e', '0']);
  const host = join(root, 'bin', 'host.mjs');
  tell('plumbline --help', [host, '--help']);
  tell('plumbline budget --model gpt2', [host, 'budget', '--model', 'gpt2']);
  fillLibrary();
  tell(`plumbline list of ${count} sessions`, [host, 'list']);
} finally {
  rmSync(library, { recursive: true });
}

function fillLibrary(): void {
  const writer = createSession(library, plainHeader('20261129-0000-0000'));
  writer.finish({ status: 'complete', exitCode: 0, signal: null, durationUs: 1e6 });
  writer.close();
  for (let i = 1; i < count; i++)
    copyFileSync(
      writer.path,
      join(library, `20261129-0000-${String(i).padStart(5, '0')}.plumbline`),
    );
}

/** The first round warms what is warm for a person as well: the compile cache, and the index of the library. */
function tell(title: string, args: readonly string[]): void {
  runOnce(args);
  const rounds = Array.from({ length: ROUNDS }, () => runOnce(args)).sort((a, b) => a - b);
  const [least = 0, median = 0] = [rounds[0], rounds[ROUNDS / 2]];
  console.log(`  ${title.padEnd(36)} ${median.toFixed(0)} ms, the least ${least.toFixed(0)} ms`);
}

function runOnce(args: readonly string[]): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [...process.execArgv, ...args], {
    env: { ...process.env, PLUMBLINE_HOME: library },
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`${args.join(' ')} failed: ${stderr}`);
  return performance.now() - start;
}
