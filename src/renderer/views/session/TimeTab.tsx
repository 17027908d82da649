/** Time per phase, measured against the least that the roofline allows. */
import { formatDuration } from '../../../shared/base/format';
import { capitalize } from '../../../shared/present/names';
import { timeTable } from '../../../shared/present/tables';
import type { SessionDocument } from '../../../shared/session/session-document';
import { PHASE_COLOR } from '../../chart/palette';
import { WordsTable } from './WordsTable';

export function TimeTab({ session: { time } }: { session: SessionDocument }) {
  if (!time)
    return <p className="empty-line">No time to tell: the workload announced no phases.</p>;
  const longest = Math.max(1, ...time.phases.map(({ medianUs }) => medianUs));
  return (
    <>
      <div className="time-bars card">
        {time.phases.map(({ phase, medianUs, leastUs }) => (
          <div key={phase}>
            <span>{phase === 'step' ? 'Whole step' : capitalize(phase)}</span>
            <span className="time-bar" aria-hidden="true">
              <i
                style={{
                  width: `${(medianUs / longest) * 100}%`,
                  background: phase === 'step' ? 'var(--faint)' : PHASE_COLOR[phase],
                }}
              />
              {leastUs !== null && (
                <b style={{ left: `${Math.min(100, (leastUs / longest) * 100)}%` }} />
              )}
            </span>
            <span className="num right">{formatDuration(Math.round(medianUs))}</span>
            <span className="num right muted">
              {leastUs === null ? '' : `at least ${formatDuration(Math.round(leastUs))}`}
            </span>
          </div>
        ))}
      </div>
      <WordsTable title="Time" table={timeTable(time)} />
    </>
  );
}
