/** The ledger of the peak as one short paragraph: what the measured bytes are made of, and that they add up. */

import { formatBytes, formatSignedBytes } from '../../../../shared/base/format';
import type { LedgerKind, LedgerRow, Overlay } from '../../../../shared/divergence/overlay/types';
import { LEDGER_NAMES } from '../../../../shared/present/names';
import { phaseTitle } from '../../../../shared/present/phase-name';

/** One row for each kind of entry, in the ledger's order, then what they add up to: the measured bytes. */
function ledgerRows(
  row: LedgerRow,
): { readonly name: string; readonly bytes: number; readonly source: string }[] {
  const sums = new Map<LedgerKind, { bytes: number; source: string }>();
  for (const { kind, bytes, source } of row.entries)
    sums.set(kind, { bytes: (sums.get(kind)?.bytes ?? 0) + bytes, source });
  return [...sums].map(([kind, one]) => ({ name: LEDGER_NAMES[kind], ...one }));
}

/** Null where there is nothing but the prediction, which the table of components shows. */
export function ledgerText({ ledger }: Overlay): string | null {
  if (ledger === undefined) return null;
  const rows = ledgerRows(ledger.peak);
  if (rows.length < 2) return null;
  const { phase, measured } = ledger.peak;
  const where =
    phase === null ? 'at the peak' : `at the peak, in ${phaseTitle({ ...ledger.peak, phase })}`;
  return `Measured ${where}: ${rows.map(({ name, bytes }, i) => `${i === 0 ? formatBytes(bytes) : formatSignedBytes(bytes)} ${name}`).join(', ')} = ${formatBytes(measured)}.`;
}
