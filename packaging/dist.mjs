/**
 * npm run dist: the packages of this platform, from a finished build, in the folder dist. The packager is installed on
 * first use, beside and not among the dependencies. Further arguments are electron-builder's own.
 *
 *   npm run dist                          every package of this platform
 *   npm run dist -- dir                   the application unpacked, to look at and to test
 *   ELECTRON_DIST=FOLDER npm run dist     an unpacked Electron from a folder, where none can be downloaded
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stage } from './stage.mjs';

const here = import.meta.dirname;
const root = dirname(here);
const PLATFORM = { linux: '--linux', win32: '--win', darwin: '--mac' };

/** Runs to the end, its output where ours goes; ends this process, saying `remedy`, where it fails. */
function run(command, args, remedy, options = {}) {
  const windows = process.platform === 'win32';
  const { status } = spawnSync(command, args, { stdio: 'inherit', shell: windows, ...options });
  if (status !== 0) fail(remedy, status ?? 1);
}

function fail(sentence, code = 3) {
  process.stderr.write(`plumbline: ${sentence}\n`);
  process.exit(code);
}

/** Folder of an unpacked Electron: the one that is named, else that of the dependency, fetched where it is not there. */
function electronFolder() {
  if (process.env.ELECTRON_DIST) return process.env.ELECTRON_DIST;
  const dependency = join(root, 'node_modules', 'electron');
  const isThere = () => existsSync(join(dependency, 'path.txt'));
  if (!isThere()) {
    process.stderr.write("plumbline: fetching Electron's binary, once\n");
    spawnSync(process.execPath, [join(dependency, 'install.js')], { stdio: 'ignore' });
  }
  if (isThere()) return join(dependency, 'dist');
  return fail(
    "Electron's binary cannot be downloaded here.\n  Name an unpacked one (ELECTRON_DIST=FOLDER npm run dist), or a mirror (ELECTRON_MIRROR).",
  );
}

const lock = readFileSync(join(here, 'package-lock.json'), 'utf8');
const stamp = join(here, 'node_modules', '.plumbline-lock');
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  process.stderr.write('plumbline: installing what makes packages (npm ci), once\n');
  run(
    'npm',
    ['ci', '--no-audit', '--no-fund', '--loglevel=error'],
    'what makes packages could not be installed: read the lines above.',
    { cwd: here },
  );
  writeFileSync(stamp, lock);
}

const electron = electronFolder();
stage(root, join(root, 'out', 'outside'));

// What is in the package, for whoever has to answer for it.
mkdirSync(join(root, 'dist'), { recursive: true });
const sbom = spawnSync(
  'npm',
  ['sbom', '--package-lock-only', '--sbom-format', 'cyclonedx', '--omit', 'dev'],
  { cwd: root, encoding: 'utf8', shell: process.platform === 'win32', maxBuffer: 1 << 26 },
);
if (sbom.status !== 0) throw new Error(`npm sbom failed: ${sbom.stderr}`);
writeFileSync(join(root, 'dist', 'plumbline.cdx.json'), sbom.stdout);

const builder = createRequire(join(here, 'package.json')).resolve('electron-builder/cli.js');
run(
  process.execPath,
  [
    builder,
    PLATFORM[process.platform] ?? '--linux',
    ...process.argv.slice(2),
    '--config',
    join(root, 'electron-builder.yml'),
    '--publish',
    'never',
    `-c.electronDist=${electron}`,
  ],
  'the packages were not made: read the lines above.\n  electron-builder fetches what it packs with (fpm, 7-Zip) from github.com; CUSTOM_FPM_PATH names an fpm of yours.',
  { cwd: root, shell: false },
);
