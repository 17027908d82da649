/**
 * The packages that run with Plumbline: its `dependencies` and everything these need, found as Node finds them, from the
 * installed tree. Packages for other platforms are left out by their own `os`, `cpu` and `libc` fields.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

const allows = (list, value) =>
  list === undefined ||
  ((list.includes(value) || list.some((one) => one.startsWith('!'))) &&
    !list.includes(`!${value}`));

/** The folder that `name` resolves to for a module in `from`; null where it is not installed. */
function find(root, from, name) {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return candidate;
    if (folder === root || folder === dirname(folder)) return null;
  }
}

/**
 * Folders relative to `root` (`node_modules/zod`), sorted. Throws where a package that is not optional is missing.
 * @param {string} root folder of Plumbline's package.json
 * @param {{os: string, cpu: string, libc: string}} target what the packages are to run on
 */
export function runtimePackages(root, target) {
  const found = new Map();
  const visit = (folder, manifest) => {
    // The optional ones of Plumbline itself are Node and the linter, for whoever works on it.
    const optional = folder === root ? {} : (manifest.optionalDependencies ?? {});
    for (const name of Object.keys({ ...manifest.dependencies, ...optional })) {
      const required = !(name in optional);
      const at = find(root, folder, name);
      if (at === null) {
        if (required) throw new Error(`${name}, which ${manifest.name} needs, is not installed`);
        continue;
      }
      const key = relative(root, at);
      if (found.has(key)) continue;
      const own = readJson(join(at, 'package.json'));
      if (
        !allows(own.os, target.os) ||
        !allows(own.cpu, target.cpu) ||
        !allows(own.libc, target.libc)
      )
        continue;
      found.set(key, own.name);
      visit(at, own);
    }
  };
  visit(root, readJson(join(root, 'package.json')));
  return [...found.keys()].sort();
}
