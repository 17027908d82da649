/** Tables of what the trace tells beyond peaks: marks, what objects held, the ledger, time, and what the run must have been. */
import {
  ABSENT,
  formatBytes,
  formatDuration,
  formatInteger,
  formatPercent,
  formatSi,
  formatSignedBytes,
} from '../base/format';
import type { Estimate, Inversion } from '../divergence/inversion/inversion';
import {
  LEDGER_KINDS,
  type LedgerKind,
  type LedgerRow,
  type Overlay,
} from '../divergence/overlay/types';
import type { PhaseTime, TimeAnalysis } from '../divergence/timing/time';
import type { Mark } from '../session/marks';
import type { SessionDocument } from '../session/session-document';
import { rankName } from '../trace/rank-names';
import { FOUND_TITLE, foundTable } from './found-spans';
import { HELD_TITLE, heldTable } from './held-objects';
import { LEDGER_NAMES, settingName } from './names';
import { OBSERVED_TITLE, observedTable } from './observed';
import { phaseName } from './phase-name';
import type { WordTable } from './word-table';

/** What the trace tells beyond peaks: what the bytes are made of, time, and what the run must have been. */
export function explainTrace(
  doc: SessionDocument,
): readonly (readonly [title: string, table: WordTable])[] {
  const { overlay, time, inversion, marks = [] } = doc;
  const tables: readonly (readonly [string, WordTable | null])[] = [
    ['Marked moments', marks.length > 0 ? marksTable(marks) : null],
    [FOUND_TITLE, foundTable(overlay)],
    [HELD_TITLE, heldTable(doc)],
    [OBSERVED_TITLE, observedTable(doc)],
    ['Ledger', ledgerTable(overlay)],
    ['Time', time ? timeTable(time) : null],
    ['What ran, by the trace', inversion ? inversionTable(inversion) : null],
  ];
  return tables.flatMap(([title, table]) => (table ? [[title, table] as const] : []));
}

function marksTable(marks: readonly Mark[]): WordTable {
  return {
    head: ['at', 'mark'],
    rows: marks.map(({ t, text }) => [formatDuration(t), text]),
    words: 2,
    notes: [],
  };
}

/**
 * What measured bytes are made of, at the highest occurrence of each phase. Every row adds up to what was measured.
 */
function ledgerTable({ ledger, phases }: Overlay): WordTable | null {
  if (ledger === undefined || ledger.phases.length === 0) return null;
  const ranks = new Set(phases.map(({ rank }) => rank));
  const highest = new Map<string, LedgerRow>();
  for (const row of ledger.phases) {
    const phase = row.phase === null ? '' : phaseName({ ...row, phase: row.phase });
    const name = ranks.size > 1 ? `${phase}, ${rankName(row.rank, ranks)}` : phase;
    if ((highest.get(name)?.measured ?? Number.NEGATIVE_INFINITY) < row.measured)
      highest.set(name, row);
  }
  const rows = [...highest];
  const sum = (row: LedgerRow, kind: LedgerKind) =>
    row.entries.reduce((total, entry) => total + (entry.kind === kind ? entry.bytes : 0), 0);
  const kinds = LEDGER_KINDS.filter(
    (kind) => kind === 'unexplained' || rows.some(([, row]) => sum(row, kind) !== 0),
  );
  const coarsest = Math.max(
    ...rows.flatMap(([, row]) => row.entries.map(({ resolution }) => resolution)),
    1,
  );
  return {
    head: ['phase', 'step', ...kinds.map((kind) => LEDGER_NAMES[kind]), 'measured'],
    rows: rows.map(([name, row]) => [
      name,
      row.step === null || row.stage !== undefined ? ABSENT : formatInteger(row.step),
      ...kinds.map((kind, i) => (i === 0 ? formatBytes : formatSignedBytes)(sum(row, kind))),
      formatBytes(row.measured),
    ]),
    words: 1,
    notes: [
      coarsest === 1
        ? 'Every row adds up to the byte.'
        : `Every row adds up; the device counts in steps of ${formatBytes(coarsest)}.`,
    ],
  };
}

export function timeTable({ gpu, windowUs, phases }: TimeAnalysis): WordTable {
  const share = (value: number | null) => (value === null ? ABSENT : formatPercent(100 * value));
  const isBusyKnown = phases.some(({ busy }) => busy !== null);
  const columns: readonly (readonly [head: string, format: (row: PhaseTime) => string])[] = [
    ['phase', ({ phase }) => (phase === 'step' ? 'whole step' : phase)],
    ['times', ({ count }) => formatInteger(count)],
    ['median', ({ medianUs }) => formatDuration(medianUs)],
    ['in all', ({ totalUs }) => formatDuration(totalUs)],
    ['tokens/s', ({ tokensPerSecond }) => formatSi(tokensPerSecond)],
    ['FLOP/s', ({ flopsPerSecond }) => formatSi(flopsPerSecond)],
    ...(gpu === null
      ? []
      : ([
          ['at least', ({ leastUs }: PhaseTime) => formatDuration(leastUs)],
          ['FLOPs used', ({ flopsUtilization }: PhaseTime) => share(flopsUtilization)],
          ['bandwidth used', ({ bandwidthUtilization }: PhaseTime) => share(bandwidthUtilization)],
        ] as const)),
    ...(isBusyKnown
      ? ([
          ['busy', ({ busy }: PhaseTime) => (busy === null ? ABSENT : formatPercent(busy))],
        ] as const)
      : []),
  ];
  return {
    head: columns.map(([head]) => head),
    rows: phases.map((row) => columns.map(([, format]) => format(row))),
    words: 1,
    notes: [
      gpu === null
        ? 'No GPU of the catalogue did this, so there is no roofline to hold it against.'
        : `At least: the roofline of ${gpu}, dense arithmetic at the run's precision. FLOPs used counts what the model asks for (backward is twice forward), none done again.`,
      ...(isBusyKnown
        ? [
            `Busy: the device's own counter, which averages over ${formatDuration(windowUs)}; told only of phases that last longer.`,
          ]
        : []),
    ],
  };
}

export function inversionTable({ estimates, summary }: Inversion): WordTable {
  return {
    head: ['setting', 'declared', 'from the trace', 'also fits', 'next best'],
    rows: estimates.map((setting) => [
      settingName(setting.field),
      setting.declared === null ? ABSENT : String(setting.declared),
      describeEstimate(setting),
      describeAlternatives(setting),
      describeRunnerUp(setting),
    ]),
    words: 5,
    notes: [summary],
  };
}

function describeEstimate({ verdict, estimate, declared }: Estimate): string {
  if (verdict === 'undetermined') return 'undetermined';
  return verdict === 'contradicts' ? `${estimate}, contradicts ${declared}` : `${estimate}, agrees`;
}

function describeAlternatives({ interval, alternatives, estimate }: Estimate): string {
  if (alternatives.length > 0) return alternatives.join(', ');
  if (interval === null) return estimate === null ? ABSENT : 'no other tried';
  return interval[0] === interval[1]
    ? 'no other'
    : `${formatInteger(interval[0])} to ${formatInteger(interval[1])}`;
}

function describeRunnerUp({ runnerUp }: Estimate): string {
  return runnerUp === null ? ABSENT : `${runnerUp.value}, misfit ${formatSi(runnerUp.misfit)}×`;
}
