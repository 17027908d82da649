/**
 * Moves files and declarations of the TypeScript tree and mends every import that names them. It reads a plan, one
 * move a line, `#` begins a comment:
 *
 *     src/a/old.ts src/b/new.ts                      the file moves
 *     src/a/from.ts src/b/to.ts: Name, other         the top-level declarations move (to.ts may be new)
 *
 * Run from the root: node scripts/move-house.mjs PLAN, then npm run format. It is here for open work that has to be
 * rebased over the moves, and goes when there is none.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parseSync } from 'vite';

const folders = ['src', 'test', 'bin', 'scripts', 'resources'];
const isCode = (path) => /\.(tsx?|mjs|mts)$/.test(path);
const listFiles = () => [
  ...folders
    .flatMap((folder) => readdirSync(folder, { recursive: true }).map((path) => join(folder, path)))
    .filter(isCode),
  ...readdirSync('.').filter((path) => /^[^.].*\.ts$/.test(path)),
];

/** The file that a relative specifier of `from` means; undefined where there is none. */
function resolveFrom(from, specifier, exists) {
  const [path] = join(dirname(from), specifier).split('?');
  return [path, `${path}.ts`, `${path}.tsx`, `${path}/index.ts`].find(exists);
}

/** How `from` names `to`, in the form (with or without ending, index or query) that `like` has. */
function specifierFor(from, to, like) {
  const query = like.includes('?') ? like.slice(like.indexOf('?')) : '';
  const bare = like.split('?')[0];
  let path = relative(dirname(from), to);
  if (!/\.(tsx?|mjs|json|css|wat)$/.test(bare))
    path = path.replace(/\.tsx?$/, '').replace(/\/index$/, '') || '.';
  return (path.startsWith('.') ? path : `./${path}`) + query;
}

const RELATIVE = /(?<=from |[(,\s])(['"`])(\.{1,2}\/[^'"`\n${}]*)\1/g;

function moveFiles(moves) {
  const target = new Map(moves);
  const placeOf = (path) => target.get(path) ?? path;
  const before = listFiles();
  const isThere = (path) => existsSync(path) && /\.\w+$/.test(path);
  const rewritten = before.map((path) => {
    const text = readFileSync(path, 'utf8');
    const next = text
      .replace(RELATIVE, (whole, quote, specifier) => {
        const file = resolveFrom(path, specifier, isThere);
        if (file === undefined || (placeOf(file) === file && placeOf(path) === path)) return whole;
        return `${quote}${specifierFor(placeOf(path), placeOf(file), specifier)}${quote}`;
      })
      .replace(/'(?:\.\/)?(src\/[^'\n]+)'/g, (whole, file) =>
        target.has(file) ? whole.replace(file, target.get(file)) : whole,
      );
    return { path, text, next };
  });
  for (const { path, text, next } of rewritten) if (text !== next) writeFileSync(path, next);
  for (const [from, to] of moves) {
    mkdirSync(dirname(to), { recursive: true });
    execFileSync('git', ['mv', from, to]);
  }
}

const nameOf = (node) =>
  node.type === 'VariableDeclaration'
    ? node.declarations.map(({ id }) => id.name)
    : [node.id?.name];

/** Top-level declarations of a file with the comment above each: names, span and whether they are exported. */
function declarationsOf(path) {
  const text = readFileSync(path, 'utf8');
  const { program, comments } = parseSync(path, text);
  const imports = [];
  const declared = [];
  let end = 0;
  for (const node of program.body) {
    if (node.type === 'ImportDeclaration') {
      for (const each of node.specifiers) {
        imports.push({
          name: each.local.name,
          from: node.source.value,
          isType: node.importKind === 'type' || each.importKind === 'type',
          imported: each.imported?.name ?? null,
        });
      }
    } else {
      const inner = node.declaration ?? node;
      const lead = comments.filter(
        (comment) =>
          comment.start >= end &&
          comment.end <= node.start &&
          !/\n\s*\n/.test(text.slice(comment.end, node.start)),
      );
      declared.push({
        names: nameOf(inner).filter(Boolean),
        start: lead[0]?.start ?? node.start,
        end: node.end,
        isExported: node.type.startsWith('Export'),
        isType: /^TS/.test(inner.type),
      });
    }
    end = node.end;
  }
  return { text, imports, declared };
}

const uses = (text, name) =>
  new RegExp(`(?<![\\w$.])${name.replace('$', '\\$')}(?![\\w$])`).test(text);

function addImports(path, wanted) {
  if (wanted.length === 0) return;
  const { imports, text } = existsSync(path) ? declarationsOf(path) : { imports: [], text: '' };
  const missing = wanted.filter(({ name }) => !imports.some((each) => each.name === name));
  const lines = missing.map(({ name, from, isType, imported }) => {
    const what =
      imported === null
        ? name
        : `{ ${isType ? 'type ' : ''}${imported === undefined || imported === name ? name : `${imported} as ${name}`} }`;
    return `import ${what} from '${from}';\n`;
  });
  const head = /^(?:#!.*\n)?(?:\/\*\*[\s\S]*?\*\/\n)?/.exec(text)[0];
  const keep = text.slice(head.length).trimStart().startsWith('import') ? head : '';
  writeFileSync(path, keep + lines.join('') + text.slice(keep.length));
}

function moveDeclarations(from, to, names) {
  const source = declarationsOf(from);
  const chosen = source.declared.filter((each) => each.names.some((name) => names.includes(name)));
  const found = chosen.flatMap((each) => each.names);
  for (const name of names)
    if (!found.includes(name)) throw new Error(`${from} declares no ${name}`);
  const moved = chosen.map(({ start, end, isExported }) => {
    const text = source.text.slice(start, end);
    return isExported
      ? text
      : text.replace(/^((?:\s*\/\*\*[\s\S]*?\*\/\s*)?(?:\/\/.*\n)*)/, '$1export ');
  });
  const body = moved.join('\n\n');
  let rest = source.text;
  for (const { start, end } of [...chosen].reverse())
    rest = rest.slice(0, start) + rest.slice(end).replace(/^\n/, '');
  rest = rest.replace(/\n{3,}/g, '\n\n');
  const left = source.declared.filter((each) => !chosen.includes(each));
  const needed = [
    ...source.imports
      .filter(({ name }) => uses(body, name))
      .map((each) => {
        const file = each.from.startsWith('.')
          ? resolveFrom(from, each.from, existsSync)
          : undefined;
        return {
          ...each,
          imported: each.imported,
          from: file === undefined ? each.from : specifierFor(to, file, each.from),
          file,
        };
      })
      .filter(({ file }) => file !== to),
    ...left.flatMap(({ names: own, isExported, isType }) =>
      own
        .filter((name) => uses(body, name))
        .map((name) => {
          if (!isExported)
            process.stderr.write(`${name} of ${from} is used by what moves and is not exported\n`);
          return { name, from: specifierFor(to, from, './x'), isType, imported: name };
        }),
    ),
  ];
  writeFileSync(from, rest);
  mkdirSync(dirname(to), { recursive: true });
  const known = existsSync(to) ? `${readFileSync(to, 'utf8').trimEnd()}\n\n` : '';
  writeFileSync(to, `${known}${body}\n`);
  addImports(to, needed);
  const wanted = chosen.flatMap(({ names: own, isType }) => own.map((name) => ({ name, isType })));
  const restCode = declarationsOf(from);
  const bodyOfRest = restCode.text.replace(/^import[\s\S]*?from '[^']*';$/gm, '');
  addImports(
    from,
    wanted
      .filter(({ name }) => uses(bodyOfRest, name))
      .map((each) => ({ ...each, imported: each.name, from: specifierFor(from, to, './x') })),
  );
  repoint(from, to, found);
}

/** Every import of `names` from `from` becomes one from `to`. */
function repoint(from, to, names) {
  for (const path of listFiles()) {
    if (path === from) continue;
    const text = readFileSync(path, 'utf8');
    const next = text.replace(
      /^(import|export)( type)? \{([^}]*)\} from '(\.[^']*)';$/gm,
      (whole, verb, type = '', list, specifier) => {
        if (resolveFrom(path, specifier, existsSync) !== from) return whole;
        const entries = list
          .split(',')
          .map((each) => each.trim())
          .filter(Boolean);
        const isMoved = (each) => names.includes(each.replace(/^type /, '').split(' as ')[0]);
        const kept = entries.filter((each) => !isMoved(each));
        const moved = entries.filter(isMoved);
        if (moved.length === 0) return whole;
        const lines =
          kept.length === 0 ? [] : [`${verb}${type} { ${kept.join(', ')} } from '${specifier}';`];
        if (path !== to)
          lines.push(
            `${verb}${type} { ${moved.join(', ')} } from '${specifierFor(path, to, './x')}';`,
          );
        return lines.join('\n');
      },
    );
    if (next !== text) writeFileSync(path, next);
  }
}

const plan = readFileSync(process.argv[2], 'utf8')
  .split('\n')
  .map((line) => line.replace(/#.*/, '').trim())
  .filter(Boolean);
for (const line of plan.filter((each) => each.includes(':'))) {
  const [places, names] = line.split(':');
  const [from, to] = places.trim().split(/\s+/);
  moveDeclarations(
    from,
    to,
    names.split(',').map((name) => name.trim()),
  );
}
const files = plan.filter((each) => !each.includes(':')).map((line) => line.split(/\s+/));
if (files.length > 0) moveFiles(files);
