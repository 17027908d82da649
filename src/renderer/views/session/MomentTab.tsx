/** What the measured bytes of one moment are made of: a sum that closes. Of the cursor, else of the peak. */
import type { Micros } from '../../../shared/base/units';
import type { LedgerRow } from '../../../shared/divergence/overlay/types';
import { capitalize, componentLabel, LEDGER_NAMES } from '../../../shared/present/names';
import { phaseTitle } from '../../../shared/present/phase-name';
import type { Moment } from '../../../shared/session/at-moment';
import type { SessionDocument } from '../../../shared/session/session-document';
import { COMPONENT_COLOR } from '../../chart/palette';
import { exactTime } from '../../chart/scale';
import { Bytes } from '../../components/Bytes';
import { FailureNote } from '../../components/FailureNote';
import { useQuery } from '../../state/engine';

export function MomentTab({ session, at }: { session: SessionDocument; at: Micros | null }) {
  const { overlay, id } = session;
  const t = at ?? overlay.measuredPeak?.at ?? null;
  const series = overlay.series;
  const { data: moment, error } = useQuery(`moment ${id} ${series} ${t}`, async (engine) =>
    t === null ? null : engine.moment({ id, at: Math.round(t), ...(series && { series }) }),
  );
  if (t === null) return <p className="empty-line">No memory was measured.</p>;
  if (error !== null) return <FailureNote error={error} />;
  return (
    <div className="moment-tab">
      <p className="moment-title">
        <strong>{at === null ? 'At the peak' : exactTime(Math.round(t))}</strong>
        {moment?.phase && <span>{phaseTitle(moment.phase)}</span>}
        {at === null && <span className="muted">Point at the timeline for another moment.</span>}
      </p>
      {moment && <LedgerTable moment={moment} />}
    </div>
  );
}

function LedgerTable({ moment }: { moment: Moment }) {
  const { ledger, measured, predicted } = moment;
  if (ledger === null)
    return (
      <p className="empty-line">
        {measured === null
          ? 'Nothing was measured at this moment.'
          : 'Nothing is predicted here, so the measured bytes cannot be told apart.'}
      </p>
    );
  return (
    <>
      <LedgerBar ledger={ledger} />
      <table className="table ledger">
        <tbody>
          {ledger.entries.map((entry) => (
            <tr key={`${entry.kind} ${entry.component ?? ''}`} data-kind={entry.kind}>
              <td>
                <i
                  className="swatch"
                  style={entry.component && { background: COMPONENT_COLOR[entry.component] }}
                />
                {entry.component
                  ? componentLabel(entry.component)
                  : capitalize(LEDGER_NAMES[entry.kind])}
              </td>
              <td className="right">
                <Bytes value={entry.bytes} signed={entry.kind !== 'predicted'} />
              </td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <td>Measured</td>
            <td className="right">
              <Bytes value={ledger.measured} />
            </td>
          </tr>
          {predicted && (
            <tr className="muted">
              <td>Predicted</td>
              <td className="right">
                <Bytes value={predicted.bytes} />
              </td>
            </tr>
          )}
        </tfoot>
      </table>
    </>
  );
}

/** The sum as one bar; what takes bytes away is told in the table alone. */
export function LedgerBar({ ledger }: { ledger: LedgerRow }) {
  const parts = ledger.entries.filter(({ bytes }) => bytes > 0);
  const whole = parts.reduce((sum, { bytes }) => sum + bytes, 0);
  return (
    <div className="ledger-bar" aria-hidden="true">
      {parts.map(({ kind, component, bytes }) => (
        <i
          key={`${kind} ${component ?? ''}`}
          data-kind={kind}
          style={{
            width: `${(bytes / Math.max(1, whole)) * 100}%`,
            ...(component && { background: COMPONENT_COLOR[component] }),
          }}
        />
      ))}
    </div>
  );
}
