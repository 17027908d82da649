/** The figures one came for. The peak is always told with the interval it was sampled at. */

import { formatDuration, formatSignedPercent } from '../../../shared/base/format';
import type { Tier } from '../../../shared/base/vocabulary';
import { hasBaseline } from '../../../shared/divergence/overlay/lines';
import type { SessionDocument } from '../../../shared/session/session-document';
import { isFrameworkSeries } from '../../../shared/trace/series-ids';
import { Bytes } from '../../components/Bytes';
import { residualTone } from '../../components/residual-tone';

export function KeyFigures({ session, tier }: { session: SessionDocument; tier: Tier }) {
  const { overlay } = session;
  const peak = overlay.measuredPeak;
  const predicted = overlay.predictedPeak[tier];
  const residual =
    tier === 'refined'
      ? overlay.residualBytes
      : peak && predicted !== null
        ? peak.bytes - predicted
        : null;
  const percent =
    tier === 'refined'
      ? overlay.residualPercent
      : residual !== null && predicted
        ? (residual / predicted) * 100
        : null;
  const isAbove = overlay.series !== null && hasBaseline(overlay.series);
  return (
    <dl className="figures">
      <div>
        <dt>Measured peak</dt>
        <dd data-testid="measured-peak">
          <Bytes value={peak?.bytes} />
        </dd>
        <p
          className="num"
          title={
            peak?.intervalUs
              ? `A spike shorter than ${formatDuration(peak.intervalUs)} can be missed.`
              : undefined
          }
        >
          {peakNote(overlay)}
        </p>
      </div>
      <div>
        <dt>Predicted peak, {tier}</dt>
        <dd data-testid="predicted-peak">
          <Bytes value={predicted} />
        </dd>
        <p>
          {tier === 'refined' ? 'textbook ' : 'refined '}
          <Bytes value={overlay.predictedPeak[tier === 'refined' ? 'textbook' : 'refined']} />
        </p>
      </div>
      <div>
        <dt>Residual</dt>
        <dd data-testid="residual" className="tone" data-tone={residualTone(percent)}>
          <Bytes value={residual} signed />
        </dd>
        <p className="num">
          {percent === null
            ? predicted === null
              ? 'needs a model and a run'
              : 'needs a measurement'
            : `${formatSignedPercent(percent)} of predicted`}
        </p>
      </div>
      <div>
        <dt>Baseline</dt>
        <dd>
          <Bytes value={isAbove ? overlay.baselineBytes : null} />
        </dd>
        <p>{isAbove ? 'in use before launch, taken off' : 'taken off memory of a GPU alone'}</p>
      </div>
      <div>
        <dt>Findings</dt>
        <dd className="num">{session.findings.length}</dd>
        <p className="num">{flaggedNote(session)}</p>
      </div>
    </dl>
  );
}

function peakNote({ measuredPeak: peak, series }: SessionDocument['overlay']): string {
  if (!peak) return 'nothing was measured';
  const at = `at ${formatDuration(peak.at)}`;
  if (peak.intervalUs !== null) return `sampled every ${formatDuration(peak.intervalUs)}, ${at}`;
  return series !== null && isFrameworkSeries(series)
    ? `${at}, high-water mark of the framework`
    : `${at}, sampled at an interval not known`;
}

function flaggedNote({ overlay }: SessionDocument): string {
  if (overlay.phases.length === 0) return 'no phases to look at';
  const flagged = overlay.phases.filter((phase) => phase.flagged).length;
  return flagged === 0
    ? 'no phase out of bounds'
    : `${flagged} of ${overlay.phases.length} phases flagged`;
}
