/** The answer first: what this is, how it stands, the sentence that says it, and what can be done with it. */
import { ChevronLeft, History, MoreHorizontal, Scale, Square } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { formatDuration } from '../../../shared/base/format';
import { answer } from '../../../shared/present/answer';
import { whyNoGpu } from '../../../shared/present/method';
import { formatMoment, START_UNKNOWN } from '../../../shared/present/moments';
import { planKept } from '../../../shared/present/plan-kept';
import type { SessionDocument } from '../../../shared/session/session-document';
import { FailureNote } from '../../components/FailureNote';
import { StatusBadge } from '../../components/StatusBadge';
import { ReportButtons } from '../../forms/ReportButtons';
import { useEngine } from '../../state/engine';
import { deviceWords } from './device-words';
import { EditableName } from './EditableName';

export function Headline({
  session,
  status,
  isLive,
  onReplay,
  onChanged,
  children,
}: {
  session: SessionDocument;
  /** How it stands, whatever moment of it is shown. */
  status: SessionDocument['status'];
  /** It is being recorded, whatever moment of it is shown. */
  isLive: boolean;
  onReplay(): void;
  onChanged(): void;
  children: ReactNode;
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
        <EditableName session={session} attempt={attempt} onChanged={onChanged} />
        <StatusBadge status={status} />
        {session.simulated && <SimulatedBadge />}
        <span className="grow" />
        <Actions
          session={session}
          isLive={isLive}
          attempt={attempt}
          onReplay={onReplay}
          onChanged={onChanged}
        />
      </div>
      <div className="answer">
        <div>
          <p className="answer-sentence">{answer(session)}</p>
          <Remark text={planKept(session)} />
          <Remark text={whyNoGpu(session)} />
          <About session={session} />
        </div>
        {children}
      </div>
      <Warnings texts={session.warnings} />
      {error !== null && <FailureNote error={error} />}
    </header>
  );
}

const SimulatedBadge = () => (
  <span
    className="badge simulated"
    title="The device is invented; nothing here was measured on hardware"
  >
    Simulated
  </span>
);

const Remark = ({ text }: { text: string | null }) => text && <p className="muted">{text}</p>;

/** What its reader should know: one line, opened for the rest. */
function Warnings({ texts }: { texts: readonly string[] }) {
  const [first] = texts;
  if (first === undefined) return null;
  return (
    <details className="warnings">
      <summary>
        <span>{first}</span>
        <b>{texts.length > 1 ? `all ${texts.length} remarks` : 'in full'}</b>
      </summary>
      <ul>
        {texts.map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
    </details>
  );
}

/** Device, workload, when and how long, in one quiet line. */
function About({ session }: { session: SessionDocument }) {
  const { workload, startedAt, durationUs, status, signal, exitCode } = session;
  const isFailed = status === 'failed';
  return (
    <dl className="facts">
      <Fact name="Device">{deviceWords(session)}</Fact>
      <Fact name="Workload" title={workload.command.join(' ')}>
        {workload.title}
      </Fact>
      <Fact name="Started" title={startedAt ?? START_UNKNOWN}>
        {formatMoment(startedAt)}
      </Fact>
      <Fact name="Duration">{formatDuration(durationUs)}</Fact>
      {isFailed && (
        <Fact name={signal ? 'Signal' : 'Exit code'} tone="far">
          {signal ?? exitCode ?? 'not known'}
        </Fact>
      )}
    </dl>
  );
}

function Fact({
  name,
  title,
  tone,
  children,
}: {
  name: string;
  title?: string;
  tone?: string;
  children: ReactNode;
}) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className={tone === undefined ? 'num' : 'num tone'} data-tone={tone} title={title}>
        {children}
      </dd>
    </div>
  );
}

type Attempt = (action: () => Promise<void>) => Promise<void>;

function Actions({
  session,
  isLive,
  attempt,
  onReplay,
  onChanged,
}: {
  session: SessionDocument;
  isLive: boolean;
  attempt: Attempt;
  onReplay(): void;
  onChanged(): void;
}) {
  return (
    <div className="actions">
      <button type="button" className="button" onClick={onReplay}>
        <History size={14} aria-hidden="true" />
        Replay
      </button>
      {isLive ? (
        <StopButton id={session.id} attempt={attempt} onStopped={onChanged} />
      ) : (
        <>
          <a className="button" href={`#/?compare=${encodeURIComponent(session.id)}`}>
            <Scale size={14} aria-hidden="true" />
            Compare
          </a>
          <ReportButtons ids={[session.id]} attempt={attempt} />
          <MoreMenu session={session} attempt={attempt} />
        </>
      )}
    </div>
  );
}

function StopButton({
  id,
  attempt,
  onStopped,
}: {
  id: string;
  attempt: Attempt;
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

function MoreMenu({ session, attempt }: { session: SessionDocument; attempt: Attempt }) {
  const engine = useEngine();
  const remove = () =>
    attempt(async () => {
      if (!window.confirm(`Delete “${session.name}” and its file?`)) return;
      await engine.delete({ id: session.id });
      location.hash = '#/';
    });
  return (
    <details className="more">
      <summary className="icon-button" aria-label="More" title="More">
        <MoreHorizontal size={17} />
      </summary>
      <div className="more-menu">
        {session.model && session.run && (
          <a href={`#/planner?from=${encodeURIComponent(session.id)}`}>
            Plan another run from this
          </a>
        )}
        <button
          type="button"
          onClick={() => void navigator.clipboard.writeText(session.id)}
          title={session.id}
        >
          Copy the session’s id
        </button>
        <button type="button" className="danger" onClick={remove}>
          Delete this session
        </button>
      </div>
    </details>
  );
}
