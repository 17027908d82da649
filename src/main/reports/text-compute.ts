/** The compute side of the theory as text for a terminal of 100 columns: scaling laws, the chapter's figures, and how numbers and tables are written. */
import type { Claim, Measured, Verdict, VerdictTotals } from '../../shared/compute/chapter';
import type { Count } from '../../shared/compute/exact';
import type { ScalingReport, Standing } from '../../shared/compute/scaling';
import type { TrainingCost } from '../../shared/compute/training';
import { ABSENT, formatPercent } from '../../shared/format';

const WIDTH = 100;
const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'] as const;

/** 291.6 G, 124.4 M; plain digits below a thousand, powers of ten past the last prefix. */
export function scaled(value: Count): string {
  const number = Number(value);
  const size = Math.abs(number);
  const step = size < 1000 ? 0 : Math.floor(Math.log10(size) / 3 + 1e-12);
  const prefix = PREFIXES[step];
  if (prefix === undefined) return number.toExponential(3);
  const shown = number / 1000 ** step;
  return prefix === '' ? trimmed(shown) : `${trimmed(shown)} ${prefix}`;
}

/** Parameters and tokens as the field writes them: 175B, 1.4T. */
function short(value: number): string {
  return scaled(value).replace(' G', 'B').replace(' ', '');
}

/** FLOPs in scientific notation. */
function scientific(value: Count, digits = 2): string {
  return Number(value).toExponential(digits).replace('e+', 'e');
}

/** Four significant digits, without trailing zeros behind the point. */
export function trimmed(value: number): string {
  const text = Math.abs(value) >= 1000 ? value.toFixed(0) : value.toPrecision(4);
  return text.includes('.') && !text.includes('e') ? text.replace(/\.?0+$/, '') : text;
}

/** Every digit, in groups of three: a count is exact, and its reader may want it whole. */
export function whole(value: Count): string {
  return value.toString().replace(/\B(?=(\d{3})+$)/g, ',');
}

type Align = 'left' | 'right';

/** Columns as wide as their widest cell, two spaces apart. */
export function table(header: readonly string[], rows: readonly (readonly string[])[], align: readonly Align[]): string {
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => (row[i] ?? '').length)));
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => (align[i] === 'right' ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0))).join('  ').trimEnd();
  return [line(header), line(widths.map((width) => '─'.repeat(width))), ...rows.map(line)].join('\n');
}

export interface ScalingText extends ScalingReport {
  /** The budget on devices, where some were named. */
  readonly training: ({ readonly gpu: string; readonly gpus: number; readonly precision: string; readonly utilization: number }
    & Pick<TrainingCost, 'seconds' | 'days' | 'gpuHours' | 'cost' | 'energyKWh'>) | null;
}

export function scalingText(report: ScalingText): string {
  const rows = report.optimum.map(({ method, N, D, tokensPerParameter, exponent, loss }) => [method, short(N), short(D), trimmed(tokensPerParameter), `C^${exponent.toFixed(2)}`, loss.toFixed(3)]);
  const { given, lifetime, training } = report;
  return [
    `${scientific(report.compute, 3)} FLOPs are best spent on`,
    '',
    table(['', 'parameters', 'tokens', 'tokens each', 'N grows as', 'loss'], rows, ['left', 'right', 'right', 'right', 'right', 'right']),
    '',
    ...wrap('Loss is that of Chinchilla\'s approach 3 for every row, in nats a token. Its constants are published rounded, which moves its optimum by a third; the refit by Besiroglu et al. (2024) agrees with approaches 1 and 2. Kaplan counts no embeddings in N and assumes batches at the critical size, so its 6ND is not the budget.', ''),
    '',
    ...(given ? [standingText('The model given', given)] : []),
    standingText('GPT-3', report.gpt3),
    ...(lifetime
      ? wrap(`Serving ${short(lifetime.inferenceTokens)} tokens at a loss of ${lifetime.loss.toFixed(3)} is cheapest with ${short(lifetime.N)} parameters on ${short(lifetime.D)} tokens: ${scientific(lifetime.trainingFlops)} FLOPs of training and ${scientific(lifetime.inferenceFlops)} of inference (Sardana and Frankle 2024).`, '', '  ')
      : []),
    ...(training
      ? wrap(`${whole(training.gpus)} × ${training.gpu} at ${formatPercent(100 * training.utilization)} of the ${training.precision} peak: ${trimmed(training.days)} days, ${scaled(training.gpuHours)} GPU-hours, ${training.cost === null ? 'no price given' : `${whole(Math.round(training.cost))} in money`}, at most ${scaled(1000 * training.energyKWh)}Wh.`, '', '  ')
      : []),
  ].join('\n');
}

function standingText(name: string, of: Standing): string {
  const size = of.sizeOverOptimum >= 1 ? `${trimmed(of.sizeOverOptimum)}× the best size` : `${trimmed(1 / of.sizeOverOptimum)}× below the best size`;
  return `${name}: ${short(of.params)} parameters on ${short(of.tokens)} tokens, ${trimmed(of.tokensPerParameter)} each.\n  ${size.charAt(0).toUpperCase()}${size.slice(1)} for its compute: ${of.verdict}. Loss ${of.loss.toFixed(3)}.`;
}

export const VERDICT_WORDS: Readonly<Record<Verdict, string>> = { right: 'right', rounded: 'rounded', wrong: 'WRONG', 'not-computable': 'no theory' };

export function chapterText(claims: readonly Claim[], totals: VerdictTotals): string {
  const sections = [...new Set(claims.map((claim) => claim.section))];
  const blocks = sections.map((section) => {
    const rows = claims.filter((claim) => claim.section === section);
    const lines = table(
      ['claim', 'printed', 'computed', 'unit', 'verdict'],
      rows.map((claim) => [claim.id, printedFigure(claim), theoryFigure(claim), claim.unit, VERDICT_WORDS[claim.verdict]]),
      ['left', 'right', 'right', 'left', 'left'],
    ).split('\n');
    const explained = lines.flatMap((line, i) => {
      const claim = rows[i - 2];
      if (!claim) return [line];
      const off = claim.verdict !== 'right' && claim.verdict !== 'rounded';
      return [line, ...(off ? wrap(claim.why, '    ') : []), ...(claim.measured === null ? [] : wrap(measuredWords(claim.measured), '    '))];
    });
    return [section, ...explained].join('\n');
  });
  return [...blocks, totalsText(totals)].join('\n\n');
}

function measuredWords({ value, unit, sessions, conditions }: Measured): string {
  return `Measured: ${figure(value)} ${unit} (${conditions}; ${sessions.length === 1 ? 'session' : 'sessions'} ${sessions.join(', ')}).`;
}

/** A figure as printed, with its mark of approximation. */
export function printedFigure({ printed, printedText, approximate }: Claim): string {
  return `${approximate ? '≈' : ''}${typeof printed === 'number' && printed >= 10_000 ? whole(printed) : printedText}`;
}

/** What theory gives: a value, or the bound the printed one has to keep; with no fewer decimals than are printed. */
export function theoryFigure({ computed, bound, relation, printedText }: Claim): string {
  if (bound !== null) return `${relation === 'at-most' ? '≤ ' : '≥ '}${figure(bound)}`;
  if (computed === null) return ABSENT;
  const decimals = /\.(\d+)$/.exec(printedText)?.[1]?.length ?? 0;
  const shown = figure(computed);
  const has = shown.split('.')[1]?.length ?? 0;
  return has < decimals && !Number.isInteger(computed) ? computed.toFixed(decimals).replace(/\B(?=(\d{3})+\.)/g, ',') : shown;
}

export function figure(value: number): string {
  return Math.abs(value) >= 1000 ? whole(Math.round(value)) : trimmed(value);
}

function totalsText(totals: VerdictTotals): string {
  return `${totals.all} figures: ${totals.right} right, ${totals.rounded} rounded, ${totals.wrong} wrong, ${totals['not-computable']} not computable.`;
}

/** Lines of at most WIDTH columns, indented; lines after the first by `rest`. */
export function wrap(text: string, indent: string, rest = indent): readonly string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(' ')) {
    if (line.length + word.length + 1 > WIDTH && line.trim() !== '') {
      lines.push(line);
      line = rest;
    }
    line += line.trim() === '' ? word : ` ${word}`;
  }
  return [...lines, line];
}
