/** What the trace tells beyond peaks: what the bytes are made of, how long phases took, and what the run must have been. */

import {
  inversionTable,
  ledgerTable,
  timeTable,
  type WordTable,
} from '../../../shared/present/tables';
import type { SessionDocument } from '../../../shared/session/session-document';

export function Explained({ session }: { session: SessionDocument }) {
  const { overlay, time, inversion } = session;
  const ledger = ledgerTable(overlay);
  return (
    <>
      {ledger ? (
        <Words title="Ledger" table={ledger} numeric />
      ) : (
        <p className="empty-line">
          No ledger: it takes a measurement and a prediction of the same phase.
        </p>
      )}
      {time ? (
        <Words title="Time" table={timeTable(time)} numeric />
      ) : (
        <p className="empty-line">No time to tell: the workload announced no phases.</p>
      )}
      {inversion ? (
        <Words title="What ran, by the trace" table={inversionTable(inversion)} />
      ) : (
        <p className="empty-line">{inversionNote(session)}</p>
      )}
    </>
  );
}

function inversionNote({ status, overlay }: SessionDocument): string {
  if (status === 'recording') return 'What the run must have been is told when the recording ends.';
  return overlay.predictedPeak.refined === null
    ? 'Nothing to compare with: this session declares no model and run.'
    : 'The trace does not tell what the run was: too little of it can be held against the budget.';
}

/** The first column names the row; figures stand to the right. */
function Words({
  title,
  table: { head, rows, notes },
  numeric = false,
}: {
  title: string;
  table: WordTable;
  numeric?: boolean;
}) {
  const kind = (column: number) => (numeric && column > 0 ? 'right num nowrap' : undefined);
  return (
    <section className="words" aria-label={title}>
      <h2>{title}</h2>
      <div className="table-frame">
        <table className="table">
          <thead>
            <tr>
              {head.map((one, i) => (
                <th key={one} className={kind(i)}>
                  {one}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row[0]}>
                {row.map((cell, i) => (
                  <td key={head[i]} className={kind(i)}>
                    {cell}
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
