/**
 * Expectations a person gives with `--fail-on`, for scripts that watch a workload: bounds that a session, or the last
 * of several compared, must keep.
 *
 *     peak=8GiB        the measured peak may not pass it
 *     residual=10%     nor |measured − predicted| of the predicted peak; bytes may be given instead
 *     learned=5%       the same against what earlier sessions taught of this machine
 *     leak=1MiB        nor what a step, token or period leaks; leak=0 refuses any
 *     duration=60s     nor the time it took
 *     findings=0       nor the number of findings
 *     peak>+2%         of a comparison: the last session's peak against the first's; peak>+64MiB, duration>+5%
 *
 * What the session does not tell cannot be kept: an expectation on an unknown figure is not met.
 */

import { Failure } from '../base/failure';
import {
  formatBytes,
  formatDuration,
  formatInteger,
  formatPercent,
  formatSignedBytes,
  formatSignedPercent,
} from '../base/format';
import { GiB, KiB, MiB } from '../base/units';
import type { Comparison } from './comparison';
import type { SessionDocument } from './session-document';

export interface Outcome {
  /** As it was given. */
  readonly expectation: string;
  readonly met: boolean;
  /** One sentence with figures. */
  readonly message: string;
}

interface Amount {
  readonly value: number;
  readonly unit: 'bytes' | 'percent' | 'microseconds' | 'count';
}
export interface Expectation {
  readonly text: string;
  readonly metric: 'peak' | 'residual' | 'learned' | 'leak' | 'duration' | 'findings';
  /** `=` bounds a session, `>` bounds growth between two. */
  readonly relation: '=' | '>';
  readonly limit: Amount;
}

const UNITS: Readonly<Record<string, Amount>> = {
  '%': { value: 1, unit: 'percent' },
  '': { value: 1, unit: 'count' },
  b: { value: 1, unit: 'bytes' },
  kib: { value: KiB, unit: 'bytes' },
  mib: { value: MiB, unit: 'bytes' },
  gib: { value: GiB, unit: 'bytes' },
  kb: { value: 1e3, unit: 'bytes' },
  mb: { value: 1e6, unit: 'bytes' },
  gb: { value: 1e9, unit: 'bytes' },
  ms: { value: 1e3, unit: 'microseconds' },
  s: { value: 1e6, unit: 'microseconds' },
  min: { value: 60e6, unit: 'microseconds' },
};
const ALLOWED: Readonly<
  Record<string, Readonly<Record<Expectation['metric'], readonly Amount['unit'][]>>>
> = {
  '=': {
    peak: ['bytes'],
    residual: ['percent', 'bytes'],
    learned: ['percent', 'bytes'],
    leak: ['bytes'],
    duration: ['microseconds'],
    findings: ['count'],
  },
  '>': {
    peak: ['percent', 'bytes'],
    residual: [],
    learned: [],
    leak: [],
    duration: ['percent', 'microseconds'],
    findings: [],
  },
};
const REMEDY =
  'Write, for example, --fail-on peak=8GiB,residual=10%,leak=1MiB, or --fail-on "peak>+2%" to compare.';

/** A list parted by commas; `relation` is what the command can check. A mistake is `bad_input`. */
export function parseExpectations(list: string, relation: Expectation['relation']): Expectation[] {
  return list.split(',').map((part) => {
    const text = part.trim();
    const parts =
      /^(peak|residual|learned|leak|duration|findings)\s*(=|>\s*\+?)\s*(\d+(?:\.\d+)?)\s*([a-z%]*)$/i.exec(
        text,
      );
    const unit = parts && UNITS[parts[4]!.toLowerCase()];
    if (!parts || !unit)
      throw new Failure(
        'bad_input',
        `--fail-on does not understand ${JSON.stringify(text)}.`,
        REMEDY,
      );
    const metric = parts[1]!.toLowerCase() as Expectation['metric'];
    const given = parts[2]!.startsWith('>') ? '>' : '=';
    if (given !== relation) {
      throw new Failure(
        'bad_input',
        `--fail-on ${JSON.stringify(text)} ${given === '>' ? 'compares two sessions, and there is one' : 'bounds one session, and here two are compared'}.`,
        REMEDY,
      );
    }
    const value = Number(parts[3]) * unit.value;
    // Zero is nothing in every unit.
    const kinds = ALLOWED[given]![metric];
    const isBareZero = value === 0 && unit.unit === 'count';
    const kind = kinds.find((each) => each === unit.unit) ?? (isBareZero ? kinds[0] : undefined);
    if (kind === undefined)
      throw new Failure(
        'bad_input',
        `--fail-on ${JSON.stringify(text)}: ${metric} cannot be given ${unit.unit === 'count' ? 'without a unit' : `in ${unit.unit}`}.`,
        REMEDY,
      );
    return { text, metric, relation: given, limit: { value, unit: kind } };
  });
}

/** How a session keeps what is expected of it, in the order given. */
export function checkSession(
  expectations: readonly Expectation[],
  doc: Pick<SessionDocument, 'overlay' | 'findings' | 'durationUs' | 'learned'>,
): Outcome[] {
  const { overlay, findings, durationUs } = doc;
  return expectations.map(({ text, metric, limit }) => {
    const outcome = (
      value: number | null,
      name: string,
      shown: (n: number) => string,
    ): Outcome => ({
      expectation: text,
      met: value !== null && value <= limit.value,
      message:
        value === null
          ? `${name} is not known, so ${text} cannot be checked.`
          : `${name} is ${shown(value)}; ${value <= limit.value ? 'at most' : 'no more than'} ${shown(limit.value)} ${value <= limit.value ? 'was' : 'were'} expected.`,
    });
    if (metric === 'peak')
      return outcome(overlay.measuredPeak?.bytes ?? null, 'The measured peak', formatBytes);
    if (metric === 'duration') return outcome(durationUs, 'The duration', formatDuration);
    if (metric === 'findings')
      return outcome(findings.length, 'The number of findings', formatInteger);
    if (metric === 'leak')
      return outcome(
        Math.max(
          0,
          ...findings.map(({ kind, slope }) => (kind === 'leak' ? (slope?.bytes ?? 0) : 0)),
        ),
        'The leak of a step or token',
        formatBytes,
      );
    const isLearned = metric === 'learned';
    const { bytes, percent } = isLearned ? learnedResidual(doc) : refinedResidual(doc);
    const name = isLearned ? 'The residual against what was learned' : 'The residual';
    return limit.unit === 'percent'
      ? outcome(percent && Math.abs(percent), name, formatPercent)
      : outcome(bytes && Math.abs(bytes), name, formatBytes);
  });
}

const refinedResidual = ({ overlay }: Pick<SessionDocument, 'overlay'>) => ({
  bytes: overlay.residualBytes,
  percent: overlay.residualPercent,
});

function learnedResidual({ learned }: Pick<SessionDocument, 'learned'>) {
  const bytes = learned?.residualBytes ?? null;
  return { bytes, percent: learned && bytes !== null ? (100 * bytes) / learned.peak : null };
}

/** How the last of the compared sessions stands to the first. */
export function checkComparison(
  expectations: readonly Expectation[],
  comparison: Comparison,
): Outcome[] {
  const { peak, time } = comparison;
  const [first, ...others] = time.durationUs;
  const durationChanges = first === undefined ? [] : others.map((each) => each - first);
  return expectations.map(({ text, metric, limit }) => {
    const { name, percent, amount, format } =
      metric === 'peak'
        ? {
            name: 'The measured peak',
            percent: peak.changePercent,
            amount: peak.changeBytes,
            format: formatSignedBytes,
          }
        : {
            name: 'The duration',
            percent: time.changePercent,
            amount: durationChanges,
            format: formatDuration,
          };
    const isPercent = limit.unit === 'percent';
    const value = (isPercent ? percent : amount).at(-1) ?? null;
    const shown = (n: number) => (isPercent ? formatSignedPercent(n) : format(n));
    if (value === null)
      return {
        expectation: text,
        met: false,
        message: `${name} of one session is not known, so ${text} cannot be checked.`,
      };
    return {
      expectation: text,
      met: value <= limit.value,
      message: `${name} changed by ${shown(value)}; ${shown(limit.value)} was allowed.`,
    };
  });
}

/** The failure that exits with 4, naming every expectation that was not met; null when all were. */
export function unmet(outcomes: readonly Outcome[]): Failure | null {
  const missed = outcomes.filter(({ met }) => !met);
  if (missed.length === 0) return null;
  return new Failure(
    'expectation',
    `${missed.length === 1 ? 'An expectation was' : `${missed.length} expectations were`} not met: ${missed.map(({ expectation, message }) => `${expectation} (${message.replace(/\.$/, '')})`).join('; ')}.`,
    'Look at the findings of the session with "plumbline show", or change --fail-on.',
  );
}
