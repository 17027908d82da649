/** The roofline of a card, both axes by powers of ten, and where the operations of a pass stand beneath it. */
import { scaled, trimmed } from '../../../shared/present/numbers';
import type { FlopsDocument } from '../../../shared/present/spec-documents';

const WIDTH = 640;
const HEIGHT = 230;
const LEFT = 64;
const BOTTOM = 34;
const SHORT: Readonly<Record<string, string>> = {
  qkv: 'QKV',
  attention: 'attention',
  projection: 'projection',
  ffn: 'feed-forward',
  head: 'head',
};

export function Roofline({ device }: { device: NonNullable<FlopsDocument['device']> }) {
  const { gpu, ridge, operations } = device;
  const peak = ridge * gpu.bandwidth;
  const intensities = operations.map(({ intensity }) => intensity);
  const [x0, x1] = [
    Math.min(0.5, ridge / 4, ...intensities),
    Math.max(ridge * 6, ...intensities) * 2,
  ];
  const attained = (intensity: number) => Math.min(peak, intensity * gpu.bandwidth);
  const [y0, y1] = [attained(x0) / 2, peak * 2];
  const place = (value: number, from: number, to: number) =>
    Math.log(value / from) / Math.log(to / from);
  const x = (value: number) => LEFT + place(value, x0, x1) * (WIDTH - LEFT - 12);
  const y = (value: number) => HEIGHT - BOTTOM - place(value, y0, y1) * (HEIGHT - BOTTOM - 10);
  const points = placeLabels(
    operations.map(({ name, intensity, bound }) => ({
      name: SHORT[name] ?? name,
      bound,
      x: x(intensity),
      y: y(attained(intensity)),
    })),
  );
  return (
    <svg
      className="roofline"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={`Roofline of the ${gpu.name}: ${operations.map(({ name, bound }) => `${SHORT[name] ?? name} bound by ${bound}`).join(', ')}`}
    >
      <Grid
        across={powersBetween(x0, x1).map((value) => ({ at: x(value), label: trimmed(value) }))}
        up={powersBetween(y0, y1).map((value) => ({ at: y(value), label: scaled(value) }))}
      />
      <path
        className="roofline-roof"
        d={`M${x(x0)} ${y(attained(x0))}L${x(ridge)} ${y(peak)}H${WIDTH - 12}`}
      />
      {points.map(({ name, bound, x: left, y: top, labelY }) => (
        <g key={name} className="roofline-point" data-bound={bound}>
          <path d={`M${left} ${top}V${HEIGHT - BOTTOM}`} />
          <circle cx={left} cy={top} r={4.5} />
          <text
            x={left < WIDTH - 110 ? left + 8 : left - 8}
            y={labelY}
            textAnchor={left < WIDTH - 110 ? 'start' : 'end'}
          >
            {name}
          </text>
        </g>
      ))}
      <text className="roofline-axis" x={WIDTH - 12} y={HEIGHT - 4} textAnchor="end">
        FLOPs a byte
      </text>
      <text className="roofline-axis" x={4} y={HEIGHT - 4}>
        FLOPs a second
      </text>
    </svg>
  );
}

interface Tick {
  readonly at: number;
  readonly label: string;
}

function Grid({ across, up }: { across: readonly Tick[]; up: readonly Tick[] }) {
  return (
    <g className="roofline-grid">
      {across.map(({ at, label }) => (
        <g key={label}>
          <line x1={at} x2={at} y1={10} y2={HEIGHT - BOTTOM} />
          <text x={at} y={HEIGHT - BOTTOM + 15} textAnchor="middle">
            {label}
          </text>
        </g>
      ))}
      {up.map(({ at, label }) => (
        <g key={label}>
          <line x1={LEFT} x2={WIDTH - 12} y1={at} y2={at} />
          <text x={LEFT - 6} y={at + 4} textAnchor="end">
            {label}
          </text>
        </g>
      ))}
    </g>
  );
}

function powersBetween(from: number, to: number): readonly number[] {
  const first = Math.ceil(Math.log10(from));
  const last = Math.floor(Math.log10(to));
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => 10 ** (first + i));
}

const LINE = 14;
/** Room for the longest name. */
const LABEL_WIDTH = 84;

/** Names beneath the points, each below all before it that it would lie on. */
function placeLabels<Point extends { readonly x: number; readonly y: number }>(
  points: readonly Point[],
): readonly (Point & { readonly labelY: number })[] {
  const placed: (Point & { labelY: number })[] = [];
  for (const point of [...points].sort((a, b) => a.x - b.x)) {
    let labelY = point.y + 16;
    const near = placed
      .filter((other) => Math.abs(other.x - point.x) < LABEL_WIDTH)
      .sort((a, b) => a.labelY - b.labelY);
    // From the top down, so that what is pushed below one name is held against the next.
    for (const other of near)
      if (Math.abs(other.labelY - labelY) < LINE) labelY = other.labelY + LINE;
    placed.push({ ...point, labelY });
  }
  return placed;
}
