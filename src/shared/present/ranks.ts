/** Each rank, or process that is none, beside the others: the head and the cells of a table, empty for a session of one process. */
import {
  ABSENT,
  formatBytes,
  formatInteger,
  formatSignedBytes,
  formatSignedPercent,
} from '../base/format';
import type { SessionDocument } from '../session/session-document';
import { areProcesses, rankName } from '../trace/rank-names';

type Ranked = Pick<SessionDocument, 'overlay' | 'ranks'>;
const numbers = ({ ranks = [] }: Pick<Ranked, 'ranks'>) => ranks.map(({ rank }) => rank);

/** What the table's rows are, for a title and a tab. */
export const rankKind = (doc: Ranked): 'process' | 'rank' | 'GPU' => {
  if (doc.overlay.rank === undefined) return 'GPU';
  return areProcesses(numbers(doc)) ? 'process' : 'rank';
};
export const rankTitle = (doc: Ranked): string => `By ${rankKind(doc)}, at the highest`;

/** Which of several ranks, processes or GPUs the figures are of. */
export function ranksNote(doc: Ranked): string {
  const { overlay, ranks = [] } = doc;
  if (overlay.rank === undefined)
    return `Of ${ranks.length} GPUs the one whose memory rose most is laid over the budget, unless another is asked for; the table of all has the fullest first.`;
  const name = rankName(overlay.rank, numbers(doc));
  const one = `Of ${countRanks(ranks)}, ${name === 'first process' ? 'the ' : ''}${name}`;
  return isPredicted(doc)
    ? `${one} is laid over the budget, which is that of one device; the fullest is, unless another is asked for.`
    : `${one} is shown; the fullest is, unless another is asked for.`;
}

/** "3 ranks", "2 processes", "2 ranks and 1 process beside them". */
function countRanks(ranks: NonNullable<SessionDocument['ranks']>): string {
  const beside = ranks.filter(({ process }) => process !== undefined).length;
  if (areProcesses(numbers({ ranks }))) return `${ranks.length} processes`;
  const among = `${ranks.length - beside} ${ranks.length - beside === 1 ? 'rank' : 'ranks'}`;
  return beside === 0
    ? among
    : `${among} and ${beside} ${beside === 1 ? 'process' : 'processes'} beside them`;
}

/** As the table's first column has it: of a rank or a GPU its number alone, of a process its pid. */
export const rankLabel = ({ rank }: { readonly rank: number }, doc: Ranked): string => {
  const name = rankName(rank, numbers(doc));
  if (rankKind(doc) === 'process') return name.replace(/^process | process$/, '');
  return name.replace(/^rank /, '');
};

type Row = NonNullable<SessionDocument['ranks']>[number];
interface Column {
  readonly head: string;
  /** Left out where no row has one. */
  readonly ofPrediction?: true;
  readonly cell: (row: Row) => string;
}
const FIGURES: readonly Column[] = [
  { head: 'line', cell: ({ series }) => series ?? ABSENT },
  { head: 'measured', cell: ({ measuredPeak }) => formatBytes(measuredPeak) },
  {
    head: 'predicted',
    ofPrediction: true,
    cell: ({ predictedPeak }) => formatBytes(predictedPeak),
  },
  {
    head: 'residual',
    ofPrediction: true,
    cell: ({ residualBytes }) => formatSignedBytes(residualBytes),
  },
  {
    head: 'of predicted',
    ofPrediction: true,
    cell: ({ residualPercent }) => formatSignedPercent(residualPercent),
  },
  { head: 'resident', cell: ({ residentPeak }) => formatBytes(residentPeak) },
  { head: 'phases', cell: ({ phases }) => formatInteger(phases) },
];
const isPredicted = ({ ranks = [] }: Ranked) =>
  ranks.some(({ predictedPeak }) => predictedPeak !== null);
const figures = (doc: Ranked): readonly Column[] =>
  isPredicted(doc) ? FIGURES : FIGURES.filter(({ ofPrediction }) => !ofPrediction);

export const rankHead = (doc: Ranked): readonly string[] => [
  rankKind(doc),
  ...figures(doc).map(({ head }) => head),
];

export function rankCells(doc: SessionDocument): string[][] {
  const { overlay, ranks = [] } = doc;
  const columns = figures(doc);
  return ranks.map((row) => {
    const isShown = row.rank === overlay.rank || row.series === overlay.series;
    return [
      `${rankLabel(row, doc)}${isShown ? ', shown' : ''}`,
      ...columns.map(({ cell }) => cell(row)),
    ];
  });
}
