/** The points of a sweep over the curve that theory predicts, both axes logarithmic: a power law is a straight line. */
import { useRef } from 'react';
import type { FigureName } from '../../../shared/chapter/sweeps/figures';
import type { SweepOutcome } from '../../../shared/chapter/sweeps/outcome';
import type { SweepReading } from '../../../shared/chapter/sweeps/reading';
import { describePoint } from '../../../shared/chapter/sweeps/sweep';
import { FIGURE_WORDS, formatFigure } from '../../../shared/present/sweep-words';
import { useSize } from '../../chart/element-size';
import { sessionHref } from '../../state/router';
import {
  type BandEdge,
  type PicturePoint,
  type PictureSeries,
  pictureSweep,
} from './sweep-picture';

const HEIGHT = 340;
const MARGIN = { left: 82, right: 18, top: 14, bottom: 44 };
/** Pixels from the left for a share of the picture's width. */
type Across = (share: number) => number;
const acrossWidth =
  (width: number): Across =>
  (share) =>
    MARGIN.left + share * Math.max(0, width - MARGIN.left - MARGIN.right);
const down = (share: number) =>
  HEIGHT - MARGIN.bottom - share * (HEIGHT - MARGIN.top - MARGIN.bottom);

export function SweepChart({
  reading,
  outcome,
  figure,
}: {
  reading: Pick<SweepReading, 'number'>;
  outcome: SweepOutcome;
  figure: FigureName;
}) {
  const frame = useRef<HTMLElement>(null);
  const { width } = useSize(frame);
  const picture = pictureSweep(reading, outcome, figure);
  if (picture === null) return <p className="empty-line">Nothing was measured of this yet.</p>;
  const { axis, xs, ys, series } = picture;
  const across = acrossWidth(width);
  return (
    <figure className="sweep-chart" ref={frame}>
      {/* biome-ignore lint/a11y/useSemanticElements: its points are links, which no image may hold, and SVG has no fieldset */}
      <svg
        width={width}
        height={HEIGHT}
        role="group"
        aria-label={`${FIGURE_WORDS[figure]} against ${axis}, measured over predicted`}
      >
        {ys.map(({ at, value }) => (
          <g key={value}>
            <line className="grid" x1={MARGIN.left} x2={across(1)} y1={down(at)} y2={down(at)} />
            <text className="tick" x={MARGIN.left - 8} y={down(at) + 4} textAnchor="end">
              {formatFigure(figure, value)}
            </text>
          </g>
        ))}
        {xs.map(({ at, value }) => (
          <text key={value} className="tick" x={across(at)} y={HEIGHT - 24} textAnchor="middle">
            {value}
          </text>
        ))}
        <text className="axis" x={across(0.5)} y={HEIGHT - 5} textAnchor="middle">
          {axis}
        </text>
        {series.map((one, i) => (
          <Series key={one.name} series={one} rank={i} figure={figure} across={across} />
        ))}
      </svg>
      <figcaption>
        <span className="key-measured">measured</span>
        <span className="key-predicted">
          {figure === 'time' ? 'its work, at the median pace' : 'predicted'}
        </span>
        {series.some(({ band }) => band.length > 0) && (
          <span className="key-law">95% band of the law</span>
        )}
        {series.length > 1 &&
          series.map(({ name }, i) => (
            <span key={name} className="key-series" data-rank={i % 3}>
              <svg width="14" height="14" viewBox="-7 -7 14 14" aria-hidden="true">
                <Shape rank={i} />
              </svg>
              {name}
            </span>
          ))}
      </figcaption>
    </figure>
  );
}

function Series({
  series: { points, band },
  rank,
  figure,
  across,
}: {
  series: PictureSeries;
  rank: number;
  figure: FigureName;
  across: Across;
}) {
  const curve = points.flatMap(({ x, predicted }) =>
    predicted === null ? [] : [`${across(x).toFixed(1)},${down(predicted).toFixed(1)}`],
  );
  return (
    <g className="series" data-rank={rank % 3}>
      {band.length > 0 && <polygon className="law-band" points={outlineBand(band, across)} />}
      <polyline className="curve" points={curve.join(' ')} />
      {points.map((point) => (
        <Mark
          key={describePoint(point.source.point)}
          point={point}
          rank={rank}
          figure={figure}
          across={across}
        />
      ))}
    </g>
  );
}

/** Along its upper edge, and back along the lower. */
const outlineBand = (band: readonly BandEdge[], across: Across): string =>
  [
    ...band.map(({ x, high }) => [x, high] as const),
    ...band.toReversed().map(({ x, low }) => [x, low] as const),
  ]
    .map(([x, height]) => `${across(x).toFixed(1)},${down(height).toFixed(1)}`)
    .join(' ');

function Mark({
  point: { x, measured, source },
  rank,
  figure,
  across,
}: {
  point: PicturePoint;
  rank: number;
  figure: FigureName;
  across: Across;
}) {
  const [session] = source.sessions;
  if (measured === null || session === undefined) return null;
  const pair = source.figures[figure];
  const words = `${describePoint(source.point)}: ${formatFigure(figure, pair.measured)} measured, ${formatFigure(figure, pair.predicted)} predicted`;
  return (
    <a href={sessionHref(session)} aria-label={`${words}; open its session`}>
      <g transform={`translate(${across(x).toFixed(1)} ${down(measured).toFixed(1)})`}>
        <circle className="reach" r="14" />
        <Shape rank={rank} />
        <title>{words}</title>
      </g>
    </a>
  );
}

/** A shape for each series, so that colour is never all that tells them apart. */
function Shape({ rank }: { rank: number }) {
  if (rank % 3 === 1) return <rect className="mark" x="-4.5" y="-4.5" width="9" height="9" />;
  if (rank % 3 === 2) return <path className="mark" d="M0 -5.5 5.5 4.5h-11z" />;
  return <circle className="mark" r="5" />;
}
