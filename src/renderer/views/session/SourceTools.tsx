/** Which line is measured and which tier is laid under it, by names a person knows. */
import type { Tier } from '../../../shared/base/vocabulary';
import { seriesName } from '../../../shared/present/series-names';
import type { SessionDocument } from '../../../shared/session/session-document';
import { Segmented } from '../../components/Segmented';

const TIER_OPTIONS = [
  { value: 'textbook', label: 'Textbook', title: 'The formulas as the textbook gives them' },
  { value: 'refined', label: 'Refined', title: 'With what the textbook forgets' },
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
          {sources.length === 0 && <option value="">nothing was measured</option>}
          {sources.map((id) => (
            <option key={id} value={id}>
              {seriesName(id)}
            </option>
          ))}
        </select>
      </label>
      {overlay.predictedPeak.refined !== null && (
        <>
          <span className="source">
            <span className="line-key dashed" aria-hidden="true" />
            Predicted
          </span>
          <Segmented label="Budget tier" value={tier} onChange={onTier} options={TIER_OPTIONS} />
        </>
      )}
    </div>
  );
}
