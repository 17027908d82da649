/** What this machine can do, and what to do about what it cannot. */
import { CircleCheck, Info, RefreshCw } from 'lucide-react';
import { formatBytes, formatExactBytes } from '../../../shared/base/format';
import type { DoctorReport } from '../../../shared/contract/api';
import { FailureNote } from '../../components/FailureNote';
import { Skeleton } from '../../components/Skeleton';
import { useQuery } from '../../state/engine';
import { Learned } from './Learned';

export function Doctor() {
  const report = useQuery('doctor', (engine) => engine.doctor());
  const info = useQuery('info', (engine) => engine.info());
  return (
    <main className="page narrow">
      <div className="page-head">
        <h1>Doctor</h1>
        <span className="grow" />
        <button type="button" className="button" onClick={report.refresh}>
          <RefreshCw size={14} aria-hidden="true" />
          Check again
        </button>
      </div>
      {report.error !== null && <FailureNote error={report.error} onRetry={report.refresh} />}
      {report.data === null && report.error === null && <Skeleton rows={6} />}
      {report.data && (
        <>
          <Gpus gpus={report.data.gpus} />
          <Checks checks={report.data.checks} />
          <Learned />
        </>
      )}
      {info.data && (
        <p className="muted footer-line">
          Plumbline {info.data.version} on {info.data.platform}, library in{' '}
          <code>{info.data.library}</code>
        </p>
      )}
    </main>
  );
}

function Gpus({ gpus }: Pick<DoctorReport, 'gpus'>) {
  return (
    <section className="card">
      <h2>GPUs</h2>
      {gpus.length === 0 ? (
        <p className="muted">
          No NVIDIA GPU was found. Plumbline works on the memory the framework reports and on that
          of the process tree.
        </p>
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th>#</th>
              <th>Name</th>
              <th className="right">Memory</th>
              <th>Driver</th>
              <th>CUDA</th>
            </tr>
          </thead>
          <tbody>
            {gpus.map((gpu) => (
              <tr key={gpu.uuid}>
                <td className="num">{gpu.index}</td>
                <td>{gpu.name}</td>
                <td className="right num" title={formatExactBytes(gpu.memoryBytes)}>
                  {formatBytes(gpu.memoryBytes)}
                </td>
                <td className="num">{gpu.driver}</td>
                <td className="num">{gpu.cuda ?? '—'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Checks({ checks }: Pick<DoctorReport, 'checks'>) {
  return (
    <section className="card">
      <h2>Checks</h2>
      <ul className="checks">
        {checks.map((check) => (
          <li key={check.id} data-ok={check.ok}>
            {check.ok ? (
              <CircleCheck size={17} aria-label="in order" />
            ) : (
              <Info size={17} aria-label="needs attention" />
            )}
            <div>
              <p>
                <strong>{check.id}</strong>
                <span>{check.found}</span>
              </p>
              {check.remedy && <p className="remedy">{check.remedy}</p>}
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
