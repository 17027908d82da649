/** The figures a person came for. The peak is always told with the interval it was sampled at. */
import type { ReactNode } from 'react';
import { formatDuration, formatInteger, formatSignedPercent } from '../../../shared/base/format';
import type { Tier } from '../../../shared/base/vocabulary';
import type { SessionDocument } from '../../../shared/session/session-document';
import { isFrameworkSeries } from '../../../shared/trace/series-ids';
import { Bytes } from '../../components/Bytes';
import { residualTone } from '../../components/residual-tone';
import { Glance } from './Glance';

export function KeyFigures({ session, tier }: { session: SessionDocument; tier: Tier }) {
  const { overlay } = session;
  const peak = overlay.measuredPeak;
  const predicted = overlay.predictedPeak[tier];
  const { bytes, percent } = peakResidual(overlay, tier);
  const blind = peak?.intervalUs
    ? `A spike shorter than ${formatDuration(peak.intervalUs)} can be missed.`
    : undefined;
  return (
    <div className="key-figures">
      <dl className="figures">
        <Figure name="Measured peak" testId="measured-peak" value={<Bytes value={peak?.bytes} />}>
          <p className="num" title={blind}>
            {peakNote(overlay)}
          </p>
        </Figure>
        <Figure
          name={`Predicted peak, ${tier}`}
          testId="predicted-peak"
          value={<Bytes value={predicted} />}
        >
          <p>
            {tier === 'refined' ? 'textbook ' : 'refined '}
            <Bytes value={overlay.predictedPeak[tier === 'refined' ? 'textbook' : 'refined']} />
          </p>
        </Figure>
        <Figure
          name="Residual"
          testId="residual"
          tone={residualTone(percent)}
          value={<Bytes value={bytes} signed />}
        >
          <p className="num">{residualNote(percent, predicted)}</p>
        </Figure>
        <Figure name="Out of bounds" value={<span className="num">{flaggedCount(session)}</span>}>
          <p className="num">{flaggedNote(session)}</p>
        </Figure>
      </dl>
      <Glance session={session} />
    </div>
  );
}

/** One figure under its name, and below it what it is worth. */
function Figure({
  name,
  value,
  children,
  testId,
  tone,
}: {
  name: string;
  value: ReactNode;
  children: ReactNode;
  testId?: string;
  tone?: string;
}) {
  return (
    <div>
      <dt>{name}</dt>
      <dd data-testid={testId} className={tone === undefined ? undefined : 'tone'} data-tone={tone}>
        {value}
      </dd>
      {children}
    </div>
  );
}

type Overlay = SessionDocument['overlay'];

/** The document has the residual of the refined tier; of the textbook it is worked out here. */
function peakResidual(
  overlay: Overlay,
  tier: Tier,
): { readonly bytes: number | null; readonly percent: number | null } {
  if (tier === 'refined') return { bytes: overlay.residualBytes, percent: overlay.residualPercent };
  const predicted = overlay.predictedPeak[tier];
  if (!overlay.measuredPeak || predicted === null) return { bytes: null, percent: null };
  const bytes = overlay.measuredPeak.bytes - predicted;
  return { bytes, percent: predicted ? (bytes / predicted) * 100 : null };
}

function residualNote(percent: number | null, predicted: number | null): string {
  if (percent !== null) return `${formatSignedPercent(percent)} of predicted`;
  return predicted === null ? 'needs a model and a run' : 'needs a measurement';
}

function peakNote({ measuredPeak: peak, series }: Overlay): string {
  if (!peak) return 'nothing was measured';
  const at = `at ${formatDuration(peak.at)}`;
  if (peak.intervalUs !== null) return `sampled every ${formatDuration(peak.intervalUs)}, ${at}`;
  return series !== null && isFrameworkSeries(series)
    ? `${at}, high-water mark of the framework`
    : `${at}, sampled at an interval not known`;
}

const flaggedCount = ({ phaseKinds, counts }: SessionDocument): string =>
  counts.phases === 0
    ? '—'
    : formatInteger(phaseKinds.reduce((sum, { flagged }) => sum + flagged, 0));

const flaggedNote = ({ counts }: SessionDocument): string =>
  counts.phases === 0 ? 'no phases to look at' : `of ${formatInteger(counts.phases)} phases`;
