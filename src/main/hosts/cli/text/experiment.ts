/** The chapter's scenarios as text for a terminal: the list of them, and one worked out and measured. */
import type { Experiment, Step } from '../../../../shared/chapter/experiments';
import type { Measurement, Outcome } from '../../../../shared/chapter/experiments/measured';
import { printedFigure, theoryFigure } from '../../../../shared/present/claim-figures';
import { VERDICT_NAMES } from '../../../../shared/present/names';
import { figure } from '../../../../shared/present/numbers';
import { wrap, wrappedTable } from './columns';

export function experimentListText(
  experiments: readonly {
    readonly name: string;
    readonly title: string;
    readonly runs: Measurement['scope'] | null;
  }[],
  sweeps: readonly {
    readonly name: string;
    readonly title: string;
    readonly scope: { readonly quick: string; readonly full: string };
  }[],
): string {
  const running = experiments.flatMap(({ name, runs }) =>
    runs === null ? [] : [[name, runs.small, runs.full] as const],
  );
  return [
    wrap('Worked out, step by step beside what the chapter prints:', ''),
    ...two(experiments.map(({ name, title }) => [name, title])),
    '',
    wrap(
      'Recorded on this machine over a list of values and held against the law the chapter states:',
      '',
    ),
    ...sweeps.flatMap(({ name, title, scope: { quick, full } }) => [
      wrap(`${name}: ${title}`, '    ', '  '),
      wrap(`${quick}; with --full ${full}`, '    '),
    ]),
    '',
    wrap('Recorded on this machine and held against what is worked out:', ''),
    ...running.flatMap(([name, small, full]) =>
      wrap(`${name}: ${small}; with --full ${full}`, '    ', '  '),
    ),
    '',
    'A command of your own:',
    '  plumbline experiment --sweep batch=1,2,4 -- python train.py --batch {batch}',
  ].join('\n');
}

/** Rows of a label and its text. */
function two(rows: readonly (readonly [label: string, text: string])[]): string[] {
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, text]) =>
    wrap(text, ' '.repeat(width + 4), `  ${label.padEnd(width)}  `),
  );
}

export function experimentText(
  { name, title, inputs }: Experiment,
  steps: readonly Step[],
  measurement: Measurement | null,
  measured: Outcome | null,
): string {
  const rows = steps.map(({ what, formula, value, unit, claim }) => [
    what,
    formula,
    claim === null ? figure(value ?? 0) : theoryFigure(claim),
    unit,
    claim === null ? '' : printedFigure(claim),
    claim === null ? '' : VERDICT_NAMES[claim.verdict],
  ]);
  return [
    wrap(`${name}: ${title}`, '  ', ''),
    '',
    ...two(inputs),
    '',
    wrappedTable(['', 'how', 'figure', '', 'chapter', 'verdict'], rows, [0, 1, 3, 5]),
    ...notes(steps),
    ...(measurement === null
      ? []
      : [
          '',
          measured === null
            ? 'Nothing was measured yet that can be compared.'
            : measuredText(measured, steps),
        ]),
  ].join('\n');
}

/** Why a printed figure is not what the theory gives, once for each reason. */
function notes(steps: readonly Step[]): readonly string[] {
  const reasons = new Map<string, Set<string>>();
  for (const { what, claim } of steps) {
    if (claim === null || claim.verdict === 'right' || claim.verdict === 'rounded') continue;
    reasons.set(claim.why, (reasons.get(claim.why) ?? new Set()).add(what));
  }
  if (reasons.size === 0) return [];
  return [
    '',
    'Where the chapter is off, and why',
    ...[...reasons].flatMap(([why, steps]) =>
      wrap(`${[...steps].join(', ')}: ${why}`, '    ', '  '),
    ),
  ];
}

function measuredText(
  { conditions, crowded, sessions, figures }: Outcome,
  steps: readonly Step[],
): string {
  const printed = new Map(
    steps.flatMap(({ claim }) =>
      claim === null ? [] : [[claim.id, printedFigure(claim)] as const],
    ),
  );
  const rows = figures.flatMap(({ what, value, unit, predicted, claims }) => {
    const says = claims.map((id) => printed.get(id)).find((text) => text !== undefined) ?? '';
    const by = predicted.map((one) => [`${figure(one.value)} ${unit}`, one.by]);
    const [first = ['', ''], ...rest] = by;
    return [
      [what, `${figure(value)} ${unit}`, ...first, says],
      ...rest.map((one) => ['', '', ...one, '']),
    ];
  });
  return [
    wrap(`Measured: ${conditions}`, ''),
    wrappedTable(['', 'measured', 'predicted', 'by', 'chapter'], rows, [0, 3]),
    ...(crowded
      ? [
          wrap(
            'Other programs took part of the processor: times measured so count for no claim of the chapter.',
            '',
          ),
        ]
      : []),
    wrap(`Sessions: ${sessions.map(({ id }) => id).join(', ')}`, '  ', ''),
  ].join('\n');
}
