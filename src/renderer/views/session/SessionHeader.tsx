/** Who and what: name, state, workload, device, and what can be done with the session. */
import { ChevronLeft, Square } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { formatBytes, formatDuration, formatExactBytes } from '../../../shared/base/format';
import { formatMoment } from '../../../shared/present/moments';
import type { SessionDocument } from '../../../shared/session/session-document';
import { FailureNote } from '../../components/FailureNote';
import { StatusBadge } from '../../components/StatusBadge';
import { ReportButtons } from '../../forms/ReportButtons';
import { useEngine } from '../../state/engine';

export function SessionHeader({
  session,
  onChanged,
}: {
  session: SessionDocument;
  onChanged(): void;
}) {
  const [error, setError] = useState<unknown>(null);
  const attempt = async (action: () => Promise<void>) => {
    try {
      setError(null);
      await action();
    } catch (failure) {
      setError(failure);
    }
  };
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
          <StopButton id={session.id} attempt={attempt} onStopped={onChanged} />
        ) : (
          <ReportButtons ids={[session.id]} attempt={attempt} />
        )}
      </div>
      <SessionFacts session={session} />
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

function StopButton({
  id,
  attempt,
  onStopped,
}: {
  id: string;
  attempt(action: () => Promise<void>): Promise<void>;
  onStopped(): void;
}) {
  const engine = useEngine();
  const [isStopping, setStopping] = useState(false);
  const stop = () =>
    attempt(async () => {
      setStopping(true);
      await engine.stop({ id }).finally(() => setStopping(false));
      onStopped();
    });
  return (
    <button type="button" className="button danger" disabled={isStopping} onClick={stop}>
      <Square size={12} fill="currentColor" aria-hidden="true" />
      {isStopping ? 'Stopping…' : 'Stop'}
    </button>
  );
}

function SessionFacts({ session }: { session: SessionDocument }) {
  const { workload, environment, status, signal, exitCode } = session;
  return (
    <dl className="facts">
      <Fact name="Workload" title={workload.command.join(' ')}>
        {workload.title}
      </Fact>
      <Fact name="Device">{deviceNote(session)}</Fact>
      <Fact name="Started" title={session.startedAt} isNumber>
        {formatMoment(session.startedAt)}
      </Fact>
      <Fact name="Duration" isNumber>
        {formatDuration(session.durationUs)}
      </Fact>
      {status !== 'recording' && (
        <div>
          <dt>{signal ? 'Signal' : 'Exit code'}</dt>
          <dd className="num tone" data-tone={status === 'failed' ? 'far' : 'plain'}>
            {signal ?? exitCode ?? 'not known'}
          </dd>
        </div>
      )}
      {environment.cores > 0 && (
        <Fact name="Host" title={formatExactBytes(environment.memoryBytes)}>
          {environment.cpu}, {formatBytes(environment.memoryBytes)}
        </Fact>
      )}
    </dl>
  );
}

function Fact({
  name,
  title,
  isNumber = false,
  children,
}: {
  name: string;
  title?: string;
  isNumber?: boolean;
  children: ReactNode;
}) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className={isNumber ? 'num' : undefined} title={title}>
        {children}
      </dd>
    </div>
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
