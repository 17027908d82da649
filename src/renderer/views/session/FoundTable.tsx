/** Levels and periods found in the line of a run that announced nothing, each to be shown in the timeline. */
import { formatDuration } from '../../../shared/base/format';
import type { Micros } from '../../../shared/base/units';
import { capitalize } from '../../../shared/present/names';
import { type FoundSpans, nameLevel, namePeriodOf } from '../../../shared/trace/found-spans';
import { Bytes } from '../../components/Bytes';

interface FoundTableProps {
  readonly found: FoundSpans;
  onShow(span: readonly [Micros, Micros]): void;
  onLight(span: readonly [Micros, Micros] | null): void;
}

export function FoundTable({ found, onShow, onLight }: FoundTableProps) {
  const rows = [
    ...found.levels.map((level, i) => ({ ...level, name: nameLevel(i) })),
    ...found.periods.map((period) => ({ ...period, name: namePeriodOf(period, found.periods) })),
  ];
  return (
    <>
      <p className="muted">
        The workload announced no phases. What its line shows by itself, found in the trace:
      </p>
      <div className="table-frame">
        <table className="table">
          <thead>
            <tr>
              <th>Found</th>
              <th className="right">From</th>
              <th className="right">For</th>
              <th className="right">At rest</th>
              <th className="right">Highest</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, span, rest, peak }) => (
              <tr
                key={name}
                onPointerEnter={() => onLight(span)}
                onPointerLeave={() => onLight(null)}
              >
                <td>
                  <button
                    type="button"
                    className="link"
                    title="Show in the timeline"
                    onClick={() => onShow(span)}
                  >
                    {capitalize(name)}
                  </button>
                </td>
                <td className="right num">{formatDuration(span[0])}</td>
                <td className="right num">{formatDuration(span[1] - span[0])}</td>
                <td className="right">
                  <Bytes value={rest} />
                </td>
                <td className="right">
                  <Bytes value={peak} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
