/**
 * Which architectures of the installed transformers Plumbline reads: the default configuration of each as
 * `scripts/truth/survey.py` has it, counted by the framework and here.
 *
 *     npm run bench:survey             all of them: exact, otherwise counted, refused and why
 *     npm run bench:survey -- TYPE…    those alone
 *     npm run bench:survey -- --from FILE    what the script printed before
 *
 * Python is PLUMBLINE_PYTHON or python3, with torch and transformers.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Failure } from '../../src/shared/base/failure';
import { formatInteger } from '../../src/shared/base/format';
import { modelFromConfig } from '../../src/shared/model/config-file';
import { parseConfigText } from '../../src/shared/model/config-text';
import { parameterCount } from '../../src/shared/model/parameters';

interface Described {
  readonly type: string;
  readonly class: string;
  readonly config?: unknown;
  readonly parameters?: number;
  /** Parameters of what stands beside the language model. */
  readonly besides?: number;
  /** Why transformers does not build it of its own defaults. */
  readonly error?: string;
}

type Verdict =
  | { readonly kind: 'exact' | 'not built' }
  | { readonly kind: 'differs'; readonly counted: number }
  | { readonly kind: 'refused'; readonly why: string };

function judge({ type, config, parameters }: Described): Verdict {
  if (config === undefined) return { kind: 'not built' };
  try {
    const counted = parameterCount(modelFromConfig(config, type));
    return counted === parameters ? { kind: 'exact' } : { kind: 'differs', counted };
  } catch (error) {
    if (error instanceof Failure) return { kind: 'refused', why: error.message };
    throw error;
  }
}

/** What the script prints, which is every line it could. */
function describeAll(types: readonly string[]): string {
  const python = process.env.PLUMBLINE_PYTHON ?? 'python3';
  const { stdout, status } = spawnSync(python, ['scripts/truth/survey.py', ...types], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status === 0) return stdout;
  console.error(`${python} has no torch and transformers: set PLUMBLINE_PYTHON to one that has.`);
  process.exit(3);
}

/** Refusals without the name and the value that differ from file to file. */
function reason(why: string): string {
  if (why.includes('recurrent state')) return 'a recurrent state';
  if (why.includes('which Plumbline does not know.')) return 'an architecture that is not known';
  const field = /has (\w+) .* may change the size/.exec(why)?.[1];
  return field === undefined ? why : `a field that is not understood: ${field}`;
}

function report(lines: readonly string[]): string {
  const [head, ...rows] = lines.map((line) => parseConfigText(line)) as [
    { versions: Record<string, string> },
    ...Described[],
  ];
  const judged = rows.map((row) => ({ row, verdict: judge(row) }));
  const of = (kind: Verdict['kind']) => judged.filter(({ verdict }) => verdict.kind === kind);
  const names = (some: typeof judged) => some.map(({ row }) => row.type).join(', ');
  const refused = Map.groupBy(of('refused'), ({ verdict }) =>
    reason('why' in verdict ? verdict.why : ''),
  );
  return [
    Object.entries(head.versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
    `${rows.length} architectures: ${of('exact').length} counted exactly, ${of('differs').length} otherwise, ${of('refused').length} refused, ${of('not built').length} that transformers does not build of its defaults`,
    '',
    `exact: ${names(of('exact'))}`,
    '',
    'otherwise:',
    ...of('differs').map(
      ({ row, verdict }) =>
        `  ${row.type}: ${formatInteger('counted' in verdict ? verdict.counted : 0)} for ${formatInteger(row.parameters ?? 0)}`,
    ),
    '',
    'refused:',
    ...[...refused]
      .sort(([, a], [, b]) => b.length - a.length)
      .map(([why, some]) => `  ${some.length}  ${why}: ${names(some)}`),
    '',
    `not built: ${names(of('not built'))}`,
  ].join('\n');
}

const args = process.argv.slice(2);
const from = args.indexOf('--from');
const text = from >= 0 ? readFileSync(String(args[from + 1]), 'utf8') : describeAll(args);
console.log(report(text.trim().split('\n')));
