/** A table of figures: the first column names, the others are figures; bytes are told exactly a pointer's rest away. */
import { Bytes } from '../../components/Bytes';

type Cell = string | { readonly bytes: number | null };
export type Row = readonly Cell[];

export function PlanTable({
  caption,
  head,
  rows,
  chosen,
}: {
  caption: string;
  head: readonly string[];
  rows: readonly Row[];
  /** The row that is meant. */
  chosen?: number;
}) {
  return (
    <div className="table-frame plan-table">
      <table className="table">
        <caption>{caption}</caption>
        {head.some((name) => name !== '') && (
          <thead>
            <tr>
              {head.map((name, i) => {
                // A corner that says nothing heads nothing.
                const Cell = name === '' ? 'td' : 'th';
                return (
                  // biome-ignore lint/suspicious/noArrayIndexKey: columns have no name but their place
                  <Cell key={i} className={i === 0 ? undefined : 'right'}>
                    {name}
                  </Cell>
                );
              })}
            </tr>
          </thead>
        )}
        <tbody>
          {rows.map((row, r) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows stand in a fixed order
            <tr key={r} data-selected={r === chosen}>
              {row.map((cell, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: columns have no name but their place
                <td key={i} className={i === 0 ? undefined : 'right num'}>
                  {typeof cell === 'string' ? cell : <Bytes value={cell.bytes} />}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
