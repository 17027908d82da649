/** The npm scripts: each makes the clone ready by itself, then does its work on the pinned Node. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  hostEntry,
  hostFlags,
  prepare,
  reportSetupFailure,
  root,
  runForeground,
  runQuietly,
  SetupError,
} from './setup.mjs';

const tool = (...parts) => join(root, 'node_modules', ...parts);
const parts = [
  'src/shared',
  'src/main',
  'src/main/hosts/desktop',
  'src/preload',
  'src/renderer',
  'src/workload',
  'test',
];

async function typecheck(node) {
  for (const part of parts) {
    const code = await runForeground(node, [tool('typescript', 'bin', 'tsc'), '-p', part], {
      cwd: root,
    });
    if (code !== 0) return code;
  }
  return 0;
}

/** Linter and formatter in one: `check` says what is amiss, `check --write` mends what it can. */
function check(node, ...args) {
  const strict = ['--error-on-warnings', '--diagnostic-level=warn', '--max-diagnostics=200'];
  const biome = tool('@biomejs', 'biome', 'bin', 'biome');
  return runForeground(node, [biome, 'check', ...strict, ...args], { cwd: root });
}

const runScript = (node, name) => runForeground(node, [join(root, 'scripts', name)], { cwd: root });
const lint = async (node) =>
  (await check(node)) ||
  (await runScript(node, 'check-imports.mjs')) ||
  (await runScript(node, 'check-exports.mjs'));

async function test(node, args) {
  if (args.length === 0) {
    const code = (await lint(node)) || (await typecheck(node));
    if (code !== 0) {
      process.stderr.write('npm test: lint or type check failed, so no test was run.\n');
      return code;
    }
  }
  return runForeground(node, [tool('vitest', 'vitest.mjs'), 'run', ...args], { cwd: root });
}

/** Path of the Electron binary, fetched on first use; null where it cannot be had. */
async function electronBinary(node) {
  const find = () => {
    const pathFile = tool('electron', 'path.txt');
    if (!existsSync(pathFile)) return null;
    const binary = tool('electron', 'dist', readFileSync(pathFile, 'utf8').trim());
    return existsSync(binary) ? binary : null;
  };
  if (process.env.PLUMBLINE_NO_ELECTRON === '1') return null;
  if (find() === null && existsSync(tool('electron', 'install.js'))) {
    await runQuietly(node, [tool('electron', 'install.js')], { stdio: 'ignore', timeout: 180_000 });
  }
  return find();
}

async function start(node, args) {
  const electron = await electronBinary(node);
  if (electron) return runForeground(electron, [root, ...args], { cwd: root, stdio: 'inherit' });
  process.stderr.write('plumbline: no Electron binary here, so the app opens in the browser.\n');
  return runForeground(node, [
    ...hostFlags,
    hostEntry,
    'serve',
    '--open',
    '--allow-launch',
    ...args,
  ]);
}

/**
 * The app while it is worked on: in the browser, where a change of the window shows without a reload and a change of
 * the main part restarts the host. With --desktop Electron runs instead and restarts with its main process and preload.
 */
async function dev(node, args) {
  if (!args.includes('--desktop'))
    return runForeground(node, [join(root, 'scripts', 'dev.mjs')], { cwd: root });
  if ((await electronBinary(node)) === null)
    throw new SetupError('No Electron binary can be had here.', 'Leave --desktop out.');
  return runForeground(node, [tool('electron-vite', 'bin', 'electron-vite.js'), '--watch'], {
    cwd: root,
  });
}

/** Benchmarks print figures and never fail a build; each is one entry of test/bench, bundled and run on the pinned Node. */
async function bench(
  node,
  [name = '', ...args],
  entry = join(root, 'test', 'bench', `${name}.ts`),
) {
  if (!existsSync(entry))
    throw new SetupError(
      `There is no benchmark "${name}".`,
      'test/bench holds them: npm run bench:<name>.',
    );
  const outDir = join(root, 'out', 'bench', name);
  const built = await runQuietly(node, [
    tool('vite', 'bin', 'vite.js'),
    'build',
    '--ssr',
    entry,
    '--outDir',
    outDir,
    '--logLevel',
    'warn',
  ]);
  return built === 0
    ? runForeground(node, [...hostFlags, join(outDir, `${name}.js`), ...args], { cwd: root })
    : built;
}

const commands = {
  bench,
  fuzz: (node, args) => bench(node, ['fuzz', ...args], join(root, 'test', 'fuzz', 'fuzz.ts')),
  soak: (node, args) => bench(node, ['soak', ...args], join(root, 'test', 'soak', 'soak.ts')),
  pictures: (node, args) =>
    bench(node, ['pictures', ...args], join(root, 'test', 'pictures', 'pictures.ts')),
  build: async () => 0,
  dist: (node, args) =>
    runForeground(node, [join(root, 'packaging', 'dist.mjs'), ...args], { cwd: root }),
  start,
  dev,
  demo: (node, args) => runForeground(node, [...hostFlags, hostEntry, 'demo', ...args]),
  test,
  typecheck,
  lint,
  format: (node) => check(node, '--write'),
};

const [name = 'start', ...args] = process.argv.slice(2);
try {
  const needBuild = !['typecheck', 'lint', 'format'].includes(name);
  const node = await prepare({ needBuild, rebuild: name === 'build' });
  process.exitCode = await commands[name](node, args);
} catch (error) {
  process.exitCode = reportSetupFailure(error, false);
}
process.exit();
