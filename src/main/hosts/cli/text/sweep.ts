/** A sweep as text: its points beside the prediction, the laws they follow, what follows from them, and what failed. */
import type { FigureName } from '../../../../shared/chapter/sweeps/figures';
import type { SweepOutcome } from '../../../../shared/chapter/sweeps/outcome';
import type { SweepPoint } from '../../../../shared/chapter/sweeps/reading';
import {
  describeConclusion,
  describeLaw,
  formatFigure,
  SHORT_FIGURE_WORDS,
} from '../../../../shared/present/sweep-words';
import { markedBar } from './bars';
import { table, WIDTH, wrap, wrappedTable } from './columns';
import { styled } from './style';

const LONGEST_BAR = 24;
const SHORTEST_BAR = 6;

export function sweepText(title: string, law: string | null, outcome: SweepOutcome): string {
  const { laws, conclusions, failed, notes } = outcome;
  return [
    wrap(title, '')
      .split('\n')
      .map((line) => styled('strong', line))
      .join('\n'),
    pointsTable(outcome),
    ...(laws.length > 0 ? [lawsTable(outcome)] : []),
    ...(conclusions.length > 0 ? [conclusionsTable(outcome)] : []),
    ...(law === null ? [] : [wrap(`The chapter: ${law}.`, '')]),
    ...notes.map((note) => wrap(note, '')),
    ...(failed.length > 0
      ? [failed.map(({ point, why }) => wrap(`${point}: ${why}`, '  ', '! ')).join('\n')]
      : []),
  ].join('\n\n');
}

/** The first figure is drawn as well: measured as a bar, predicted as a stroke. */
function pointsTable({ axes, figures, points }: SweepOutcome): string {
  const repeated = points.some(({ runs }) => runs > 1);
  const hasPrediction = (figure: FigureName) =>
    points.some((point) => point.figures[figure].predicted !== null);
  const head = [
    ...axes.map(({ name }) => name),
    ...(repeated ? ['runs'] : []),
    ...figures.flatMap((figure) => [
      SHORT_FIGURE_WORDS[figure],
      ...(hasPrediction(figure) ? [figure === 'time' ? 'by work' : 'predicted'] : []),
    ]),
  ];
  const rows = points.map(({ point, runs, figures: read }) => [
    ...axes.map(({ name }) => point[name] ?? ''),
    ...(repeated ? [String(runs)] : []),
    ...figures.flatMap((figure) => {
      const { measured, predicted } = read[figure];
      return [
        formatFigure(figure, measured),
        ...(hasPrediction(figure) ? [formatFigure(figure, predicted)] : []),
      ];
    }),
  ]);
  const taken = head.reduce(
    (sum, title, i) => sum + 2 + Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)),
    4,
  );
  const width = Math.min(LONGEST_BAR, WIDTH - taken);
  if (width < SHORTEST_BAR) return table(head, rows, [], 34);
  const bars = drawBars(points, figures[0] ?? 'peak', width);
  return table(
    [...head, ''],
    rows.map((row, i) => [...row, bars[i] ?? '']),
    [],
    34,
    [head.length],
  );
}

function drawBars(
  points: readonly SweepPoint[],
  figure: FigureName,
  width: number,
): readonly string[] {
  const pairs = points.map((point) => point.figures[figure]);
  const top = Math.max(
    1,
    ...pairs.map(({ measured, predicted }) => Math.max(measured ?? 0, predicted ?? 0)),
  );
  return pairs.map(({ measured, predicted }) =>
    markedBar((measured ?? 0) / top, predicted === null ? null : predicted / top, width),
  );
}

function lawsTable({ laws }: SweepOutcome): string {
  const { head, rows, places } = withoutEmpty(
    ['', 'grows as', '95% interval', 'predicted', 'chapter', ''],
    laws
      .map(describeLaw)
      .map((law) => [law.what, law.grows, law.interval, law.predicted, law.stated, law.verdict]),
  );
  return table(head, rows, [0], 30, places([1, 5]));
}

/** Some sweeps are held against no prediction, and some against nothing in the chapter: columns that say nothing go. */
function withoutEmpty(head: readonly string[], rows: readonly (readonly string[])[]) {
  const kept = head.flatMap((_, i) => (rows.some((row) => row[i] !== '') ? [i] : []));
  const keep = (row: readonly string[]) => kept.map((i) => row[i] ?? '');
  return {
    head: keep(head),
    rows: rows.map(keep),
    /** Where columns of before stand now. */
    places: (columns: readonly number[]) =>
      columns.flatMap((i) => (kept.includes(i) ? [kept.indexOf(i)] : [])),
  };
}

function conclusionsTable({ conclusions }: SweepOutcome): string {
  const rows = conclusions
    .map(describeConclusion)
    .flatMap(({ what, value, predicted, chapter }) => {
      const [first = { value: '', by: '' }, ...rest] = predicted;
      return [
        [what, value, first.value, first.by, chapter],
        ...rest.map((one) => ['', '', one.value, one.by, '']),
      ];
    });
  const kept = withoutEmpty(['', 'measured', 'predicted', 'by', 'chapter'], rows);
  return wrappedTable(kept.head, kept.rows, kept.places([0, 3, 4]));
}
