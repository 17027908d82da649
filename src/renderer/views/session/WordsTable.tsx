/** A table of words as report and terminal have it. The first column names the row; figures stand to the right. */
import { capitalize } from '../../../shared/present/names';
import type { WordTable } from '../../../shared/present/word-table';

export function WordsTable({
  title,
  table: { head, rows, words, notes },
  isCode = false,
}: {
  title: string;
  table: WordTable;
  /** What names a row is a line of a program. */
  isCode?: boolean;
}) {
  const kind = (column: number) => (column < words ? undefined : 'right num nowrap');
  const cellKind = (column: number) => (isCode && column === 0 ? 'mono' : kind(column));
  return (
    <section className="words" aria-label={title}>
      <h2>{title}</h2>
      <div className="table-frame">
        <table className="table">
          <thead>
            <tr>
              {head.map((one, i) => (
                <th key={one} className={kind(i)}>
                  {capitalize(one)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, place) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: rows may share their first word, and never move
              <tr key={place}>
                {row.map((cell, i) => (
                  <td key={head[i]} className={cellKind(i)}>
                    {i === 0 && !isCode ? capitalize(cell) : cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {notes.map((note) => (
        <p key={note} className="muted">
          {note}
        </p>
      ))}
    </section>
  );
}
