/** The figures one came for. The peak is always told with the interval it was sampled at. */
import type { SessionDocument } from '../../../shared/contract/session';
import { formatDuration, formatSignedPercent } from '../../../shared/format';
import type { Tier } from '../../../shared/vocabulary';
import { Bytes } from '../../components/basics';
import { residualTone } from '../../components/words';

export function KeyFigures({ session, tier }: { session: SessionDocument; tier: Tier }) {
  const { overlay } = session;
  const peak = overlay.measuredPeak;
  const predicted = overlay.predictedPeak[tier];
  const residual = tier === 'refined' ? overlay.residualBytes : peak && predicted !== null ? peak.bytes - predicted : null;
  const percent = tier === 'refined' ? overlay.residualPercent : residual !== null && predicted ? (residual / predicted) * 100 : null;
  return (
    <dl className="figures">
      <div>
        <dt>Measured peak</dt>
        <dd data-testid="measured-peak"><Bytes value={peak?.bytes} /></dd>
        <p className="num" title={peak?.intervalUs ? `A spike shorter than ${formatDuration(peak.intervalUs)} can be missed.` : undefined}>{peakNote(overlay)}</p>
      </div>
      <div>
        <dt>Predicted peak, {tier}</dt>
        <dd data-testid="predicted-peak"><Bytes value={predicted} /></dd>
        <p>{tier === 'refined' ? 'textbook ' : 'refined '}<Bytes value={overlay.predictedPeak[tier === 'refined' ? 'textbook' : 'refined']} /></p>
      </div>
      <div>
        <dt>Residual</dt>
        <dd data-testid="residual" className="tone" data-tone={residualTone(percent)}><Bytes value={residual} signed /></dd>
        <p className="num">{percent === null ? 'needs a model and a run' : `${formatSignedPercent(percent)} of predicted`}</p>
      </div>
      <div>
        <dt>Baseline</dt>
        <dd><Bytes value={overlay.baselineBytes} /></dd>
        <p>in use before launch, taken off</p>
      </div>
      <div>
        <dt>Findings</dt>
        <dd className="num">{session.findings.length}</dd>
        <p className="num">{flaggedNote(session)}</p>
      </div>
    </dl>
  );
}

function peakNote({ measuredPeak: peak }: SessionDocument['overlay']): string {
  if (!peak) return 'nothing was measured';
  return peak.intervalUs === null
    ? `at ${formatDuration(peak.at)}, high-water mark of the framework`
    : `sampled every ${formatDuration(peak.intervalUs)}, at ${formatDuration(peak.at)}`;
}

function flaggedNote({ overlay }: SessionDocument): string {
  const flagged = overlay.phases.filter((phase) => phase.flagged).length;
  return flagged === 0 ? 'no phase out of bounds' : `${flagged} of ${overlay.phases.length} phases flagged`;
}
