/** The frame of what comes while a session is on its way, or why it does not come and what can be done. */
import { useState } from 'react';
import { formatInteger } from '../../../shared/base/format';
import type { Budget } from '../../../shared/budget/types';
import type { SessionDocument } from '../../../shared/session/session-document';
import { FailureNote } from '../../components/FailureNote';
import { Skeleton } from '../../components/Skeleton';
import { spanInAddress } from '../../state/router';
import { Timeline } from '../../timeline/Timeline';
import { createTimelineState } from '../../timeline/timeline-state';
import type { KnownSession } from './useKnownSession';

export function LoadingSession({
  shown: { glance, budget, error, refresh },
}: {
  shown: KnownSession;
}) {
  if (error !== null)
    return (
      <main className="page narrow">
        <h1>The session cannot be shown</h1>
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
        {glance === null ? (
          <section className="card timeline-card coming" />
        ) : (
          <section className="card timeline-card">
            <p className="muted" role="status">
              {formatInteger(glance.counts.phases)} phases are being laid over the budget, for the
              first time.
            </p>
            <FirstPicture session={glance} budget={budget} />
          </section>
        )}
        <section className="drawer">
          <Skeleton rows={4} />
        </section>
      </div>
    </main>
  );
}

/** Its lines, while what they mean is worked out. */
function FirstPicture({ session, budget }: { session: SessionDocument; budget: Budget | null }) {
  const [state] = useState(() => createTimelineState({ view: spanInAddress() }));
  return <Timeline session={session} budget={budget} tier="refined" state={state} />;
}
