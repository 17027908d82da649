/**
 * What a package holds. What lies outside the archive is put together and run on the Node that is shipped; the archive
 * is made by the packager itself, where it is installed (npm run dist does that), around a stand-in for Electron.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { stage } from '../../packaging/stage.mjs';
import { FUSE_SENTINEL, makeElectronStandIn } from '../support/electron-stand-in';
import { repository } from '../support/repository';

const here = mkdtempSync(join(tmpdir(), 'plumbline-package-'));
afterAll(() => rmSync(here, { recursive: true, force: true }));
const isLinux = process.platform === 'linux';

/** Each name under `folder`, by its path from there. */
const files = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));

describe.runIf(isLinux)('what runs on plain Node beside the archive', () => {
  const folder = join(here, 'outside');
  const node = join(folder, 'node', 'node');

  it('is whole, and of this platform alone', () => {
    stage(repository, folder);
    expect(readdirSync(folder).sort()).toEqual([
      'LICENSE.plumbline.txt',
      'main',
      'node',
      'node_modules',
      'package.json',
      'resources',
      'workload',
    ]);
    const binaries = files(folder).filter((path) => /\.(node|so|dll|dylib|exe)$/.test(path));
    expect(binaries.length).toBeGreaterThan(1);
    for (const path of binaries) expect(path).toMatch(/linux[-_]x64|linux[-_]arm64/);
    expect(files(folder).some((path) => path.startsWith('resources/sessions/'))).toBe(true);
    expect(files(folder).filter((path) => /musl|\.bc\.js$|\.npmignore$/.test(path))).toEqual([]);
  });

  it('comes with the licences of what is in it', () => {
    expect(readFileSync(join(folder, 'node', 'LICENSE'), 'utf8')).toContain('Node.js');
    for (const [part, name] of [
      ['renderer', 'react'],
      ['workload', '@tensorflow/tfjs-core'],
      ['main', 'commander'],
    ] as const)
      expect(readFileSync(join(repository, 'out', part, 'licenses.md'), 'utf8')).toContain(name);
  });

  it('finds its packages without the clone, on the Node that is shipped', () => {
    const script = `
      const { createRequire } = require('node:module');
      const load = createRequire(process.argv[1] + '/main/supervisor.js');
      const library = load('koffi').load('libc.so.6');
      const pid = library.func('int getpid()')();
      load('node-nvidia-smi');
      createRequire(process.argv[1] + '/workload/index.js').resolve('webgpu');
      console.log(pid === process.pid);`;
    const printed = execFileSync(node, ['-e', script, folder], { cwd: '/', encoding: 'utf8' });
    expect(printed.trim()).toBe('true');
  });
});

const packager = join(repository, 'packaging', 'node_modules', 'electron-builder', 'cli.js');

describe.runIf(isLinux && existsSync(packager))('the package', () => {
  const out = join(here, 'dist');
  const app = join(out, 'linux-unpacked');

  it('is made from the configuration around a stand-in for Electron', () => {
    makeElectronStandIn(join(here, 'electron'));
    stage(repository, join(repository, 'out', 'outside'));
    execFileSync(
      process.execPath,
      [
        packager,
        '--linux',
        'dir',
        '--config',
        join(repository, 'electron-builder.yml'),
        '--publish',
        'never',
        `-c.electronDist=${join(here, 'electron')}`,
        `-c.directories.output=${out}`,
      ],
      { cwd: repository, stdio: 'pipe' },
    );
    expect(existsSync(join(app, 'resources', 'node_modules', 'koffi', 'index.cjs'))).toBe(true);
  });

  it('says what a package of Linux must: a homepage, a contact, an icon and a window of its own', () => {
    const { homepage, desktopName } = JSON.parse(
      readFileSync(join(repository, 'package.json'), 'utf8'),
    ) as Record<string, string>;
    const config = readFileSync(join(repository, 'electron-builder.yml'), 'utf8');
    // electron-builder refuses to make a .deb without the first; Debian's policy asks for an address.
    expect(homepage).toMatch(/^https:/);
    expect(config).toMatch(/maintainer: .+ <.+@.+>/);
    expect(desktopName).toBe('plumbline-profiler.desktop');
    const icons = [...config.matchAll(/icon: (\S+)/g)].map(([, path = '']) => path);
    expect(icons).toHaveLength(3);
    for (const path of icons) expect(existsSync(join(repository, path)), path).toBe(true);
  });

  it('has its fuses set: no Node, no inspector, nothing but the archive', () => {
    const binary = readFileSync(join(app, 'plumbline-profiler'));
    const at = binary.indexOf(FUSE_SENTINEL) + FUSE_SENTINEL.length + 2;
    // In the order of Electron's FuseV1Options: RunAsNode, cookie encryption, NODE_OPTIONS, --inspect, integrity of the
    // archive, nothing but the archive; then file:// privileges, the eighth. 0 is off, 1 on.
    expect(binary.toString('latin1', at, at + 6)).toBe('010011');
    expect(binary.toString('latin1', at + 7, at + 8)).toBe('0');
  });

  it('holds the engine and the window, its production packages and nothing of tests', () => {
    const load = createRequire(join(repository, 'packaging', 'package.json'));
    const { listPackage } = load('@electron/asar') as {
      listPackage(path: string, options: object): string[];
    };
    const held = listPackage(join(app, 'resources', 'app.asar'), {});
    for (const path of [
      '/package.json',
      '/out/main/index.js',
      '/out/main/engine-process.js',
      '/out/main/query-thread.js',
      '/out/preload/index.cjs',
      '/out/renderer/index.html',
      '/out/renderer/licenses.md',
      '/out/main/licenses.md',
      '/node_modules/koffi/src/koffi/index.cjs',
      '/node_modules/better-sqlite3/lib/index.js',
    ])
      expect(held, path).toContain(path);
    const { dependencies } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    // WebGPU is the workload's alone, which lies outside.
    for (const name of Object.keys(dependencies))
      if (name !== 'webgpu') expect(held, name).toContain(`/node_modules/${name}/package.json`);
    for (const path of held) {
      expect(path).not.toMatch(/^\/(test|src|scripts|bin|packaging|docs)(\/|$)/);
      expect(path).not.toMatch(
        /node_modules\/(vitest|typescript|electron|react|@biomejs|node-linux)/,
      );
      expect(path).not.toMatch(/out\/(workload|outside|bench)|\.map$/);
    }
  });

  it('has its native modules unpacked, of this platform alone', () => {
    const unpacked = files(join(app, 'resources', 'app.asar.unpacked'));
    const natives = unpacked.filter((path) => path.endsWith('.node'));
    expect(natives).toContain(`node_modules/better-sqlite3/prebuilds/linux-${process.arch}.node`);
    for (const path of natives) expect(path).toContain(`linux-${process.arch}`);
  });
});
