/**
 * What a file of src exports is its promise to others: this finds functions, constants and classes that no other file
 * of src, test or scripts imports, so that what is nobody's business keeps to its file and what is no longer used goes.
 * Types are left out, since one may name what an exported function takes. Runs in npm run lint and npm test.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseSync } from 'vite';

const root = join(import.meta.dirname, '..');
const PARTS = ['src', 'test', 'scripts'];

const listFiles = (part) =>
  readdirSync(join(root, part), { recursive: true })
    .map((path) => `${part}/${path.replaceAll('\\', '/')}`)
    .filter((path) => /\.(tsx?|mjs)$/.test(path) && !path.endsWith('.d.ts'));

const files = new Map(
  PARTS.flatMap(listFiles).map((path) => {
    const text = readFileSync(join(root, path), 'utf8');
    return [path, { text, module: parseSync(path, text).module }];
  }),
);

/** The file that `specifier` means in `path`; undefined where it is a package or none of ours. */
function resolve(path, specifier) {
  if (!specifier?.startsWith('.')) return undefined;
  const target = join(dirname(path), specifier).replaceAll('\\', '/');
  return [
    target,
    `${target}.ts`,
    `${target}.tsx`,
    `${target}/index.ts`,
    `${target}/index.tsx`,
  ].find((each) => files.has(each));
}

/** Names that are imported, as `path#name`; `path#*` where a file is taken whole. */
const imported = new Set();
for (const [path, { text, module }] of files) {
  const take = (specifier, name) => imported.add(`${resolve(path, specifier)}#${name}`);
  for (const { moduleRequest, entries } of module.staticImports)
    for (const { importName } of entries)
      take(moduleRequest.value, importName.kind === 'Name' ? importName.name : '*');
  for (const { entries } of module.staticExports)
    for (const { moduleRequest, importName } of entries)
      if (moduleRequest)
        take(moduleRequest.value, importName.kind === 'Name' ? importName.name : '*');
  for (const [, specifier] of text.matchAll(/\bimport\('([^']+)'\)/g)) take(specifier, '*');
}

const problems = [];
let count = 0;
for (const [path, { text, module }] of files) {
  if (!path.startsWith('src/')) continue;
  const values = new Set(
    Array.from(
      text.matchAll(/^export (?:async )?(?:function\*?|const|let|class) ([\w$]+)/gm),
      ([, name]) => name,
    ),
  );
  for (const { entries } of module.staticExports)
    for (const { exportName } of entries) {
      if (!values.has(exportName.name)) continue;
      count++;
      if (!imported.has(`${path}#${exportName.name}`) && !imported.has(`${path}#*`))
        problems.push(`${path} exports ${exportName.name}, which no other file imports`);
    }
}

for (const problem of problems) process.stderr.write(`${problem}\n`);
if (problems.length === 0) process.stdout.write(`Exports: ${count}, each imported somewhere.\n`);
process.exitCode = problems.length > 0 ? 1 : 0;
