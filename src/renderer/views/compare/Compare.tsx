/** Two or more sessions beside each other; the first is the one the others are measured against. */

import { ArrowLeft } from 'lucide-react';
import { useState } from 'react';
import {
  formatDuration,
  formatSignedBytes,
  formatSignedPercent,
} from '../../../shared/base/format';
import { componentLabel } from '../../../shared/present/names';
import type { Comparison } from '../../../shared/session/compare';
import { LINE_COLORS } from '../../chart/palette';
import { Bytes } from '../../components/Bytes';
import { FailureNote } from '../../components/FailureNote';
import { Skeleton } from '../../components/Skeleton';
import { useQuery } from '../../state/engine';
import { sessionHref } from '../../state/router';
import { CompareChart } from './CompareChart';

export function Compare({ ids }: { ids: readonly string[] }) {
  const comparison = useQuery(`compare ${ids.join()}`, async (engine) =>
    ids.length < 2 ? null : engine.compare({ ids }),
  );
  const documents = useQuery(`documents ${ids.join()}`, (engine) =>
    Promise.all(ids.map((id) => engine.show({ id }))),
  );
  const error = comparison.error ?? documents.error;
  return (
    <main className="page">
      <div className="page-head">
        <a className="icon-button" href="#/" aria-label="Back to all sessions">
          <ArrowLeft size={17} />
        </a>
        <h1>Compare</h1>
      </div>
      {ids.length < 2 && (
        <p className="empty-line">Select two or more sessions in the library to compare them.</p>
      )}
      {error !== null && <FailureNote error={error} onRetry={comparison.refresh} />}
      {ids.length >= 2 && comparison.data === null && error === null && <Skeleton rows={8} />}
      {comparison.data && (
        <>
          <p className="verdict">{comparison.data.verdict}</p>
          <section className="card chart-card compare-chart">
            {documents.data && <CompareChart sessions={documents.data} />}
          </section>
          <Tables comparison={comparison.data} />
        </>
      )}
    </main>
  );
}

function Tables({ comparison }: { comparison: Comparison }) {
  const { sessions, differences, peak, time } = comparison;
  const heads = sessions.map(({ id, name }, i) => (
    <th key={id} className="right">
      <a className="series-name" href={sessionHref(id)} title={name}>
        <i className="swatch" style={{ background: LINE_COLORS[i % LINE_COLORS.length] }} />
        {name}
      </a>
    </th>
  ));
  const [onlyBoth, setOnlyBoth] = useState(false);
  const components = differences.components.filter(
    (row) => !onlyBoth || new Set(row.predicted).size > 1 || new Set(row.measured).size > 1,
  );
  return (
    <div className="compare-tables">
      <section className="card">
        <h2>Overall</h2>
        <table className="table">
          <thead>
            <tr>
              <th />
              {heads}
            </tr>
          </thead>
          <tbody>
            <tr>
              <td>Measured peak</td>
              {sessions.map(({ id }, i) => (
                <td key={id} className="right">
                  <Bytes value={peak.measured[i]} />
                  {i > 0 && <Change bytes={peak.changeBytes[i]} percent={peak.changePercent[i]} />}
                </td>
              ))}
            </tr>
            <tr>
              <td>Predicted peak</td>
              {sessions.map(({ id }, i) => (
                <td key={id} className="right">
                  <Bytes value={peak.predicted[i]} />
                </td>
              ))}
            </tr>
            <tr>
              <td>Duration</td>
              {sessions.map(({ id }, i) => (
                <td key={id} className="right num">
                  {formatDuration(time.durationUs[i])}
                  {i > 0 && (
                    <span className="change">{formatSignedPercent(time.changePercent[i])}</span>
                  )}
                </td>
              ))}
            </tr>
          </tbody>
        </table>
      </section>
      <section className="card">
        <h2>Settings that differ</h2>
        {differences.config.length === 0 ? (
          <p className="muted">None: the sessions declare the same model and run.</p>
        ) : (
          <table className="table">
            <thead>
              <tr>
                <th>Setting</th>
                {heads}
              </tr>
            </thead>
            <tbody>
              {differences.config.map((row) => (
                <tr key={row.field}>
                  <td>
                    <code>{row.field}</code>
                  </td>
                  {row.values.map((value, i) => (
                    <td key={sessions[i]?.id ?? i} className="right num">
                      {value === null || value === undefined ? '—' : String(value)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
      <section className="card">
        <h2>
          Components at the peak
          <label className="inline-check">
            <input
              type="checkbox"
              checked={onlyBoth}
              onChange={(event) => setOnlyBoth(event.target.checked)}
            />
            differences only
          </label>
        </h2>
        {components.length === 0 ? (
          <p className="muted">
            {differences.components.length === 0
              ? 'None: no session declares a model and a run.'
              : 'None differs.'}
          </p>
        ) : (
          <table className="table">
            <thead>
              <tr>
                <th>Component</th>
                {heads}
              </tr>
            </thead>
            <tbody>
              {components.map((row) => (
                <tr key={row.component}>
                  <td>{componentLabel(row.component)}</td>
                  {sessions.map(({ id }, i) => (
                    <td key={id} className="right">
                      <Bytes value={row.predicted[i]} />
                      {row.measured[i] !== null && row.measured[i] !== undefined && (
                        <span className="change">
                          measured <Bytes value={row.measured[i]} />
                        </span>
                      )}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
      <section className="card">
        <h2>Phases</h2>
        {differences.phases.length === 0 ? (
          <p className="muted">
            None: no session announced any, and none were found in the traces.
          </p>
        ) : (
          <table className="table">
            <thead>
              <tr>
                <th>Phase</th>
                {heads}
              </tr>
            </thead>
            <tbody>
              {differences.phases.map((row) => (
                <tr key={row.phase}>
                  <td>{row.phase}</td>
                  {sessions.map(({ id }, i) => (
                    <td key={id} className="right">
                      <Bytes value={row.measured[i]} />
                      {typeof row.durationUs[i] === 'number' && (
                        <span className="change">
                          predicted <Bytes value={row.predicted[i]} />,{' '}
                          {formatDuration(row.durationUs[i])}
                        </span>
                      )}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
    </div>
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
