/** Who and what: name, state, workload, device, and what can be done with the session. */
import { ChevronLeft, Download, Square } from 'lucide-react';
import { useState } from 'react';
import { formatBytes, formatDuration, formatExactBytes } from '../../../shared/base/format';
import { formatMoment } from '../../../shared/present/moments';
import type { SessionDocument } from '../../../shared/session/session-document';
import { FailureNote } from '../../components/FailureNote';
import { StatusBadge } from '../../components/StatusBadge';
import { useEngine } from '../../state/engine';

export function SessionHeader({
  session,
  onChanged,
}: {
  session: SessionDocument;
  onChanged(): void;
}) {
  const engine = useEngine();
  const [error, setError] = useState<unknown>(null);
  const [stopping, setStopping] = useState(false);
  const attempt = async (action: () => Promise<void>) => {
    try {
      setError(null);
      await action();
    } catch (failure) {
      setError(failure);
    }
  };
  const stop = () =>
    attempt(async () => {
      setStopping(true);
      await engine.stop({ id: session.id }).finally(() => setStopping(false));
      onChanged();
    });
  const save = (format: 'html' | 'md') =>
    attempt(async () => download(await engine.report({ ids: [session.id], format })));
  const { workload, environment } = session;
  return (
    <header className="session-head">
      <div className="session-title">
        <a className="icon-button" href="#/" aria-label="Back to all sessions">
          <ChevronLeft size={18} />
        </a>
        <h1 title={session.name}>{session.name}</h1>
        <StatusBadge status={session.status} />
        {session.simulated && (
          <span
            className="badge simulated"
            title="The device is invented; nothing here was measured on hardware"
          >
            Simulated
          </span>
        )}
        <span className="grow" />
        {session.status === 'recording' ? (
          <button type="button" className="button danger" disabled={stopping} onClick={stop}>
            <Square size={12} fill="currentColor" aria-hidden="true" />
            {stopping ? 'Stopping…' : 'Stop'}
          </button>
        ) : (
          <fieldset className="button-group" aria-label="Export report">
            <span className="button-group-label">
              <Download size={14} aria-hidden="true" />
              Report
            </span>
            <button type="button" className="button" onClick={() => save('html')}>
              HTML
            </button>
            <button type="button" className="button" onClick={() => save('md')}>
              Markdown
            </button>
          </fieldset>
        )}
      </div>
      <dl className="facts">
        <div>
          <dt>Workload</dt>
          <dd title={workload.command.join(' ')}>{workload.title}</dd>
        </div>
        <div>
          <dt>Device</dt>
          <dd>{deviceNote(session)}</dd>
        </div>
        <div>
          <dt>Started</dt>
          <dd className="num" title={session.startedAt}>
            {formatMoment(session.startedAt)}
          </dd>
        </div>
        <div>
          <dt>Duration</dt>
          <dd className="num">{formatDuration(session.durationUs)}</dd>
        </div>
        {session.status !== 'recording' && (
          <div>
            <dt>{session.signal ? 'Signal' : 'Exit code'}</dt>
            <dd className="num tone" data-tone={session.status === 'failed' ? 'far' : 'plain'}>
              {session.signal ?? session.exitCode ?? 'not known'}
            </dd>
          </div>
        )}
        {environment.cores > 0 && (
          <div>
            <dt>Host</dt>
            <dd title={formatExactBytes(environment.memoryBytes)}>
              {environment.cpu}, {formatBytes(environment.memoryBytes)}
            </dd>
          </div>
        )}
      </dl>
      {session.warnings.length > 0 && (
        <ul className="warnings">
          {session.warnings.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      )}
      {error !== null && <FailureNote error={error} />}
    </header>
  );
}

/** The GPU with its driver, or why there is none. */
function deviceNote({ environment }: SessionDocument): string {
  const [gpu] = environment.gpus;
  if (gpu)
    return [
      gpu.name,
      gpu.memoryBytes === null ? '' : formatBytes(gpu.memoryBytes),
      ...(gpu.instances ?? []).map(
        (each) =>
          `confined to MIG device ${each.slot}${each.memoryBytes === null ? '' : ` of ${formatBytes(each.memoryBytes)}`}`,
      ),
      gpu.driver && `driver ${gpu.driver}`,
      environment.gpus.length > 1 ? `and ${environment.gpus.length - 1} more` : '',
    ]
      .filter(Boolean)
      .join(', ');
  const source = environment.sources.find(({ id, ok }) => !ok && /nvidia|nvml/.test(id));
  return source ? `no NVIDIA GPU: ${source.detail}` : 'no NVIDIA GPU';
}

function download(file: { fileName: string; mimeType: string; text: string }): void {
  const url = URL.createObjectURL(new Blob([file.text], { type: file.mimeType }));
  const link = document.createElement('a');
  link.href = url;
  link.download = file.fileName;
  link.click();
  // The download has taken hold of the data by the time the event loop comes round again.
  window.setTimeout(() => URL.revokeObjectURL(url), 1000);
}
