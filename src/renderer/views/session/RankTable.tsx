/** Every rank of a launcher with several beside the others; choosing one lays it over the budget. */

import { formatInteger, formatSignedPercent } from '../../../shared/base/format';
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
            <th>Rank</th>
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
  isShown,
  onSeries,
}: {
  row: RankRow;
  isShown: boolean;
  onSeries(series: string): void;
}) {
  const { rank, series } = row;
  return (
    <tr data-selected={isShown}>
      <td className="num">
        {isShown || series === null ? (
          <>
            {rank}
            {isShown && <span className="muted"> shown above</span>}
          </>
        ) : (
          <button
            type="button"
            className="link plain"
            title="Lay this rank over the budget"
            onClick={() => onSeries(series)}
          >
            {rank}
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
