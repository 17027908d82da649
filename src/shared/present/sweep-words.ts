/** What a sweep found, in words: one source for terminal and window. */
import { formatBytes, formatDuration, MINUS } from '../base/format';
import type { FigureName } from '../chapter/sweeps/figures';
import { describeSeries, type Law } from '../chapter/sweeps/laws';
import type { Conclusion } from '../chapter/sweeps/reading';
import { figure } from './numbers';

export const FIGURE_WORDS: Readonly<Record<FigureName, string>> = {
  peak: 'peak',
  weights: 'weights',
  layerWeights: 'weights of the layers',
  activations: 'activations',
  time: 'time',
};

/** Where a column is narrow. */
export const SHORT_FIGURE_WORDS: Readonly<Record<FigureName, string>> = {
  ...FIGURE_WORDS,
  layerWeights: 'weights',
};

export const formatFigure = (name: FigureName, value: number | null): string =>
  name === 'time' ? formatDuration(value) : formatBytes(value);

const exponent = (value: number): string => {
  const text = Math.abs(value).toFixed(2);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
};

export interface LawWords {
  /** "activations, kvCache=off". */
  readonly what: string;
  /** "seq^1.08", "bits^0.85". */
  readonly grows: string;
  /** "1.04 to 1.11". */
  readonly interval: string;
  readonly predicted: string;
  /** "1", "1 to 2"; empty where the chapter states none. */
  readonly stated: string;
  /** Empty where the chapter states none. */
  readonly verdict: string;
}

export function describeLaw(law: Law): LawWords {
  const { figure: name, counted, exponent: measured, halfWidth, predicted, stated, holds } = law;
  const series = describeSeries(law);
  const [from, to] = stated ?? [];
  return {
    what: `${FIGURE_WORDS[name]}${series === '' ? '' : `, ${series}`}`,
    grows: `${counted}^${exponent(measured)}`,
    interval: `${exponent(measured - halfWidth)} to ${exponent(measured + halfWidth)}`,
    predicted: predicted === null ? '' : exponent(predicted),
    stated: [...new Set([from, to])].join(' to '),
    verdict: from === undefined ? '' : judge(holds, measured, from),
  };
}

function judge(holds: boolean | null, measured: number, from: number): string {
  if (holds === null) return 'unsure';
  if (holds) return 'holds';
  return measured < from ? 'less steep' : 'steeper';
}

export interface ConclusionWords {
  readonly what: string;
  readonly value: string;
  /** "64.5× by (n+1)/2", one a prediction. */
  readonly predicted: readonly { readonly value: string; readonly by: string }[];
  readonly chapter: string;
}

export function describeConclusion({
  what,
  value,
  unit,
  halfWidth,
  predicted,
  chapter = '',
}: Conclusion): ConclusionWords {
  const say = (number: number) => {
    const apart = /^[a-z]/i.test(unit) ? ' ' : '';
    return `${figure(number).replace('-', MINUS)}${apart}${unit}`;
  };
  return {
    what,
    value: halfWidth === undefined ? say(value) : `${say(value)} ± ${figure(halfWidth)}`,
    predicted: predicted.map((one) => ({ value: say(one.value), by: one.by })),
    chapter,
  };
}
