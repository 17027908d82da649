/**
 * The chart as an ECharts option: a pure function of what is to be seen. No animation, no sampling (its own loses
 * peaks; what arrives here is already an exact envelope), no tooltip and no zoom component: the page does those.
 */
import type { Bytes } from '../../shared/base/units';
import type { ChartOption, CustomSeriesOption, LineSeriesOption } from './echarts';
import type { Line, Picture } from './picture';
import type { Box } from './picture-frame';
import { byteLabel, byteScale, timeLabel, timeTicks } from './scale';
import { drawBands, drawBlocks, drawPeak, drawResiduals, drawSteps, FONT } from './shapes';

type Series = LineSeriesOption | CustomSeriesOption;
type LineData = NonNullable<LineSeriesOption['data']>;

/** With an identity of its own a shape is made anew when what it stands for changes; labels of reused shapes go stale. */
const item = (index: number, id: string) => ({ value: [index], id });

/** ECharts takes typed arrays of flat t, v pairs, though its types do not say so. */
const isLineData = (data: unknown): data is LineData => data instanceof Float64Array;
const flatPairs = (pairs: Float64Array): LineData => (isLineData(pairs) ? pairs : []);

export function pictureOption(picture: Picture): ChartOption {
  const lanes = new Lanes(picture);
  const series = [
    ...phaseSeries(picture, lanes),
    ...memorySeries(picture, lanes),
    ...residualSeries(picture, lanes),
    ...utilizationSeries(picture, lanes),
  ];
  return {
    animation: false,
    backgroundColor: 'transparent',
    textStyle: { fontFamily: FONT },
    grid: lanes.grids,
    xAxis: lanes.xAxes as ChartOption['xAxis'],
    yAxis: lanes.yAxes as ChartOption['yAxis'],
    series,
  };
}

/** The lanes of the chart, each a grid with a time axis, shared in scale, and a value axis that only it has. */
class Lanes {
  readonly grids: NonNullable<ChartOption['grid']> & unknown[] = [];
  readonly xAxes: unknown[] = [];
  readonly yAxes: unknown[] = [];
  readonly #picture: Picture;
  readonly #ticks: ReturnType<typeof timeTicks>;
  readonly #lowest: Box;

  constructor(picture: Picture) {
    const { view, frame } = picture;
    this.#picture = picture;
    this.#ticks = timeTicks(view.t0, view.t1, frame.plotWidth / 110);
    this.#lowest = frame.utilization ?? frame.residual ?? frame.main;
  }

  /** Adds a lane; what the series within it have in common. */
  add(box: Box, valueAxis: object) {
    const { frame } = this.#picture;
    const index = this.grids.length;
    this.grids.push({ left: frame.left, width: frame.plotWidth, top: box.top, height: box.height });
    this.xAxes.push({ ...this.#timeAxis(box), gridIndex: index });
    this.yAxes.push({
      type: 'value',
      gridIndex: index,
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { show: false },
      splitLine: { show: false },
      ...valueAxis,
    });
    return { xAxisIndex: index, yAxisIndex: index, animation: false, silent: true, clip: true };
  }

  /** Ticks and labels stand below the lowest lane alone. */
  #timeAxis(box: Box): object {
    const { view, frame, ink } = this.#picture;
    const { values, step } = this.#ticks;
    const isLowest = box === this.#lowest;
    return {
      type: 'value',
      min: view.t0,
      max: view.t1,
      splitLine: { show: false },
      axisPointer: { show: false },
      axisLine: {
        show: box === frame.main || isLowest,
        onZero: false,
        lineStyle: { color: ink.axis },
      },
      axisTick: { show: isLowest, customValues: values, lineStyle: { color: ink.axis } },
      axisLabel: {
        show: isLowest,
        customValues: values,
        color: ink.muted,
        fontSize: 11,
        fontFamily: FONT,
        hideOverlap: true,
        formatter: (t: number) => timeLabel(t, step),
      },
    };
  }
}

function phaseSeries(picture: Picture, lanes: Lanes): Series[] {
  const { frame, view, blocks } = picture;
  if (!frame.phases) return [];
  return [
    {
      ...lanes.add(frame.phases, { min: 0, max: 1 }),
      type: 'custom',
      data: blocks.map((block, i) => item(i, `${block.t0} ${block.t1} ${view.t1 - view.t0}`)),
      renderItem: drawBlocks(picture, frame.phases),
    },
  ];
}

/** Bands, step marks, the predicted ceiling, measured lines and the peak, from the ground up. */
function memorySeries(picture: Picture, lanes: Lanes): Series[] {
  const { view, ink, bands, steps, peak } = picture;
  const base = lanes.add(picture.frame.main, memoryAxis(picture, picture.top));
  const series: Series[] = [
    {
      ...base,
      type: 'custom',
      z: 1,
      data: bands.map((_, i) => [i]),
      renderItem: drawBands(picture),
    },
  ];
  if (steps.length > 0)
    series.push({
      ...base,
      type: 'custom',
      z: 2,
      data: steps.map((step, i) => item(i, `${step.step} ${view.t1 - view.t0}`)),
      renderItem: drawSteps(picture),
    });
  if (picture.ceiling && picture.ceiling.length > 0)
    series.push({
      ...base,
      ...line({ name: 'Predicted', pairs: picture.ceiling, color: ink.lane, width: 1.25 }, 3),
      lineStyle: { color: ink.lane, width: 1.25, type: [4, 3] },
    });
  for (const measured of picture.lines) {
    // A halo of the surface's colour keeps the line legible over every band.
    if (bands.length > 0 && measured.opacity === undefined) {
      const halo = { ...measured, color: ink.surface, width: measured.width + 2.5 };
      series.push({ ...base, ...line(halo, 4) });
    }
    series.push({ ...base, ...line(measured, 5) });
  }
  if (peak)
    series.push({
      ...base,
      type: 'custom',
      z: 7,
      data: [[peak.t, peak.bytes]],
      renderItem: drawPeak(ink),
    });
  return series;
}

function memoryAxis({ ink }: Picture, top: Bytes): object {
  const { max, step } = byteScale(top);
  return {
    min: 0,
    max,
    interval: step,
    splitLine: { show: true, lineStyle: { color: ink.grid, width: 1 } },
    axisLabel: {
      show: true,
      color: ink.muted,
      fontSize: 11,
      fontFamily: FONT,
      formatter: (bytes: number) => byteLabel(bytes, step),
    },
  };
}

function line({ name, pairs, color, width, opacity = 1 }: Line, z: number): LineSeriesOption {
  return {
    type: 'line',
    name,
    z,
    dimensions: ['t', 'v'],
    encode: { x: 't', y: 'v' },
    data: flatPairs(pairs),
    showSymbol: false,
    connectNulls: false,
    lineStyle: { color, width, opacity, join: 'round' },
  };
}

function residualSeries(picture: Picture, lanes: Lanes): Series[] {
  const { frame, ink, residuals } = picture;
  if (!frame.residual) return [];
  const bound = Math.max(1, picture.residualBound);
  return [
    {
      ...lanes.add(frame.residual, {
        min: -bound,
        max: bound,
        interval: bound,
        splitLine: { show: true, lineStyle: { color: [ink.grid, ink.axis, ink.grid] } },
      }),
      clip: false,
      type: 'custom',
      z: 2,
      data: residuals.map((_, i) => [i]),
      renderItem: drawResiduals(picture, frame.residual),
    },
  ];
}

function utilizationSeries({ frame, ink, utilization }: Picture, lanes: Lanes): Series[] {
  if (!frame.utilization || !utilization) return [];
  return [
    {
      ...lanes.add(frame.utilization, {
        min: 0,
        max: utilization.max,
        interval: utilization.max,
        splitLine: { show: true, lineStyle: { color: ink.grid } },
      }),
      type: 'line',
      dimensions: ['t', 'v'],
      encode: { x: 't', y: 'v' },
      data: flatPairs(utilization.pairs),
      showSymbol: false,
      connectNulls: false,
      lineStyle: { color: ink.lane, width: 1.25 },
      areaStyle: { color: ink.lane, opacity: 0.16 },
    },
  ];
}
