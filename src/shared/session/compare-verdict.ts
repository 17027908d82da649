/** A comparison in a sentence or a few. */
import { formatBytes, formatDuration, formatPercent, lowerFirst } from '../base/format';
import { pickSettings } from './compare-labels';
import type { Comparison } from './comparison';
import type { SessionDocument } from './session-document';

/** How the last session stands to the base (the base itself: how the first does), in memory, in time, and what was changed. */
export function describeVerdict(
  comparison: Pick<Comparison, 'sessions' | 'labels' | 'differences' | 'peak' | 'time' | 'base'>,
  docs: readonly SessionDocument[],
): string {
  const { sessions, differences, base: place } = comparison;
  const last = place === sessions.length - 1 ? 0 : sessions.length - 1;
  const [base, other] = [sessions[place], sessions[last]];
  if (!base || !other || last === place)
    return 'There is only one session, so there is nothing to compare.';
  const many =
    sessions.length > 2
      ? `Of ${sessions.length} sessions, the ${last === 0 ? 'first' : 'last'}: `
      : '';
  const changed = docs.every(({ run }) => run === null)
    ? `with no ${docs.every(({ model }) => model === null) ? 'model and run' : 'run'} declared`
    : describeSettings(differences.config, place, last);
  const caution =
    new Set(docs.flatMap(({ overlay }) => overlay.series ?? [])).size > 1
      ? ' The two are measured on different lines, so their peaks are not the same quantity.'
      : '';
  const failed = tellFailures(comparison, docs, [place, last]);
  const found = tellFindings(comparison, docs, [place, last]);
  const sentence = `${many}${describeMemory(comparison, last)}, ${describeTime(comparison, last)}, ${changed}.${caution}${failed}${found}`;
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

/** A run that failed may have come neither to its peak nor to its end: what is alike then is no agreement. */
function tellFailures(
  comparison: Pick<Comparison, 'sessions' | 'labels'>,
  docs: readonly SessionDocument[],
  places: readonly [number, number],
): string {
  const names = nameApart(comparison, ...places).map(quote);
  const failed = names.filter((_, i) => docs[places[i]!]?.status === 'failed');
  if (failed.length === 0) return '';
  const whose = failed.length === 1 ? 'its figures go' : 'their figures go';
  return ` ${failed.join(' and ')} failed: ${whose} as far as the run came.`;
}

/** What was found in one of the two and nothing of its kind in the other: a leak that is gone, or one that has come. */
function tellFindings(
  comparison: Pick<Comparison, 'sessions' | 'labels'>,
  docs: readonly SessionDocument[],
  places: readonly [number, number],
): string {
  const names = nameApart(comparison, ...places).map(quote);
  const found = places.map((place) => docs[place]?.findings ?? []);
  return names
    .map((name, i) => {
      const kinds = new Set(found[1 - i]?.map(({ kind }) => kind));
      const alone = found[i]?.filter(
        ({ kind, confidence }) => confidence !== 'low' && !kinds.has(kind),
      );
      return alone?.length ? ` Found in ${name} alone: ${lowerFirst(alone[0]!.title)}.` : '';
    })
    .join('');
}

/** By their names; where those are the same, by what differs, or as runs of one thing. */
function nameApart(
  { sessions, labels }: Pick<Comparison, 'sessions' | 'labels'>,
  ...places: readonly [number, number]
): readonly string[] {
  const names = places.map((place) => sessions[place]?.name ?? '');
  return names[0] === names[1] ? places.map((place) => labels[place] ?? '') : names;
}

/** A long name keeps both its ends: names that begin alike tell themselves apart by theirs. */
function quote(name: string): string {
  const letters = [...name];
  return letters.length <= 60
    ? `“${name}”`
    : `“${letters.slice(0, 30).join('')}…${letters.slice(-29).join('')}”`;
}

function describeMemory(
  comparison: Pick<Comparison, 'sessions' | 'labels' | 'peak' | 'base'>,
  other: number,
): string {
  const { peak, base } = comparison;
  const [from, to] = [peak.measured[base] ?? null, peak.measured[other] ?? null];
  const [baseName, name] = nameApart(comparison, base, other).map(quote);
  if (from === null || to === null)
    return `the peaks of ${name} and ${baseName} cannot be compared, as ${from === null ? baseName : name} has no measured memory`;
  if (peak.changeBytes[other] === null)
    return `${name} peaks at ${formatBytes(to)}, which is not held against the ${formatBytes(from)} of ${baseName}`;
  const change = to - from;
  if (change === 0) return `${name} peaks at the same ${formatBytes(to)} as ${baseName}`;
  const percent = peak.changePercent[other] ?? null;
  const share = percent === null ? '' : ` (${formatPercent(Math.abs(percent))})`;
  return `${name} peaks at ${formatBytes(to)}, ${formatBytes(Math.abs(change))}${share} ${change > 0 ? 'more' : 'less'} than ${baseName} (${formatBytes(from)})`;
}

function describeTime({ time, base }: Pick<Comparison, 'time' | 'base'>, other: number): string {
  const [from, to] = [time.durationUs[base] ?? 0, time.durationUs[other] ?? 0];
  const slower = to - from;
  const change =
    slower === 0
      ? 'just as long'
      : `${formatDuration(Math.abs(slower))} ${slower > 0 ? 'longer' : 'less'}`;
  return `and took ${formatDuration(to)}, ${change}`;
}

function describeSettings(
  config: Comparison['differences']['config'],
  from: number,
  to: number,
): string {
  const settings = pickSettings(config).filter(({ values }) => values[from] !== values[to]);
  if (settings.length === 0) return 'with the same settings';
  const shown = settings
    .slice(0, 3)
    .map(
      ({ field, values }) =>
        `${field} ${describeValue(values[to])} instead of ${describeValue(values[from])}`,
    );
  const rest = settings.length - 3;
  const more = rest > 0 ? ` and ${rest} more ${rest === 1 ? 'setting' : 'settings'} changed` : '';
  return `with ${shown.join(', ')}${more}`;
}

function describeValue(value: unknown): string {
  if (value === null || value === undefined) return 'not declared';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return String(value);
}
