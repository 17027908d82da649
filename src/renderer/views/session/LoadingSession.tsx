/** The frame of what comes while a session is on its way, or why it does not come and what can be done. */
import { FailureNote } from '../../components/FailureNote';
import { Skeleton } from '../../components/Skeleton';
import type { KnownSession } from './useKnownSession';

export function LoadingSession({ shown: { error, refresh } }: { shown: KnownSession }) {
  if (error !== null)
    return (
      <main className="page narrow">
        <FailureNote error={error} onRetry={refresh} />
        <p>
          <a className="button" href="#/">
            All sessions
          </a>
        </p>
      </main>
    );
  return (
    <main className="session" data-place="bottom" aria-busy="true">
      <header className="session-head coming">
        <Skeleton rows={2} />
      </header>
      <div className="session-body">
        <section className="card timeline-card coming" />
        <section className="drawer">
          <Skeleton rows={4} />
        </section>
      </div>
    </main>
  );
}
