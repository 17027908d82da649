/** The occurrences of one kind of phase, row by row, worst first or in time; any number of them. */
import { Flag } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { formatDuration } from '../../../shared/base/format';
import type { Micros } from '../../../shared/base/units';
import type { OverlayPhase } from '../../../shared/divergence/overlay/types';
import type { PhaseKind } from '../../../shared/session/phase-kinds';
import type { SessionDocument } from '../../../shared/session/session-document';
import { Bytes } from '../../components/Bytes';
import { Segmented } from '../../components/Segmented';
import { usePages } from './usePages';
import { VirtualRows } from './VirtualRows';

const ORDER_OPTIONS = [
  { value: 'worst', label: 'Worst first' },
  { value: 'time', label: 'In time' },
] as const;
const ROW = 27;
/** As many occurrences stand within the table of kinds; more have the place to themselves, so that one thing scrolls. */
export const FEW_STEPS = 8;

export function PhaseSteps({
  session: { id, overlay, durationUs },
  kind: { phase, rank, stage, span, count },
  head,
  onShow,
  onLight,
}: {
  session: SessionDocument;
  kind: PhaseKind;
  /** What stands beside the order of steps that have the place to themselves. */
  head?: ReactNode;
  onShow(span: readonly [Micros, Micros]): void;
  onLight(span: readonly [Micros, Micros] | null): void;
}) {
  const [order, setOrder] = useState<'worst' | 'time'>('worst');
  const { series } = overlay;
  const pages = usePages<OverlayPhase>(
    `${id} ${series} ${phase} ${span.join()} ${order} ${durationUs}`,
    (engine, page, signal) =>
      engine.phases(
        { id, phase, order, t0: span[0], t1: span[1], ...(series && { series }), ...page },
        { signal },
      ),
  );
  return (
    <div className="phase-steps" data-alone={count > FEW_STEPS}>
      <div className="phase-steps-tools">
        {head}
        {count > 1 && (
          <Segmented
            label="Order of steps"
            value={order}
            onChange={setOrder}
            options={ORDER_OPTIONS}
          />
        )}
      </div>
      <div className="step-row step-head" aria-hidden="true">
        <span>Step</span>
        <span>Began at</span>
        <span>Took</span>
        <span>Highest</span>
        <span>Predicted</span>
        <span>Residual</span>
        <span />
      </div>
      <VirtualRows label={`Steps of ${phase}`} pages={pages} rowHeight={ROW} height="100%">
        {(row) =>
          row.rank !== rank || row.stage !== stage ? null : (
            <button
              type="button"
              className="step-row"
              title="Show in the timeline"
              onClick={() => onShow(row.span)}
              onPointerEnter={() => onLight(row.span)}
              onPointerLeave={() => onLight(null)}
            >
              <span className="num">{row.step === null ? '—' : `step ${row.step}`}</span>
              <span className="num muted">{formatDuration(row.span[0])}</span>
              <span className="num muted">{formatDuration(row.span[1] - row.span[0])}</span>
              <Bytes value={row.measured} />
              <Bytes value={row.predicted.refined} />
              <Bytes value={row.residualBytes} signed />
              <span>{row.flagged && <Flag size={12} aria-label="flagged" />}</span>
            </button>
          )
        }
      </VirtualRows>
    </div>
  );
}
