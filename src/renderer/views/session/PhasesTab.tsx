/** Phases by kind, worst first, each with a small picture of its occurrences; a kind opens into its steps. */
import { ArrowLeft, ChevronRight, Flag } from 'lucide-react';
import { useState } from 'react';
import { formatDuration, formatInteger, formatSignedPercent } from '../../../shared/base/format';
import type { Micros } from '../../../shared/base/units';
import { capitalize } from '../../../shared/present/names';
import { phaseName } from '../../../shared/present/phase-name';
import type { PhaseKind } from '../../../shared/session/phase-kinds';
import type { SessionDocument } from '../../../shared/session/session-document';
import { rankName } from '../../../shared/trace/rank-names';
import { PHASE_COLOR } from '../../chart/palette';
import { Bytes } from '../../components/Bytes';
import { residualTone } from '../../components/residual-tone';
import { sketchBars } from '../../components/sketch';
import { useQuery } from '../../state/engine';
import { FoundTable } from './FoundTable';
import { FEW_STEPS, PhaseSteps } from './PhaseSteps';
import { rankKinds } from './rank-kinds';

interface Shown {
  readonly session: SessionDocument;
  onShow(span: readonly [Micros, Micros]): void;
  onLight(span: readonly [Micros, Micros] | null): void;
}

const keyOf = ({ rank, phase, stage }: PhaseKind): string => `${rank} ${phase} ${stage}`;

/** What had it is no longer there. */
const takeFocus = (button: HTMLElement | null) => button?.focus();

export function PhasesTab(props: Shown) {
  const { session } = props;
  const [open, setOpen] = useState<string | null>(null);
  const kinds = rankKinds(session.phaseKinds);
  const { found } = session.overlay;
  if (kinds.length === 0 && found) return <FoundTable {...props} found={found} />;
  if (kinds.length === 0)
    return (
      <p className="empty-line">
        {session.status === 'recording' ? 'No phases yet' : 'No phases'}: the workload announced
        none, and none were found in the trace.
      </p>
    );
  const ranks = new Set(kinds.map(({ rank }) => rank));
  const leave = () => {
    setOpen(null);
    document.getElementById('tab-panel')?.focus();
  };
  const alone = kinds.find((kind) => keyOf(kind) === open);
  if (alone)
    return (
      <PhaseSteps
        {...props}
        kind={alone}
        head={
          <>
            <button type="button" className="button small" ref={takeFocus} onClick={leave}>
              <ArrowLeft size={13} aria-hidden="true" />
              All phases
            </button>
            <KindName kind={alone} ranks={ranks} />
          </>
        }
      />
    );
  return (
    <div className="table-frame">
      <table className="table phases">
        <thead>
          <tr>
            <th>Phase</th>
            <th>Residual of each</th>
            <th className="right">Median time</th>
            <th className="right">Highest</th>
            <th className="right">Predicted there</th>
            <th className="right">Worst residual</th>
            <th className="right">%</th>
            <th className="right">Flagged</th>
          </tr>
        </thead>
        <tbody>
          {kinds.map((kind) => (
            <KindRows
              key={keyOf(kind)}
              {...props}
              kind={kind}
              ranks={ranks}
              onAlone={() => setOpen(keyOf(kind))}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function KindRows({ kind, ranks, onAlone, ...shown }: Shown & NamedKind & { onAlone(): void }) {
  const [isOpen, setOpen] = useState(false);
  const { session, onLight } = shown;
  return (
    <>
      <tr
        data-flagged={kind.flagged > 0}
        onPointerEnter={() => onLight(kind.span)}
        onPointerLeave={() => onLight(null)}
      >
        <td className="phase-name">
          <button
            type="button"
            className="disclose"
            aria-expanded={isOpen}
            aria-label={`Steps of ${phaseName(kind)}`}
            onClick={() => (kind.count > FEW_STEPS ? onAlone() : setOpen(!isOpen))}
          >
            <ChevronRight size={14} />
          </button>
          <KindName kind={kind} ranks={ranks} />
        </td>
        <td>
          <KindPicture session={session} kind={kind} />
        </td>
        <KindFigures kind={kind} />
      </tr>
      {isOpen && (
        <tr className="steps-row">
          <td colSpan={8}>
            <PhaseSteps {...shown} kind={kind} />
          </td>
        </tr>
      )}
    </>
  );
}

interface NamedKind {
  readonly kind: PhaseKind;
  readonly ranks: ReadonlySet<number>;
}

const KindName = ({ kind, ranks }: NamedKind) => (
  <span>
    <i className="swatch" style={{ background: PHASE_COLOR[kind.phase] }} />
    {capitalize(phaseName(kind))}
    {kind.count > 1 && <span className="muted num"> ×{formatInteger(kind.count)}</span>}
    {ranks.size > 1 && <span className="muted"> {rankName(kind.rank, ranks)}</span>}
  </span>
);

function KindFigures({ kind: { flagged, medianUs, highest, worst } }: { kind: PhaseKind }) {
  const predicted = worst?.predicted.refined ?? null;
  const percent =
    worst?.residualBytes != null && predicted ? (worst.residualBytes / predicted) * 100 : null;
  return (
    <>
      <td className="right num nowrap">{formatDuration(Math.round(medianUs))}</td>
      <td className="right">
        <Bytes value={highest?.measured ?? null} />
      </td>
      <td className="right">
        <Bytes value={highest?.predicted.refined ?? null} />
      </td>
      <td className="right">
        <Bytes value={worst?.residualBytes ?? null} signed />
      </td>
      <td className="right num">
        <span className="tone" data-tone={residualTone(percent)}>
          {formatSignedPercent(percent)}
        </span>
      </td>
      <td className="right num flag-cell">
        {flagged > 0 && (
          <>
            <Flag size={13} aria-label="flagged" /> {formatInteger(flagged)}
          </>
        )}
      </td>
    </>
  );
}

const WIDTH = 120;
const HEIGHT = 18;
/** A bar narrower than two pixels is not seen: more occurrences are shown by the worst among neighbours. */
const BARS = WIDTH / 2;

/** How far each occurrence was above (up) or below (down) its prediction. */
function KindPicture({ session, kind }: { session: SessionDocument; kind: PhaseKind }) {
  const { id, overlay } = session;
  const { phase, rank, stage, span, count } = kind;
  const { data } = useQuery(
    `kind ${id} ${overlay.series} ${phase} ${rank} ${stage} ${span.join()} ${count}`,
    async (engine) =>
      count < 2
        ? []
        : engine.phaseBars({
            id,
            ...(overlay.series && { series: overlay.series }),
            t0: span[0],
            t1: span[1],
            columns: BARS,
          }),
  );
  const values = (data ?? [])
    .filter(({ worst }) => worst.phase === phase && worst.rank === rank)
    .map(({ worst }) => worst.residualBytes);
  const top = Math.max(0, ...values.map((value) => Math.abs(value ?? 0)));
  if (values.length < 2 || top === 0) return null;
  const half = HEIGHT / 2;
  const above = values.map((value) => (value !== null && value > 0 ? value : null));
  const below = values.map((value) => (value !== null && value < 0 ? -value : null));
  return (
    <svg className="kind-picture" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
      <path className="above" d={sketchBars(above, WIDTH, half, top)} />
      <path
        className="below"
        d={sketchBars(below, WIDTH, half, top)}
        transform={`translate(0 ${HEIGHT}) scale(1 -1)`}
      />
    </svg>
  );
}
