/**
 * The package as npm installs it: the launcher with nothing of the clone beside it. What it needs is among the files that
 * are packed, and where the Node that starts it is too old, it goes on with the one that the package brings.
 */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repository } from '../support/repository';

const here = mkdtempSync(join(tmpdir(), 'plumbline-installed-'));
afterAll(() => rmSync(here, { recursive: true, force: true }));

const TOOLS = /biome|vite|typescript|rollup|electron|react|playwright|chromium|wabt|^@types/;
const OLD_NODE = `data:text/javascript,Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.0.0' } })`;
const run = (...flags: readonly string[]) =>
  JSON.parse(
    execFileSync(process.execPath, [...flags, join(here, 'bin', 'plumbline.mjs'), 'list'], {
      cwd: '/',
      encoding: 'utf8',
    }),
  );

describe.runIf(process.platform === 'linux')('an installed package', () => {
  beforeAll(() => {
    const { files } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
    for (const file of files as string[])
      if (file.startsWith('bin/')) cpSync(join(repository, file), join(here, file));
    // Stands for the terminal host: it tells which Node it runs on.
    mkdirSync(join(here, 'out', 'main'), { recursive: true });
    writeFileSync(
      join(here, 'out', 'main', 'cli.js'),
      'console.log(JSON.stringify({ argv: process.argv.slice(2), node: process.versions.node, by: process.argv0 }))',
    );
    writeFileSync(join(here, 'package.json'), '{"type":"module"}');
    const shipped = join(here, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');
    mkdirSync(dirname(shipped), { recursive: true });
    symlinkSync(process.execPath, shipped);
  });

  it('brings no tool of development along', () => {
    const { packages } = JSON.parse(
      readFileSync(join(repository, 'package-lock.json'), 'utf8'),
    ) as {
      packages: Record<string, { dev?: boolean; devOptional?: boolean }>;
    };
    const brought = Object.entries(packages).flatMap(([path, { dev, devOptional }]) =>
      dev || devOptional || path === '' ? [] : [path.replace(/^.*node_modules\//, '')],
    );
    expect(brought).toContain('better-sqlite3');
    expect(brought.filter((name) => TOOLS.test(name))).toEqual([]);
  });

  it('runs in the process that starts it', () => {
    expect(run()).toMatchObject({ argv: ['list'], node: process.versions.node });
  });

  it('runs on the Node it brings where it is started by an old one', () => {
    const { argv, node, by } = run('--import', OLD_NODE);
    expect({ argv, node }).toEqual({ argv: ['list'], node: process.versions.node });
    expect(by).toContain('node_modules');
  });
});
