/** What holds the run: the card that is named and what would make it fit there, and every GPU of the catalogue. */
import { formatBytes, formatDuration, formatInteger } from '../../../shared/base/format';
import type { RunSpec } from '../../../shared/model/settings';
import { SETTING_NAMES } from '../../../shared/model/settings';
import type { Change } from '../../../shared/planning/changes';
import type { GpuPlan } from '../../../shared/planning/plan';
import { changeWords } from '../../../shared/present/change-words';
import { FailureNote } from '../../components/FailureNote';
import { Skeleton } from '../../components/Skeleton';
import { type Draft, withSetting, writtenSetting } from '../../plans/draft';
import { fieldWords } from '../../plans/labels';
import { useAnswer } from '../../plans/useAnswer';
import { PlanTable } from './PlanTable';
import type { Planned } from './planned';

export function FitPage({
  sides,
  onChange,
}: {
  sides: readonly Planned[];
  /** Takes a change over, on the side of that place. */
  onChange(place: number, change: (draft: Draft) => Draft): void;
}) {
  return (
    <div className="plan-columns" data-sides={sides.length}>
      {sides.map((side, place) => (
        <Fits
          key={side.letter}
          side={side}
          onTake={(taken) => onChange(place, (draft) => takeRun(draft, side.spec?.run, taken))}
        />
      ))}
    </div>
  );
}

/** What the other run has otherwise, as it would be typed. */
function takeRun(draft: Draft, from: RunSpec | undefined, to: RunSpec): Draft {
  const different = SETTING_NAMES.filter(
    (name) => JSON.stringify(from?.[name]) !== JSON.stringify(to[name]),
  );
  return different.reduce((next, name) => withSetting(next, name, writtenSetting(to[name])), draft);
}

function Fits({ side: { letter, spec }, onTake }: { side: Planned; onTake(run: RunSpec): void }) {
  const { data: plan, error, isStale } = useAnswer('plan', spec);
  if (error !== null) return <FailureNote error={error} />;
  if (plan === null)
    return (
      <section className="plan-page">
        <p className="muted">Trying batches, lengths and changes on every card…</p>
        <Skeleton rows={6} />
      </section>
    );
  const rows = [...plan.fits].sort((a, b) => a.memoryBytes - b.memoryBytes);
  return (
    <section
      className="plan-page"
      data-stale={isStale}
      aria-label={letter ? `What holds ${letter}` : 'What holds it'}
    >
      {letter && <b className="side-letter">{letter}</b>}
      {plan.gpu ? (
        <Card gpu={plan.gpu} onTake={onTake} />
      ) : (
        <p>
          {plan.smallest === null
            ? 'No GPU of the catalogue holds it alone; name one for what would make it fit there.'
            : `The smallest GPU that holds it is the ${plan.smallest}.`}
        </p>
      )}
      <PlanTable
        caption="Every GPU of the catalogue, the smallest first"
        head={['', 'Memory', 'Peak there', 'To spare', 'Largest batch']}
        chosen={rows.findIndex(({ gpu }) => gpu === plan.gpu?.gpu)}
        rows={rows.map(({ gpu, memoryBytes, headroomBytes, fits, maxBatch }) => [
          gpu,
          { bytes: memoryBytes },
          { bytes: memoryBytes - headroomBytes },
          fits ? formatBytes(headroomBytes) : `${formatBytes(-headroomBytes)} short`,
          maxBatch === 0 ? 'none' : formatInteger(maxBatch),
        ])}
      />
    </section>
  );
}

function Card({ gpu, onTake }: { gpu: GpuPlan; onTake(run: RunSpec): void }) {
  const { maxBatch, maxContext, seconds, fits, fewest, changes } = gpu;
  return (
    <>
      <p>
        Largest batch there:{' '}
        <strong className="num">{maxBatch === 0 ? 'none' : formatInteger(maxBatch)}</strong>.
        Longest sequence at this batch:{' '}
        <strong className="num">
          {maxContext === 0 ? 'none' : `${formatInteger(maxContext)} tokens`}
        </strong>
        .
        {seconds !== null &&
          fits &&
          ` By the roofline it takes ${formatDuration(seconds * 1e6)} at least.`}
      </p>
      {!fits && (
        <p>
          {fewest
            ? `Fewest of them: ${fewest.gpus} with ${fieldWords(fewest.options)}: ${formatBytes(fewest.peakBytes)} each.`
            : 'No layout over up to 4,096 of them holds it.'}{' '}
          {fewest && (
            <button type="button" className="link" onClick={() => onTake(fewest.run)}>
              Take it over
            </button>
          )}
        </p>
      )}
      {!fits && <Changes changes={changes} onTake={onTake} />}
    </>
  );
}

function Changes({ changes, onTake }: { changes: readonly Change[]; onTake(run: RunSpec): void }) {
  if (changes.length === 0)
    return <p className="muted">No combination of four known changes makes it fit there.</p>;
  return (
    <ol className="plan-changes" aria-label="What would make it fit, the cheapest first">
      {changes.map((change) => (
        <li key={change.options.join()}>
          <div>
            <strong>{fieldWords(change.options)}</strong>
            <p className="muted">{changeWords(change)}</p>
          </div>
          <button type="button" className="button small" onClick={() => onTake(change.run)}>
            Take it over
          </button>
        </li>
      ))}
    </ol>
  );
}
