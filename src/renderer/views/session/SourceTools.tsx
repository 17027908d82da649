/** Which line is measured and which tier is laid under it, by names a person knows. */
import type { Tier } from '../../../shared/base/vocabulary';
import { tellObserved } from '../../../shared/present/observed';
import type { SessionDocument } from '../../../shared/session/session-document';
import { seriesName } from '../../../shared/trace/series-names';
import { Segmented } from '../../components/Segmented';

const TIER_OPTIONS = [
  { value: 'textbook', label: 'Textbook', title: 'The formulas as the textbook gives them' },
  { value: 'refined', label: 'Refined', title: 'With what the textbook forgets' },
] as const;

const NO_FORMULA = { isDisabled: true, title: 'No formula predicts this run' } as const;
/** Where no formula predicts there is nothing to choose, and what is shown still has its name beside the others. */
const OBSERVED_OPTIONS = [
  { value: 'textbook', label: 'Textbook', ...NO_FORMULA },
  { value: 'refined', label: 'Refined', ...NO_FORMULA },
  {
    value: 'observed',
    label: 'Observed',
    title: 'What is expected from the run’s own first steps',
  },
] as const;

export function SourceTools({
  session,
  tier,
  onSeries,
  onTier,
}: {
  session: SessionDocument;
  tier: Tier;
  onSeries(series: string): void;
  onTier(tier: Tier): void;
}) {
  const { overlay } = session;
  const isObserved =
    overlay.predictedPeak.refined === null && overlay.predictedPeak.observed !== undefined;
  const sources = [
    ...new Set([overlay.series, ...overlay.alternatives].filter((id) => id !== null)),
  ];
  return (
    <div className="chart-tools">
      <label className="source">
        <span className="line-key" aria-hidden="true" />
        Measured
        <select
          aria-label="Measured series"
          value={overlay.series ?? ''}
          disabled={sources.length < 2}
          title={overlay.series ?? undefined}
          onChange={(event) => onSeries(event.target.value)}
        >
          {sources.length === 0 && (
            <option value="">
              {session.status === 'recording' ? 'nothing yet' : 'nothing was measured'}
            </option>
          )}
          {sources.map((id) => (
            <option key={id} value={id}>
              {seriesName(id)}
            </option>
          ))}
        </select>
      </label>
      {(overlay.predictedPeak.refined !== null || isObserved) && (
        <>
          <span className="source">
            <span className="line-key dashed" aria-hidden="true" />
            {isObserved ? 'Expected' : 'Predicted'}
          </span>
          {isObserved ? (
            <Segmented<Tier | 'observed'>
              label="Budget tier"
              value="observed"
              onChange={() => {}}
              options={OBSERVED_OPTIONS}
            />
          ) : (
            <Segmented label="Budget tier" value={tier} onChange={onTier} options={TIER_OPTIONS} />
          )}
          {isObserved && <span className="muted tier-note">{tellObserved(overlay)}</span>}
        </>
      )}
    </div>
  );
}
