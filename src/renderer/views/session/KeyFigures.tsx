/** The figures a person came for. The peak is always told with the interval it was sampled at. */
import type { ReactNode } from 'react';
import { formatDuration, formatInteger, formatSignedPercent } from '../../../shared/base/format';
import type { Tier } from '../../../shared/base/vocabulary';
import { showsRun } from '../../../shared/divergence/overlay/shows-run';
import { judgedByLearned } from '../../../shared/present/learned-words';
import { observedFrom } from '../../../shared/present/observed';
import { countFlagged } from '../../../shared/session/phase-kinds';
import type { SessionDocument } from '../../../shared/session/session-document';
import { isFrameworkSeries } from '../../../shared/trace/series-ids';
import { Bytes } from '../../components/Bytes';
import { residualTone } from '../../components/residual-tone';
import { Glance } from './Glance';

export function KeyFigures({ session, tier }: { session: SessionDocument; tier: Tier }) {
  const { overlay, counts } = session;
  const { measuredPeak: peak, predictedPeak } = overlay;
  const isObserved = predictedPeak[tier] === null && predictedPeak.observed !== undefined;
  const predicted = predictedPeak[tier] ?? predictedPeak.observed ?? null;
  const { bytes, percent } = peakResidual(session, tier);
  const blind = peak?.intervalUs
    ? `A spike shorter than ${formatDuration(peak.intervalUs)} can be missed.`
    : undefined;
  const isPredicted = predicted !== null || predictedPeak.textbook !== null;
  return (
    <div className="key-figures">
      <dl className="figures">
        {peak && (
          <Figure name="Measured peak" testId="measured-peak" value={<Bytes value={peak.bytes} />}>
            <p className="num" title={blind}>
              {peakNote(overlay)}
            </p>
          </Figure>
        )}
        {isPredicted && (
          <Figure
            name={isObserved ? 'Expected peak, observed' : `Predicted peak, ${tier}`}
            testId="predicted-peak"
            value={<Bytes value={predicted} />}
          >
            <p>
              {isObserved ? (
                observedFrom(session)
              ) : (
                <>
                  {tier === 'refined' ? 'textbook ' : 'refined '}
                  <Bytes value={predictedPeak[tier === 'refined' ? 'textbook' : 'refined']} />
                </>
              )}
              {session.learned && (
                <span title={judgedByLearned(session) ?? undefined}>
                  , learned <Bytes value={session.learned.peak} />
                </span>
              )}
            </p>
          </Figure>
        )}
        {peak && isPredicted && (
          <Figure
            name={session.status === 'recording' ? 'Residual so far' : 'Residual'}
            testId="residual"
            tone={residualTone(percent, session.status)}
            value={<Bytes value={bytes} signed />}
          >
            <p className="num">
              {percent === null
                ? whyUnknown(overlay)
                : `${formatSignedPercent(percent)} of ${isObserved ? 'expected' : 'predicted'}`}
            </p>
          </Figure>
        )}
        {isPredicted && !isObserved && counts.phases > 0 && (
          <Figure
            name="Out of bounds"
            value={<span className="num">{formatInteger(countFlagged(session.phaseKinds))}</span>}
          >
            <p className="num">
              of {formatInteger(counts.phases)} {counts.phases === 1 ? 'phase' : 'phases'}
            </p>
          </Figure>
        )}
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
      <dd className="note">{children}</dd>
    </div>
  );
}

function whyUnknown(overlay: SessionDocument['overlay']): string {
  if (overlay.hostBesideGpu) return 'no GPU memory was measured';
  return showsRun(overlay) ? 'not known yet' : 'the trace shows no run';
}

interface Residual {
  readonly bytes: number | null;
  readonly percent: number | null;
}
const UNKNOWN: Residual = { bytes: null, percent: null };

/**
 * The document has the residual of the refined tier; of the textbook it is worked out here. A run that goes on is not at
 * its peak yet: what it held highest is compared with the prediction for the phase it held it in, and without phases only
 * what is beyond the whole prediction is told.
 */
function peakResidual({ overlay, status }: SessionDocument, tier: Tier): Residual {
  const { measuredPeak: peak } = overlay;
  if (overlay.hostBesideGpu) return UNKNOWN;
  // Of a trace that shows no run nothing is told against either tier.
  const isApart = overlay.predictedPeak.refined !== null && overlay.residualBytes === null;
  if (status !== 'recording' && isApart) return UNKNOWN;
  if (status === 'recording' && overlay.phases.length > 0) {
    const phase = overlay.phases.find(
      ({ span }) => peak !== null && span[0] <= peak.at && peak.at <= span[1],
    );
    return compare(
      phase?.measured ?? null,
      phase?.predicted[tier] ?? phase?.predicted.observed ?? null,
    );
  }
  const expected = overlay.predictedPeak[tier] ?? overlay.predictedPeak.observed ?? null;
  if (status === 'recording' && (peak?.bytes ?? 0) <= (expected ?? 0)) return UNKNOWN;
  if (tier === 'refined' && overlay.predictedPeak.refined !== null)
    return { bytes: overlay.residualBytes, percent: overlay.residualPercent };
  return compare(peak?.bytes ?? null, expected);
}

function compare(measured: number | null, predicted: number | null): Residual {
  if (measured === null || predicted === null) return UNKNOWN;
  const bytes = measured - predicted;
  return { bytes, percent: predicted ? (bytes / predicted) * 100 : null };
}

function peakNote({ measuredPeak: peak, series }: SessionDocument['overlay']): string {
  if (!peak) return '';
  const at = `at ${formatDuration(peak.at)}`;
  if (peak.intervalUs !== null) return `sampled every ${formatDuration(peak.intervalUs)}, ${at}`;
  return series !== null && isFrameworkSeries(series)
    ? `${at}, high-water mark`
    : `${at}, sampled at an interval not known`;
}
