/**
 * What a bare clone needs before anything runs: dependencies, a build, and a Node that the native modules work on.
 * Node built-ins alone, Node 20 and newer, because nothing is installed yet when this runs. All messages go to
 * stderr, so that `--json` output stays clean.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isNewEnough, minimumMajor } from './minimum-node.mjs';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const inClone = existsSync(join(root, 'package-lock.json')) && existsSync(join(root, 'src'));

/** A set-up step that failed; `remedy` says what the person can do. */
export class SetupError extends Error {
  constructor(message, remedy) {
    super(message);
    this.remedy = remedy;
  }
}

/** The Node that everything runs on: the pinned one that was installed, else this one if it is new enough. */
export function nodePath() {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const binary = process.platform === 'win32' ? 'node.exe' : 'node';
  for (const folder of [join(root, 'node_modules'), dirname(root)]) {
    const path = join(folder, name, 'bin', binary);
    if (existsSync(path)) return path;
  }
  if (isNewEnough) return process.execPath;
  throw new SetupError(
    `Plumbline needs Node ${minimumMajor} or newer here; this is ${process.version}.`,
    'Install a newer Node from https://nodejs.org and run the command again.',
  );
}

/** Runs a command to its end with its output on stderr; resolves with the exit code. */
export function runQuietly(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options });
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(signal ? 1 : code));
  });
}

const say = (text) => process.stderr.write(`plumbline: ${text}\n`);

/** Runs `work` alone among all processes that share this clone; a lock left by a dead process is taken over. */
async function alone(work) {
  const lock = join(root, '.cache', 'setup.lock');
  mkdirSync(dirname(lock), { recursive: true });
  for (let waited = false; ; waited = true) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (!waited) say('waiting for another set-up in this folder to finish');
    const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    const owner = Number(readText(lock));
    if (owner ? !isAlive(owner) : age > 5000) rmSync(lock, { force: true });
    else await new Promise((resolve) => setTimeout(resolve, 300));
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

const sha256 = (...parts) =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex');

function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

const installStamp = join(root, 'node_modules', '.plumbline-lock');
const lockHash = () => sha256(readFileSync(join(root, 'package-lock.json')));

/** True after our own install, or after a person's `npm ci` that is newer than the lock. */
function isInstalled() {
  const stamp = readText(installStamp);
  if (stamp) return stamp === lockHash();
  const installed = statSync(join(root, 'node_modules', '.package-lock.json'), {
    throwIfNoEntry: false,
  });
  return (
    installed !== undefined && installed.mtimeMs > statSync(join(root, 'package-lock.json')).mtimeMs
  );
}

async function install() {
  if (isInstalled()) return;
  say('installing dependencies (npm ci), once');
  const npmCli = process.env.npm_execpath;
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const code = npmCli?.endsWith('.js')
    ? await runQuietly(process.execPath, [npmCli, ...args])
    : await runQuietly('npm', args, { shell: process.platform === 'win32' });
  if (code !== 0)
    throw new SetupError(
      'Installing the dependencies failed (npm ci).',
      'Read the lines above; check the network or proxy, then run the command again.',
    );
  writeFileSync(installStamp, lockHash());
}

/** Everything the build output depends on; what Python leaves beside the scripts it has run is nothing of it. */
function sourceHash() {
  const hash = createHash('sha256').update(lockHash());
  const visit = (path) => {
    if (basename(path) === '__pycache__') return;
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat) return;
    if (stat.isDirectory()) for (const name of readdirSync(path).sort()) visit(join(path, name));
    else hash.update(path.slice(root.length)).update(readFileSync(path));
  };
  for (const name of [
    'src',
    'resources',
    'package.json',
    'vite.builtins.ts',
    'electron.vite.config.ts',
    'vite.renderer.config.ts',
    'vite.workload.config.ts',
  ])
    visit(join(root, name));
  return hash.digest('hex');
}

const buildStamp = join(root, 'out', '.source-hash');

async function build(force) {
  const hash = sourceHash();
  if (!force && readText(buildStamp) === hash) return;
  say('building');
  rmSync(buildStamp, { force: true });
  const node = nodePath();
  const env = { ...process.env, NODE_ENV: 'production' };
  const codes = await Promise.all([
    runQuietly(
      node,
      [
        join(root, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js'),
        'build',
        '--logLevel',
        'warn',
      ],
      { env },
    ),
    runQuietly(
      node,
      [
        join(root, 'node_modules', 'vite', 'bin', 'vite.js'),
        'build',
        '--config',
        'vite.workload.config.ts',
        '--logLevel',
        'warn',
      ],
      { env },
    ),
  ]);
  if (codes.some((code) => code !== 0))
    throw new SetupError('The build failed.', 'Read the lines above.');
  writeFileSync(buildStamp, hash);
}

/**
 * Makes the clone ready to run and returns the Node to run it on. An installed package brings its build along and
 * needs nothing.
 */
export async function prepare({ rebuild = false, needBuild = true } = {}) {
  if (inClone) {
    const ready = () => isInstalled() && (!needBuild || readText(buildStamp) === sourceHash());
    if (rebuild || !ready()) {
      await alone(async () => {
        await install();
        if (needBuild) await build(rebuild);
      });
    }
  }
  return nodePath();
}

/**
 * How Node runs the host: V8 would keep up to 48 MiB for what dies young, which a recorder of long sessions has no use
 * for (npm run bench:telemetry shows what a day of recording keeps resident).
 */
export const hostFlags = ['--max-semi-space-size=2'];

/** The terminal host as a script of its own. */
export const hostEntry = join(root, 'bin', 'host.mjs');

/**
 * Runs `node script args…` in the foreground and ends as it ends. The child watches the IPC channel: should this
 * process be killed outright, the child goes down with it (and its supervisor ends the workload).
 */
export function runForeground(node, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(node, args, {
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
      ...options,
    });
    const forward = (signal) => child.kill(signal);
    // A terminal sends Ctrl-C to the whole group, so that the child may see it twice; it counts the two as one.
    process.on('SIGINT', forward);
    process.on('SIGTERM', forward);
    process.on('SIGHUP', forward);
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signalNumbers[signal] ?? 1)));
  });
}
const signalNumbers = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGSEGV: 11, SIGTERM: 15 };

/** Prints a set-up failure as a person (or a program, with --json) expects it, and returns the exit code. */
export function reportSetupFailure(error, json) {
  if (!(error instanceof SetupError)) throw error;
  if (json)
    process.stdout.write(
      `${JSON.stringify({ error: { code: 'unavailable', message: error.message, remedy: error.remedy } })}\n`,
    );
  else say(`${error.message}\n  ${error.remedy}`);
  return 3;
}
