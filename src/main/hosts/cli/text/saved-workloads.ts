/** Saved workloads as text for a terminal. */
import type { SavedWorkload } from '../../../../shared/contract/api';
import { formatInstant } from '../../../../shared/present/moments';
import { plain, table, WIDTH, wrap } from './columns';
import { textWidth } from './width';

const MAX_COMMAND = 48;

export function savedListText(workloads: readonly SavedWorkload[]): string {
  if (workloads.length === 0)
    return wrap(
      'No workload has been saved yet. "plumbline record --save NAME -- COMMAND" saves one.',
      '',
    );
  return table(
    ['name', 'saved', 'what it runs'],
    workloads.map((one) => [one.name, formatInstant(one.savedAt), whatItRuns(one)]),
    [0, 2],
    MAX_COMMAND,
    [1],
  );
}

/** Everything that is stored, a line each. */
export function savedText(saved: SavedWorkload): string {
  const {
    bundled,
    command,
    cwd,
    instrument,
    leaveRunning,
    weights,
    saveWeights,
    name,
    model,
    run,
    intervalMs,
    environment = {},
  } = saved.request;
  const { only = false, pass = [], set = {} } = environment;
  const rows: [string, string][] = [
    ['saved', formatInstant(saved.savedAt)],
    ...(command ? [['command', command.map(quoted).join(' ')] satisfies [string, string]] : []),
    ...(bundled ? [['bundled', bundled] satisfies [string, string]] : []),
    ...Object.entries({
      folder: cwd,
      instrument,
      'left running': leaveRunning ? 'what it leaves behind' : undefined,
      weights,
      'weights saved': saveWeights,
      session: name,
      model: model?.name,
      mode: run?.mode,
      interval: intervalMs === undefined ? undefined : `${intervalMs} ms`,
    }).filter((row): row is [string, string] => row[1] !== undefined),
    ['environment', only ? 'what any program needs' : "all of Plumbline's own"],
    ...pass.map((variable): [string, string] => [
      'passed on',
      `${variable}, whose value is taken when it is run`,
    ]),
    ...Object.entries(set).map(([variable, value]): [string, string] => [
      'set',
      `${variable}=${value}`,
    ]),
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  return [
    saved.name,
    '═'.repeat(Math.min(textWidth(saved.name), WIDTH)),
    ...rows.map(([label, value]) => `${label.padEnd(width)}  ${plain(value)}`),
  ].join('\n');
}

function whatItRuns({ request: { bundled, command, model, run } }: SavedWorkload): string {
  return command
    ? command.map(quoted).join(' ')
    : `bundled ${bundled}, ${model?.name ?? 'gpt2'} ${run?.mode ?? ''}`.trimEnd();
}

/** As it could be typed: words with blanks in quotes. */
function quoted(word: string): string {
  return /^[\w@%+=:,./\\-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
