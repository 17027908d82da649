/** The figures of compared sessions, one column a session. */
import { type ReactNode, useState } from 'react';
import {
  formatDuration,
  formatSignedBytes,
  formatSignedPercent,
} from '../../../shared/base/format';
import { componentLabel } from '../../../shared/present/names';
import type { Comparison } from '../../../shared/session/compare';
import { LINE_COLORS } from '../../chart/palette';
import { Bytes } from '../../components/Bytes';
import { sessionHref } from '../../state/router';

interface Props {
  readonly comparison: Comparison;
}

export function ComparisonTables({ comparison }: Props) {
  return (
    <div className="compare-tables">
      <Overall comparison={comparison} />
      <Settings comparison={comparison} />
      <Components comparison={comparison} />
      <Phases comparison={comparison} />
    </div>
  );
}

interface Row {
  readonly key: string;
  readonly head: ReactNode;
  /** Of the session at a place. */
  cell(i: number): ReactNode;
  readonly isNumber?: boolean;
}

function SessionColumns({
  comparison: { sessions },
  head = '',
  rows,
}: Props & { readonly head?: string; readonly rows: readonly Row[] }) {
  return (
    <table className="table">
      <thead>
        <tr>
          <th>{head}</th>
          {sessions.map(({ id, name }, i) => (
            <th key={id} className="right">
              <a className="series-name" href={sessionHref(id)} title={name}>
                <i className="swatch" style={{ background: LINE_COLORS[i % LINE_COLORS.length] }} />
                {name}
              </a>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.key}>
            <td>{row.head}</td>
            {sessions.map(({ id }, i) => (
              <td key={id} className={row.isNumber ? 'right num' : 'right'}>
                {row.cell(i)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Overall({ comparison }: Props) {
  const { peak, time } = comparison;
  const rows: readonly Row[] = [
    {
      key: 'measured',
      head: 'Measured peak',
      cell: (i) => (
        <>
          <Bytes value={peak.measured[i]} />
          {i > 0 && <Change bytes={peak.changeBytes[i]} percent={peak.changePercent[i]} />}
        </>
      ),
    },
    {
      key: 'predicted',
      head: 'Predicted peak',
      cell: (i) => <Bytes value={peak.predicted[i]} />,
    },
    {
      key: 'duration',
      head: 'Duration',
      isNumber: true,
      cell: (i) => (
        <>
          {formatDuration(time.durationUs[i])}
          {i > 0 && <span className="change">{formatSignedPercent(time.changePercent[i])}</span>}
        </>
      ),
    },
  ];
  return (
    <section className="card">
      <h2>Overall</h2>
      <SessionColumns comparison={comparison} rows={rows} />
    </section>
  );
}

function Settings({ comparison }: Props) {
  const { config } = comparison.differences;
  return (
    <section className="card">
      <h2>Settings that differ</h2>
      {config.length === 0 ? (
        <p className="muted">None: the sessions declare the same model and run.</p>
      ) : (
        <SessionColumns
          comparison={comparison}
          head="Setting"
          rows={config.map(({ field, values }) => ({
            key: field,
            head: <code>{field}</code>,
            cell: (i) => String(values[i] ?? '—'),
            isNumber: true,
          }))}
        />
      )}
    </section>
  );
}

function Components({ comparison }: Props) {
  const [onlyDifferent, setOnlyDifferent] = useState(false);
  const all = comparison.differences.components;
  const shown = onlyDifferent
    ? all.filter(({ predicted, measured }) => isMixed(predicted) || isMixed(measured))
    : all;
  return (
    <section className="card">
      <h2>
        Components at the peak
        <label className="inline-check">
          <input
            type="checkbox"
            checked={onlyDifferent}
            onChange={(event) => setOnlyDifferent(event.target.checked)}
          />
          differences only
        </label>
      </h2>
      {shown.length === 0 ? (
        <p className="muted">
          {all.length === 0 ? 'None: no session declares a model and a run.' : 'None differs.'}
        </p>
      ) : (
        <SessionColumns
          comparison={comparison}
          head="Component"
          rows={shown.map(({ component, predicted, measured }) => ({
            key: component,
            head: componentLabel(component),
            cell: (i) => (
              <>
                <Bytes value={predicted[i]} />
                {typeof measured[i] === 'number' && (
                  <span className="change">
                    measured <Bytes value={measured[i]} />
                  </span>
                )}
              </>
            ),
          }))}
        />
      )}
    </section>
  );
}

const isMixed = (values: readonly unknown[]): boolean => new Set(values).size > 1;

function Phases({ comparison }: Props) {
  const { phases } = comparison.differences;
  return (
    <section className="card">
      <h2>Phases</h2>
      {phases.length === 0 ? (
        <p className="muted">None: no session announced any, and none were found in the traces.</p>
      ) : (
        <SessionColumns
          comparison={comparison}
          head="Phase"
          rows={phases.map(({ phase, measured, predicted, durationUs }) => ({
            key: phase,
            head: phase,
            cell: (i) => (
              <>
                <Bytes value={measured[i]} />
                {typeof durationUs[i] === 'number' && (
                  <span className="change">
                    predicted <Bytes value={predicted[i]} />, {formatDuration(durationUs[i])}
                  </span>
                )}
              </>
            ),
          }))}
        />
      )}
    </section>
  );
}

function Change({
  bytes,
  percent,
}: {
  bytes: number | null | undefined;
  percent: number | null | undefined;
}) {
  if (bytes === null || bytes === undefined) return null;
  return (
    <span className="change" data-sign={Math.sign(bytes)}>
      {formatSignedBytes(bytes)}
      {typeof percent === 'number' && ` (${formatSignedPercent(percent)})`}
    </span>
  );
}
