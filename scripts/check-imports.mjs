/**
 * The folders of src are the architecture, and this proves it: which folder may import which, that no circle of files
 * is left (imports of types included), and that src/README.md names every folder in a line. Runs in npm run lint and
 * npm test; a new folder needs a row here and a line there.
 *
 * A folder may always import itself. A row names the folders it may import besides, by path from src; `name/**` means
 * a folder and all within it.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseSync } from 'vite';

const theory = ['shared/base', 'shared/hardware', 'shared/model/**', 'shared/budget/**'];
const analysis = [...theory, 'shared/trace', 'shared/compute', 'shared/divergence/overlay'];
const sampling = ['shared/base', 'shared/hardware', 'shared/trace', 'main/install'];
const source = ['main/telemetry', 'main/telemetry/thread', 'main/telemetry/doctor'];
const window = ['renderer/state', 'renderer/components', 'renderer/commands', 'shared/**'];

const ALLOWED = {
  'shared/base': [],
  'shared/hardware': ['shared/base'],
  'shared/model': [
    'shared/base',
    'shared/model/families',
    'shared/model/releases',
    'shared/model/settings',
    'shared/model/weights',
  ],
  'shared/model/families': ['shared/base', 'shared/model'],
  'shared/model/releases': [],
  'shared/model/settings': ['shared/base', 'shared/model', 'shared/model/weights'],
  'shared/model/weights': ['shared/base', 'shared/model', 'shared/model/families'],
  'shared/trace': ['shared/base', 'shared/hardware'],
  'shared/budget': theory,
  'shared/budget/sharding': ['shared/base', 'shared/model', 'shared/budget'],
  'shared/budget/pytorch': [
    'shared/base',
    'shared/model/**',
    'shared/budget',
    'shared/budget/sharding',
  ],
  'shared/budget/tfjs': ['shared/base', 'shared/model', 'shared/budget'],
  'shared/compute': theory,
  'shared/planning': [...theory, 'shared/compute'],
  'shared/formulas': theory,
  'shared/chapter/claims': [...theory, 'shared/compute'],
  'shared/chapter/experiments': [
    ...theory,
    'shared/compute',
    'shared/planning',
    'shared/chapter/claims',
  ],
  'shared/chapter/experiments/measured': [
    ...theory,
    'shared/compute',
    'shared/chapter/claims',
    'shared/session',
  ],
  'shared/chapter/sweeps': [
    ...theory,
    'shared/compute',
    'shared/planning',
    'shared/session',
    'shared/chapter/experiments',
    'shared/chapter/experiments/measured',
  ],
  'shared/divergence/overlay': [...theory, 'shared/trace'],
  'shared/divergence/fit': analysis,
  'shared/divergence/shapes': ['shared/base', 'shared/trace'],
  'shared/divergence/findings': [...analysis, 'shared/divergence/fit', 'shared/divergence/shapes'],
  'shared/divergence/ledger': [...analysis, 'shared/divergence/fit', 'shared/divergence/findings'],
  'shared/divergence/inversion': [
    ...analysis,
    'shared/divergence/fit',
    'shared/divergence/findings',
  ],
  'shared/divergence/timing': analysis,
  'shared/learned': theory,
  'shared/session': [...analysis, 'shared/divergence/**', 'shared/learned'],
  'shared/library': ['shared/base', 'shared/session', 'shared/divergence/overlay'],
  'shared/picture': [...analysis, 'shared/session', 'shared/present'],
  'shared/present': [
    ...analysis,
    'shared/divergence/**',
    'shared/session',
    'shared/planning',
    'shared/learned',
    'shared/chapter/**',
  ],
  'shared/contract': [
    ...analysis,
    'shared/divergence/**',
    'shared/session',
    'shared/picture',
    'shared/learned',
    'shared/library',
    'shared/chapter/claims',
    'shared/chapter/sweeps',
  ],

  'main/install': ['shared/base'],
  'main/nvidia-smi-format': ['shared/base', 'shared/trace'],
  'main/prometheus': ['shared/base'],
  'main/telemetry': [...sampling, 'main/nvidia-smi-format', 'main/telemetry/**'],
  'main/telemetry/thread': [...sampling, 'main/telemetry'],
  'main/telemetry/host': [...sampling, ...source],
  'main/telemetry/nvml': [...sampling, ...source],
  'main/telemetry/nvidia-smi': [...sampling, ...source, 'main/nvidia-smi-format'],
  'main/telemetry/prometheus': [
    ...sampling,
    'main/telemetry',
    'main/nvidia-smi-format',
    'main/prometheus',
  ],
  'main/telemetry/doctor': [...sampling, 'main/telemetry', 'shared/contract'],
  'main/workloads': [
    'shared/base',
    'shared/model',
    'shared/trace',
    'shared/session',
    'shared/contract',
    'main/install',
    'main/telemetry',
    'main/telemetry/host',
  ],
  'main/store': [
    'shared/base',
    'shared/hardware',
    'shared/model',
    'shared/trace',
    'shared/session',
    'shared/library',
    'shared/learned',
    'main/install',
  ],
  'main/import': [
    'shared/**',
    'main/install',
    'main/nvidia-smi-format',
    'main/prometheus',
    'main/import/neighbours',
  ],
  'main/import/neighbours': [
    'shared/**',
    'main/import',
    'main/nvidia-smi-format',
    'main/prometheus',
    'main/store',
  ],
  'main/export': ['shared/**', 'main/store'],
  'main/contract': ['shared/base', 'shared/model', 'shared/contract'],
  'main/engine': [
    'shared/**',
    'main/install',
    'main/prometheus',
    'main/telemetry',
    'main/telemetry/doctor',
    'main/telemetry/prometheus',
    'main/workloads',
    'main/store',
    'main/import',
    'main/export',
  ],
  'main/hosts/cli': [
    'shared/**',
    'main/install',
    'main/engine',
    'main/hosts/cli/commands',
    'main/hosts/cli/text',
  ],
  'main/hosts/cli/commands': [
    'shared/**',
    'main/install',
    'main/engine',
    'main/hosts/server',
    'main/hosts/cli',
    'main/hosts/cli/options',
    'main/hosts/cli/text',
  ],
  'main/hosts/cli/options': ['shared/**', 'main/engine', 'main/hosts/cli'],
  'main/hosts/cli/text': ['shared/**'],
  'main/hosts/desktop': [
    'shared/base',
    'shared/contract',
    'main/contract',
    'main/install',
    'main/engine',
  ],
  'main/hosts/server': ['shared/base', 'shared/contract', 'main/contract'],

  preload: ['shared/contract'],

  renderer: [...window, 'renderer/views'],
  'renderer/views': ['renderer/state', 'renderer/components', 'renderer/views/**'],
  'renderer/state': ['shared/base', 'shared/contract', 'shared/library'],
  'renderer/components': ['shared/**'],
  'renderer/commands': ['renderer/state', 'renderer/components', 'shared/**'],
  'renderer/chart': window,
  'renderer/timeline': [...window, 'renderer/chart'],
  'renderer/forms': [...window, 'renderer/plans'],
  'renderer/plans': window,
  'renderer/views/record': [...window, 'renderer/plans'],
  'renderer/views/planner': [...window, 'renderer/chart', 'renderer/plans'],
  'renderer/views/library': [...window, 'renderer/forms'],
  'renderer/views/session': [...window, 'renderer/chart', 'renderer/timeline', 'renderer/forms'],
  'renderer/views/compare': [...window, 'renderer/chart', 'renderer/timeline', 'renderer/forms'],
  'renderer/views/doctor': window,
  'renderer/views/settings': window,
  'renderer/views/chapter': window,
  'renderer/views/experiments': [...window, 'renderer/chart'],

  // The workload never imports the budget: the two meet only in the trace.
  workload: ['shared/base', 'shared/model', 'workload/**'],
  'workload/tfjs': [],
  'workload/wasm': ['workload/tfjs'],
  'workload/packed': ['shared/base', 'shared/model', 'workload/tfjs', 'workload/wasm'],
  'workload/backend': [
    'shared/base',
    'shared/model',
    'workload/tfjs',
    'workload/wasm',
    'workload/packed',
  ],
  'workload/measure': ['shared/base', 'shared/model', 'workload/tfjs', 'workload/backend'],
  'workload/model': [
    'shared/base',
    'shared/model',
    'workload/tfjs',
    'workload/packed',
    'workload/measure',
  ],
  'workload/checkpoint': ['shared/base', 'shared/model', 'workload/packed', 'workload/model'],
  'workload/modes': [
    'shared/base',
    'shared/model',
    'workload/tfjs',
    'workload/measure',
    'workload/model',
    'workload/checkpoint',
  ],
};

/** Debt: imports that break the rules above, each with the reason it still stands. Empty is how it should be. */
const DEBT = [];

const root = join(import.meta.dirname, '..', 'src');
const files = readdirSync(root, { recursive: true })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts'));
const known = new Set(files);

/** Files of src that `path` imports, re-exports or loads, types included. */
function importsOf(path) {
  const text = readFileSync(join(root, path), 'utf8');
  const { module } = parseSync(path, text);
  const specifiers = [
    ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.map(({ moduleRequest }) => moduleRequest?.value),
    ),
    ...Array.from(text.matchAll(/\bimport\('([^']+)'\)/g), ([, specifier]) => specifier),
  ];
  return [...new Set(specifiers)]
    .filter((specifier) => specifier?.startsWith('.'))
    .flatMap((specifier) => {
      const target = join(dirname(path), specifier).replaceAll('\\', '/');
      return (
        [target, `${target}.ts`, `${target}.tsx`, `${target}/index.ts`].find((each) =>
          known.has(each),
        ) ?? []
      );
    });
}

const covers = (rule, folder) =>
  rule.endsWith('/**')
    ? folder === rule.slice(0, -3) || folder.startsWith(rule.slice(0, -2))
    : folder === rule;

/** One circle through `graph`, as the files along it; null where there is none. */
function circleIn(graph) {
  const done = new Set();
  const trail = [];
  const visit = (path) => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return null;
    trail.push(path);
    for (const next of graph.get(path)) {
      const circle = visit(next);
      if (circle) return circle;
    }
    trail.pop();
    done.add(path);
    return null;
  };
  for (const path of graph.keys()) {
    const circle = visit(path);
    if (circle) return circle;
  }
  return null;
}

const graph = new Map(files.map((path) => [path, importsOf(path)]));
const problems = [];
const owed = new Set();
for (const [path, targets] of graph) {
  const folder = dirname(path);
  const rules = ALLOWED[folder];
  if (rules === undefined) {
    problems.push(`src/${path}: the folder has no row in scripts/check-imports.mjs`);
    continue;
  }
  for (const target of targets) {
    const other = dirname(target);
    if (other === folder || rules.some((rule) => covers(rule, other))) continue;
    const debt = DEBT.find(([from, to]) => from === path && to === target);
    if (debt) owed.add(debt);
    else problems.push(`src/${path} imports ${target}: ${folder} may not import ${other}`);
  }
}
for (const debt of DEBT)
  if (!owed.has(debt))
    problems.push(`debt that is paid: ${debt[0]} no longer imports ${debt[1]}; take the row out`);
const circle = circleIn(graph);
if (circle) problems.push(`a circle of imports: ${circle.join(' → ')}`);

const readme = readFileSync(join(root, 'README.md'), 'utf8');
const folders = new Set(files.map((path) => dirname(path)));
for (const folder of folders)
  if (!readme.includes(`\`${folder}\``))
    problems.push(`src/README.md has no line for \`${folder}\``);
for (const [, folder] of readme.matchAll(/^\| `([^`]+)` \|/gm))
  if (!existsSync(join(root, folder)))
    problems.push(`src/README.md names \`${folder}\`, which is not there`);
for (const folder of Object.keys(ALLOWED))
  if (!folders.has(folder))
    problems.push(`scripts/check-imports.mjs has a row for ${folder}, which is not there`);

for (const problem of problems) process.stderr.write(`${problem}\n`);
if (problems.length > 0)
  process.stderr.write(
    `${problems.length} imports or folders against the rules of scripts/check-imports.mjs.\n`,
  );
else
  process.stdout.write(
    `Imports: ${files.length} files, ${folders.size} folders, ${DEBT.length} debts, no circle.\n`,
  );
process.exitCode = problems.length > 0 ? 1 : 0;
