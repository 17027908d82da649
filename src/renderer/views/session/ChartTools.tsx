/** What stands above the chart: which line is measured, which tier is laid under it, and the way back to the whole run. */
import type { Tier } from '../../../shared/base/vocabulary';
import type { SessionDocument } from '../../../shared/session/session-document';
import { Segmented } from '../../components/Segmented';

const TIER_OPTIONS = [
  { value: 'textbook', label: 'Textbook', title: 'The formulas as the textbook gives them' },
  { value: 'refined', label: 'Refined', title: 'With what the textbook forgets' },
] as const;

export function ChartTools({
  session,
  hasPrediction,
  tier,
  isWhole,
  onSeries,
  onTier,
  onFit,
}: {
  session: SessionDocument;
  hasPrediction: boolean;
  tier: Tier;
  isWhole: boolean;
  onSeries(series: string): void;
  onTier(tier: Tier): void;
  onFit(): void;
}) {
  return (
    <div className="chart-tools">
      <SourceSwitch session={session} onSeries={onSeries} />
      {hasPrediction && (
        <span className="source">
          <span className="line-key dashed" aria-hidden="true" />
          Predicted
        </span>
      )}
      {session.model !== null && (
        <Segmented label="Budget tier" value={tier} onChange={onTier} options={TIER_OPTIONS} />
      )}
      <span className="grow" />
      <span className="keys" aria-hidden="true">
        <kbd>W</kbd>
        <kbd>A</kbd>
        <kbd>S</kbd>
        <kbd>D</kbd> move <kbd>P</kbd> peak
      </span>
      <button
        type="button"
        className="button small"
        disabled={isWhole}
        onClick={onFit}
        title="Show the whole run (F or 0)"
      >
        {session.status === 'recording' && !isWhole ? 'Follow' : 'Fit'}
      </button>
    </div>
  );
}

function SourceSwitch({
  session: { overlay },
  onSeries,
}: {
  session: SessionDocument;
  onSeries(series: string): void;
}) {
  const sources = [
    ...new Set([overlay.series, ...overlay.alternatives].filter((id) => id !== null)),
  ];
  return (
    <label className="source">
      <span className="line-key" aria-hidden="true" />
      Measured
      <select
        aria-label="Measured series"
        value={overlay.series ?? ''}
        disabled={sources.length < 2}
        onChange={(event) => onSeries(event.target.value)}
      >
        {sources.length === 0 && <option value="">nothing was measured</option>}
        {sources.map((id) => (
          <option key={id}>{id}</option>
        ))}
      </select>
    </label>
  );
}
