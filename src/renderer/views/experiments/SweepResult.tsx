/** What a sweep has found by now: how far it is, its picture, its laws, what follows from them, and every point. */
import { type ReactNode, useEffect, useState } from 'react';
import { formatTimeLeft } from '../../../shared/base/format';
import { type BundledSweep, readingFor } from '../../../shared/chapter/sweeps/bundled-sweep';
import type { FigureName } from '../../../shared/chapter/sweeps/figures';
import type { SweepOutcome } from '../../../shared/chapter/sweeps/outcome';
import { describePoint } from '../../../shared/chapter/sweeps/sweep';
import type { RunningSweep, SweepState } from '../../../shared/contract/sweeps';
import {
  describeConclusion,
  describeLaw,
  FIGURE_WORDS,
  formatFigure,
} from '../../../shared/present/sweep-words';
import { Segmented } from '../../components/Segmented';
import { sessionHref } from '../../state/router';
import { SweepChart } from './SweepChart';

export function SweepResult({
  sweep,
  state: { outcome, running, failure },
  full,
}: {
  sweep: BundledSweep;
  state: SweepState;
  full: boolean;
}) {
  const [figure, setFigure] = useState<FigureName>(sweep.figures[0] ?? 'peak');
  const isOwn = running?.name === sweep.name && running.full === full;
  return (
    <>
      {isOwn && <Progress running={running} />}
      {failure !== null && (
        <p className="hint experiment-failure" role="alert">
          {failure}
        </p>
      )}
      {outcome === null ? (
        <p className="empty-line">
          {isOwn
            ? 'The first point is being recorded.'
            : 'Nothing was recorded of it yet. Run it: each point is a session of the library.'}
        </p>
      ) : (
        <>
          <section className="card">
            {sweep.figures.length > 1 && (
              <Segmented
                label="Figure"
                value={figure}
                options={sweep.figures.map((name) => ({ value: name, label: FIGURE_WORDS[name] }))}
                onChange={setFigure}
              />
            )}
            <SweepChart reading={readingFor(sweep, full)} outcome={outcome} figure={figure} />
          </section>
          {outcome.notes.map((note) => (
            <p key={note} className="hint">
              {note}
            </p>
          ))}
          <Laws outcome={outcome} />
          <Conclusions outcome={outcome} />
          <Points outcome={outcome} />
        </>
      )}
    </>
  );
}

function Progress({ running: { progress, session } }: { running: RunningSweep }) {
  const { done, of, point, msLeft } = progress;
  const left = useCountdown(msLeft);
  return (
    <div className="experiment-progress" role="status">
      <progress value={done} max={Math.max(1, of)} aria-label="Points recorded" />
      <span>
        {done} of {of} points
        {point !== '' && (
          <>, now {session === null ? point : <a href={sessionHref(session)}>{point}</a>}</>
        )}
      </span>
      <span className="grow" />
      {left !== null && <span className="muted num">about {formatTimeLeft(left * 1000)} left</span>}
    </div>
  );
}

/** The time left, counted down a second at a time between two answers. */
function useCountdown(msLeft: number | null): number | null {
  const [left, setLeft] = useState(msLeft);
  useEffect(() => {
    setLeft(msLeft);
    if (msLeft === null) return;
    const timer = window.setInterval(
      () => setLeft((now) => (now === null ? null : Math.max(1000, now - 1000))),
      1000,
    );
    return () => window.clearInterval(timer);
  }, [msLeft]);
  return left;
}

function Table({ head, children }: { head: readonly string[]; children: ReactNode }) {
  return (
    <div className="table-frame">
      <table className="table">
        <thead>
          <tr>
            {head.map((title, i) => (
              <th key={title} className={i === 0 ? undefined : 'right'}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

function Laws({ outcome: { laws } }: { outcome: SweepOutcome }) {
  if (laws.length === 0) return null;
  return (
    <Table head={['Law', 'Grows as', '95% interval', 'Predicted', 'Chapter', 'Verdict']}>
      {laws.map(describeLaw).map((law) => (
        <tr key={`${law.what} ${law.grows}`}>
          <td>{law.what}</td>
          <td className="right num nowrap">
            <Power text={law.grows} />
          </td>
          <td className="right num nowrap">{law.interval}</td>
          <td className="right num">{law.predicted || '—'}</td>
          <td className="right num nowrap">{law.stated || '—'}</td>
          <td className="right nowrap">{law.verdict || '—'}</td>
        </tr>
      ))}
    </Table>
  );
}

/** "seq^1.08" with its exponent raised. */
function Power({ text }: { text: string }) {
  const [base, exponent] = text.split('^');
  return (
    <>
      {base}
      <sup>{exponent}</sup>
    </>
  );
}

function Conclusions({ outcome: { conclusions } }: { outcome: SweepOutcome }) {
  if (conclusions.length === 0) return null;
  return (
    <Table head={['What follows', 'Measured', 'Predicted', 'Chapter']}>
      {conclusions.map(describeConclusion).map(({ what, value, predicted, chapter }) => (
        <tr key={what}>
          <td>{what}</td>
          <td className="right num nowrap">{value}</td>
          <td className="right num">
            {predicted.length === 0 && '—'}
            {predicted.map((one) => (
              <div key={one.by}>
                {one.value} <span className="muted">{one.by}</span>
              </div>
            ))}
          </td>
          <td className="right num nowrap">{chapter || '—'}</td>
        </tr>
      ))}
    </Table>
  );
}

function Points({ outcome: { axes, figures, points, failed } }: { outcome: SweepOutcome }) {
  return (
    <Table
      head={[
        'Point',
        ...figures.flatMap((name) => [
          FIGURE_WORDS[name],
          name === 'time' ? 'by its work' : `predicted ${FIGURE_WORDS[name]}`,
        ]),
        'Sessions',
      ]}
    >
      {points.map(({ point, figures: read, sessions }) => (
        <tr key={describePoint(point)}>
          <td className="nowrap">{axes.map(({ name }) => `${name} ${point[name]}`).join(', ')}</td>
          {figures.flatMap((name) => [
            <td key={name} className="right num nowrap">
              {formatFigure(name, read[name].measured)}
            </td>,
            <td key={`${name} predicted`} className="right num nowrap muted">
              {formatFigure(name, read[name].predicted)}
            </td>,
          ])}
          <td className="right nowrap">
            {sessions.map((id) => (
              <a key={id} href={sessionHref(id)}>
                {id.slice(-4)}{' '}
              </a>
            ))}
            {sessions.length === 0 && (
              <span className="muted">
                {failed.find((one) => one.point === describePoint(point))?.why ?? 'not recorded'}
              </span>
            )}
          </td>
        </tr>
      ))}
    </Table>
  );
}
