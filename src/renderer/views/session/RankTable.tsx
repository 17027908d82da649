/** Every rank of a launcher with several, or process that is none, beside the others; choosing one lays it over the budget. */

import { formatInteger, formatSignedPercent } from '../../../shared/base/format';
import { capitalize } from '../../../shared/present/names';
import { rankKind, rankLabel } from '../../../shared/present/ranks';
import type { SessionDocument } from '../../../shared/session/session-document';
import { seriesName } from '../../../shared/trace/series-names';
import { Bytes } from '../../components/Bytes';
import { residualTone } from '../../components/residual-tone';

export function RankTable({
  session,
  onSeries,
}: {
  session: SessionDocument;
  onSeries(series: string): void;
}) {
  const { overlay, ranks = [] } = session;
  return (
    <div className="table-frame">
      <table className="table ranks">
        <thead>
          <tr>
            <th>{capitalize(rankKind(session))}</th>
            <th>Line</th>
            <th className="right">Measured peak</th>
            <th className="right">Predicted peak</th>
            <th className="right">Residual</th>
            <th className="right">%</th>
            <th className="right">Resident memory</th>
            <th className="right">Phases</th>
          </tr>
        </thead>
        <tbody>
          {ranks.map((row) => (
            <Rank
              key={row.rank}
              row={row}
              label={rankLabel(row, session)}
              isShown={row.rank === overlay.rank}
              onSeries={onSeries}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

type RankRow = NonNullable<SessionDocument['ranks']>[number];

function Rank({
  row,
  label,
  isShown,
  onSeries,
}: {
  row: RankRow;
  label: string;
  isShown: boolean;
  onSeries(series: string): void;
}) {
  const { series } = row;
  return (
    <tr data-selected={isShown}>
      <td className="num">
        {isShown || series === null ? (
          <>
            {label}
            {isShown && <span className="muted"> shown above</span>}
          </>
        ) : (
          <button
            type="button"
            className="link plain"
            title="Lay this one over the budget"
            onClick={() => onSeries(series)}
          >
            {label}
          </button>
        )}
      </td>
      <td>{series === null ? '—' : seriesName(series)}</td>
      <td className="right">
        <Bytes value={row.measuredPeak} />
      </td>
      <td className="right">
        <Bytes value={row.predictedPeak} />
      </td>
      <td className="right">
        <Bytes value={row.residualBytes} signed />
      </td>
      <td className="right num">
        <span className="tone" data-tone={residualTone(row.residualPercent)}>
          {formatSignedPercent(row.residualPercent)}
        </span>
      </td>
      <td className="right">
        <Bytes value={row.residentPeak} />
      </td>
      <td className="right num">{formatInteger(row.phases)}</td>
    </tr>
  );
}
