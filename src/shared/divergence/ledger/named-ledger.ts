/**
 * The ledger once more, with what findings have named taken out of what is unexplained: a setting that stands out adds
 * to each phase what its budget holds more, a leak what its steps have added by then. Rows still add up to the byte.
 */
import type { Bytes } from '../../base/units';
import { leakedBy } from '../findings/unexplained';
import { differenceAt, findClearWinner } from '../fit/verdict';
import type { Finding, FindingsInput, LedgerEntry, LedgerRow, Overlay } from '../overlay/types';

export function namedLedger(input: FindingsInput, findings: readonly Finding[]): Overlay['ledger'] {
  const { ledger } = input.overlay;
  const leak = findings.find(({ kind, slope }) => kind === 'leak' && slope !== undefined);
  const isSet = findings.some(({ setting }) => setting !== undefined);
  if (ledger === undefined || (leak === undefined && !isSet)) return ledger;
  const best = isSet
    ? (findClearWinner(input, findings) ?? findClearWinner(input, []))?.best
    : undefined;
  const named = (row: LedgerRow): LedgerRow => {
    const place = row.phase === null ? null : { phase: row.phase, step: row.step };
    const changed = best && place ? differenceAt(place, best, input, input.overlay.series) : 0;
    const isBefore =
      leak === undefined || row.phase === 'load' || (row.at !== null && row.at < leak.span[0]);
    return taken(taken(row, 'setting', changed), 'leak', isBefore ? 0 : leakedBy(leak, row.step));
  };
  return { phases: ledger.phases.map(named), peak: named(ledger.peak) };
}

/** Moves `bytes` from what is unexplained, as far as it goes, to an entry of its own. */
function taken(row: LedgerRow, kind: 'setting' | 'leak', bytes: Bytes): LedgerRow {
  const rest = row.entries.find((entry) => entry.kind === 'unexplained');
  if (rest === undefined || bytes === 0 || Math.sign(bytes) !== Math.sign(rest.bytes)) return row;
  const share = kind === 'setting' ? bytes : Math.min(bytes, rest.bytes);
  const left = rest.bytes - share;
  const entry: LedgerEntry = {
    kind,
    bytes: share,
    source: 'findings',
    resolution: rest.resolution,
  };
  return {
    ...row,
    entries: [
      ...row.entries.filter((one) => one !== rest),
      entry,
      ...(left === 0 ? [] : [{ ...rest, bytes: left }]),
    ],
  };
}
