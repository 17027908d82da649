/** A small picture of where a finding shows: the measured line around its span, and what was predicted at the peak. */
import { formatBytes } from '../../../shared/base/format';
import type { Finding } from '../../../shared/divergence/overlay/types';
import type { SessionDocument } from '../../../shared/session/session-document';
import { seriesName } from '../../../shared/trace/series-names';
import { sketchLine } from '../../components/sketch';
import { useQuery } from '../../state/engine';

const WIDTH = 320;
const HEIGHT = 56;
const SAMPLES_AROUND = 20;

export function EvidencePicture({
  session,
  finding: { span, series: shown },
}: {
  session: SessionDocument;
  finding: Finding;
}) {
  const { overlay, id, durationUs, series: all } = session;
  const series = shown ?? overlay.series;
  const sampled = all.find((each) => each.id === series)?.intervalUs ?? 0;
  // A moment alone is seen among the samples around it.
  const margin = Math.max(1000, (span[1] - span[0]) * 0.2, sampled * SAMPLES_AROUND);
  const t0 = Math.max(0, Math.round(span[0] - margin));
  const t1 = Math.min(durationUs, Math.round(span[1] + margin));
  const { data } = useQuery(`evidence ${id} ${series} ${t0} ${t1}`, async (engine) =>
    series === null || t1 <= t0
      ? []
      : engine.trace({ id, series: [series], t0, t1, columns: WIDTH / 2 }),
  );
  const view = data?.[0];
  if (series === null) return null;
  const isMemory = series === overlay.series;
  const predicted = isMemory && !overlay.hostBesideGpu ? overlay.predictedPeak.refined : null;
  const baseline = isMemory ? overlay.baselineBytes : 0;
  const highest = isMemory
    ? overlay.measuredPeak?.bytes
    : all.find((each) => each.id === series)?.max;
  const top = Math.max(predicted ?? 0, highest ?? 0) * 1.06;
  const x = (t: number) => ((t - t0) / Math.max(1, t1 - t0)) * WIDTH;
  const y = (bytes: number) => HEIGHT - (bytes / Math.max(1, top)) * HEIGHT;
  return (
    <svg
      className="evidence-picture"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`${isMemory ? 'Measured memory' : seriesName(series)} around it${predicted === null ? '' : `, and the ${formatBytes(predicted)} predicted at the peak`}`}
    >
      <rect
        className="span"
        x={x(span[0])}
        y={0}
        width={Math.max(1.5, x(span[1]) - x(span[0]))}
        height={HEIGHT}
      />
      {predicted !== null && (
        <line className="predicted" x1={0} x2={WIDTH} y1={y(predicted)} y2={y(predicted)} />
      )}
      {view && (
        <path
          className="measured"
          d={sketchLine(view.envelope, x, (value) => y(value - baseline))}
        />
      )}
    </svg>
  );
}
