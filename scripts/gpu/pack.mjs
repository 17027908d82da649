#!/usr/bin/env node
/**
 * Packs Plumbline's terminal host for a bare x86-64 Linux machine with an NVIDIA GPU, without network and without Node:
 *
 *   node scripts/gpu/pack.mjs --out plumbline-gpu.tar.xz
 *
 * Prints what each part weighs. Exit codes: 0 packed, 2 wrong usage, 3 something needed is missing here, 4 the archive
 * is larger than --limit (it is left in place). Needs GNU tar, and xz for .tar.xz; uses strip where there is one.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { prepare, root } from '../../bin/setup.mjs';
import { contents, nodeBinary } from './lib/contents.mjs';

const MiB = 2 ** 20;
const usage =
  'usage: node scripts/gpu/pack.mjs --out FILE.tar.xz|FILE.tar.gz [--level 1..9] [--limit MiB] [--lib FILE]… [--as-built]';
/** Name of the one folder inside the archive. */
const folder = 'plumbline-gpu';

const mebibytes = (bytes) => `${(bytes / MiB).toFixed(2).padStart(8)} MiB`;

class Stop extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

function options() {
  try {
    const { values } = parseArgs({
      options: {
        out: { type: 'string' },
        level: { type: 'string', default: '6' },
        limit: { type: 'string', default: '60' },
        lib: { type: 'string', multiple: true, default: [] },
        'as-built': { type: 'boolean', default: false },
      },
    });
    if (!/\.tar\.(xz|gz)$/.test(values.out ?? ''))
      throw new Error('--out must name a file that ends in .tar.xz or .tar.gz.');
    if (!/^[1-9]$/.test(values.level)) throw new Error('--level is a digit from 1 to 9.');
    if (!(Number(values.limit) > 0)) throw new Error('--limit is a number of MiB.');
    return {
      ...values,
      out: resolve(values.out),
      lib: values.lib.map((path) => resolve(path)),
      limit: Number(values.limit) * MiB,
    };
  } catch (error) {
    throw new Stop(2, `${error.message}\n${usage}`);
  }
}

/** Copies Node without its symbol table; whole where strip is missing or cannot read it. */
function copyStripped(from, to) {
  const stripped = spawnSync('strip', ['-o', to, from], { stdio: 'ignore' });
  if (stripped.status !== 0) copyFileSync(from, to);
  chmodSync(to, 0o755);
}

/** Copies everything into `stage`; returns bytes by part. */
function fill(stage, files) {
  const sizes = new Map();
  for (const { from, to, part } of files) {
    const path = join(stage, to);
    mkdirSync(dirname(path), { recursive: true });
    if (to === nodeBinary) copyStripped(from, path);
    else cpSync(from, path, { dereference: true });
    sizes.set(part, (sizes.get(part) ?? 0) + statSync(path).size);
  }
  return sizes;
}

function compress(parent, { out, level }) {
  const tool = out.endsWith('.xz') ? `xz -T0 -${level}` : `gzip -n -${level}`;
  mkdirSync(dirname(out), { recursive: true });
  const tar = spawnSync(
    'tar',
    [
      '--sort=name',
      '--owner=0',
      '--group=0',
      '--numeric-owner',
      '--mtime=@0',
      '-I',
      tool,
      '-cf',
      out,
      folder,
    ],
    { cwd: parent, encoding: 'utf8' },
  );
  if (tar.error) throw new Stop(3, `tar cannot be run: ${tar.error.message}. Install GNU tar.`);
  if (tar.status !== 0)
    throw new Stop(
      3,
      `tar failed: ${tar.stderr.trim()}. Install GNU tar and ${tool.split(' ')[0]}, or choose another ending for --out.`,
    );
}

async function main() {
  const wanted = options();
  for (const path of wanted.lib)
    if (!existsSync(path)) throw new Stop(2, `--lib: there is no file ${path}.`);
  if (!wanted['as-built']) await prepare();
  let files;
  try {
    files = contents(root);
  } catch (error) {
    throw new Stop(
      3,
      `Nothing was packed: ${error.message}. Run "npm ci" and "npm run build" on Linux x64 first.`,
    );
  }
  for (const path of wanted.lib)
    files.push({ from: path, to: join('lib', basename(path)), part: 'libraries given' });

  const parent = mkdtempSync(join(tmpdir(), 'plumbline-pack-'));
  try {
    const sizes = fill(join(parent, folder), files);
    compress(parent, wanted);
    for (const [part, bytes] of sizes) console.log(`${part.padEnd(16)} ${mebibytes(bytes)}`);
    console.log(
      `${'unpacked'.padEnd(16)} ${mebibytes([...sizes.values()].reduce((sum, bytes) => sum + bytes, 0))}`,
    );
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
  const { size } = statSync(wanted.out);
  console.log(`${'archive'.padEnd(16)} ${mebibytes(size)}  ${wanted.out}`);
  if (size > wanted.limit)
    throw new Stop(4, `The archive is larger than ${wanted.limit / MiB} MiB.`);
}

try {
  await main();
} catch (error) {
  const [code, text] = describeEnd(error);
  process.exitCode = code;
  process.stderr.write(`pack: ${text}\n`);
}

/** The exit code and what is said: of what was foreseen its sentence, of anything else where it happened. */
function describeEnd(error) {
  if (error instanceof Stop) return [error.code, error.message];
  return error.remedy ? [3, `${error.message} ${error.remedy}`] : [1, error.stack];
}
