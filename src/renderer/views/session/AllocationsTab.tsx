/** Who held what at the allocator's peak: by line of the program, by the program's own words, and the largest blocks. */
import { formatBytes, formatDuration, formatInteger } from '../../../shared/base/format';
import type { Micros } from '../../../shared/base/units';
import type { AllocationLedger } from '../../../shared/session/allocations';
import { WordsTable } from './WordsTable';

export function AllocationsTab({
  ledger: { at, bytes, beforeBytes, sites, categories, blocks },
  onMoment,
}: {
  ledger: AllocationLedger;
  onMoment(t: Micros): void;
}) {
  const counted = (rows: AllocationLedger['sites']): readonly Row[] =>
    rows.map((row) => [row.label, row.bytes, row.blocks === 0 ? '' : formatInteger(row.blocks)]);
  const before: readonly Row[] =
    beforeBytes === 0 ? [] : [['Before the first event, by whom is not told', beforeBytes, '']];
  return (
    <>
      <p>
        {formatBytes(bytes)} were alive at the allocator’s peak,{' '}
        <button type="button" className="button small" onClick={() => onMoment(at)}>
          {formatDuration(at)}
        </button>{' '}
        into the session.
      </p>
      <Holders title="By line of the program" last="Blocks" rows={[...counted(sites), ...before]} />
      {categories.length > 0 && (
        <Holders title="By category" last="Blocks" rows={[...counted(categories), ...before]} />
      )}
      {blocks.length > 0 && (
        <Holders
          title="Largest blocks"
          last="Allocated at"
          rows={blocks.map(({ label, bytes: size, since }) => [
            label,
            size,
            since === null ? 'before the first event' : formatDuration(since),
          ])}
        />
      )}
    </>
  );
}

type Row = readonly [label: string, bytes: number, last: string];

function Holders({ title, last, rows }: { title: string; last: string; rows: readonly Row[] }) {
  const words = rows.map(([label, bytes, told]) => [label, formatBytes(bytes), told]);
  const table = { head: ['held by', 'bytes', last], rows: words, words: 1, notes: [] };
  return <WordsTable title={title} table={table} isCode />;
}
