/** Compiles the double of NVML and bundles the sampling thread, once for each state of their sources. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'vite';

/** The repository, from wherever this file was bundled to below it. */
const root = (() => {
  let folder = import.meta.dirname;
  while (
    !existsSync(join(folder, 'test', 'doubles', 'nvml', 'nvml_stub.c')) &&
    folder !== dirname(folder)
  )
    folder = dirname(folder);
  return folder;
})();
const cache = join(root, 'node_modules', '.cache', 'plumbline');
const source = join(root, 'test', 'doubles', 'nvml', 'nvml_stub.c');
const workerSource = join(root, 'src', 'main', 'telemetry', 'sampling-thread.ts');

export const compiler =
  process.platform === 'linux'
    ? ['cc', 'gcc', 'clang'].find(
        (name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0,
      )
    : undefined;

/** Why the double cannot be had on this machine; null where it can. */
export const noStub: string | null =
  process.platform !== 'linux'
    ? 'the double of NVML is a Linux library'
    : compiler === undefined
      ? 'no C compiler on PATH'
      : null;

/** A driver of today, one from before memory info of version 2, and ones whose newest process call is an older one. */
const VARIANTS = {
  current: [],
  'without-memory-v2': ['-DWITHOUT_MEMORY_V2'],
  'processes-v2': ['-DPROCESS_CALLS=2'],
  'processes-v1': ['-DPROCESS_CALLS=1', '-DWITHOUT_MEMORY_V2'],
} as const;
export type StubVariant = keyof typeof VARIANTS;

/** A double of its own in a folder of its own, with the control file that it plays. */
export interface NvmlStub {
  /** The library: what PLUMBLINE_NVML is to name. */
  readonly path: string;
  readonly control: string;
  /** Replaces the control file at once. */
  play(...lines: readonly string[]): void;
  dispose(): void;
}

export function createStub(
  lines: readonly string[] = [],
  variant: StubVariant = 'current',
): NvmlStub {
  const compiled = compile(variant);
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-nvml-'));
  const path = join(folder, 'libnvidia-ml.so.1');
  const control = join(folder, 'control');
  copyFileSync(compiled, path);
  const play = (...next: readonly string[]) => {
    writeFileSync(`${control}.new`, `${next.join('\n')}\n`);
    renameSync(`${control}.new`, control);
  };
  play(...lines);
  return { path, control, play, dispose: () => rmSync(folder, { recursive: true, force: true }) };
}

function compile(variant: StubVariant): string {
  if (compiler === undefined) throw new Error(noStub ?? 'no C compiler');
  const flags = VARIANTS[variant];
  const folder = join(cache, `nvml-stub-${hashOf([source], flags.join())}`);
  const library = join(folder, 'libnvidia-ml.so.1');
  if (existsSync(library)) return library;
  mkdirSync(folder, { recursive: true });
  // Tests may compile at the same moment: each writes a file of its own and moves it into place.
  const own = `${library}.${process.pid}`;
  execFileSync(compiler, [
    '-shared',
    '-fPIC',
    '-O1',
    '-Wall',
    '-Wextra',
    '-Werror',
    ...flags,
    '-o',
    own,
    source,
    '-ldl',
    '-pthread',
  ]);
  renameSync(own, library);
  return library;
}

/** The sampling thread as the app ships it, from the sources as they are now. */
export async function buildWorker(): Promise<string> {
  const folders = [
    ['main', 'install'],
    ['main', 'telemetry'],
    ['shared', 'base'],
    ['shared', 'trace'],
  ].map((parts) => join(root, 'src', ...parts));
  const sources = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .sort()
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(folder, name)),
  );
  const out = join(cache, `sampling-thread-${hashOf(sources, '')}`);
  const file = join(out, 'sampling-thread.js');
  if (existsSync(file)) return file;
  const own = `${out}.${process.pid}`;
  await build({
    configFile: false,
    root,
    logLevel: 'error',
    publicDir: false,
    ssr: { external: ['koffi'] },
    build: {
      ssr: workerSource,
      outDir: own,
      emptyOutDir: true,
      minify: false,
      rolldownOptions: { output: { entryFileNames: 'sampling-thread.js' } },
    },
  });
  try {
    renameSync(own, out);
  } catch {
    rmSync(own, { recursive: true, force: true });
  }
  return file;
}

function hashOf(files: readonly string[], more: string): string {
  const hash = createHash('sha256').update(more);
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest('hex').slice(0, 16);
}
