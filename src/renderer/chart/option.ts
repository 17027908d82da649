/**
 * The chart as an ECharts option: a pure function of what is to be seen. No animation, no sampling (its own loses
 * peaks; what arrives here is already an exact envelope), no tooltip and no zoom component: the page does those.
 */

import type { Bytes, Micros } from '../../shared/base/units';
import { SHORT_PHASE_NAMES } from '../../shared/present/names';
import { phaseName } from '../../shared/present/phase-name';
import type { Polygon } from './bands';
import type { ChartOption, CustomSeriesOption, LineSeriesOption } from './echarts';
import { COMPONENT_COLOR, type Ink, PHASE_COLOR, WHOLE_COLOR } from './palette';
import type { Block, StepBlock } from './phase-blocks';
import type { Layout } from './picture-frame';
import { byteLabel, byteScale, timeLabel, timeTicks } from './scale';
import type { View } from './view';

export interface Line {
  readonly name: string;
  /** Flat t, v pairs; NaN breaks the line. */
  readonly pairs: Float64Array;
  readonly color: string;
  readonly width: number;
  readonly opacity?: number;
}

export interface Picture {
  readonly view: View;
  readonly layout: Layout;
  readonly ink: Ink;
  readonly top: Bytes;
  readonly bands: readonly Polygon[];
  readonly ceiling: Float64Array | null;
  readonly lines: readonly Line[];
  readonly peak: { readonly t: Micros; readonly bytes: Bytes } | null;
  readonly blocks: readonly Block[];
  readonly residuals: readonly Block[];
  /** Edge of the residual lane, the same at every zoom. */
  readonly residualBound: Bytes;
  readonly steps: readonly StepBlock[];
  readonly utilization: { readonly pairs: Float64Array; readonly max: number } | null;
}

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif';
/** With an identity of its own a shape is made anew when what it stands for changes; labels of reused shapes go stale. */
const item = (index: number, id: string) => ({ value: [index], id });

type RenderItem = NonNullable<CustomSeriesOption['renderItem']>;

export function pictureOption(picture: Picture): ChartOption {
  const { view, layout, ink } = picture;
  const y = byteScale(picture.top);
  const ticks = timeTicks(view.t0, view.t1, layout.plotWidth / 110);
  const grids: NonNullable<ChartOption['grid']> & unknown[] = [];
  const xAxis: unknown[] = [];
  const yAxis: unknown[] = [];
  const series: (LineSeriesOption | CustomSeriesOption)[] = [];
  const last = layout.utilization ?? layout.residual ?? layout.main;

  const lane = (box: { top: number; height: number }, own: object): number => {
    const index = grids.length;
    grids.push({ left: layout.left, width: layout.plotWidth, top: box.top, height: box.height });
    xAxis.push({
      type: 'value',
      gridIndex: index,
      min: view.t0,
      max: view.t1,
      splitLine: { show: false },
      axisPointer: { show: false },
      axisLine: {
        show: box === layout.main || box === last,
        onZero: false,
        lineStyle: { color: ink.axis },
      },
      axisTick: { show: box === last, customValues: ticks.values, lineStyle: { color: ink.axis } },
      axisLabel: {
        show: box === last,
        customValues: ticks.values,
        color: ink.muted,
        fontSize: 11,
        fontFamily: FONT,
        hideOverlap: true,
        formatter: (t: number) => timeLabel(t, ticks.step),
      },
    });
    yAxis.push({
      type: 'value',
      gridIndex: index,
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { show: false },
      splitLine: { show: false },
      ...own,
    });
    return index;
  };
  const base = (index: number) => ({
    xAxisIndex: index,
    yAxisIndex: index,
    animation: false,
    silent: true,
    clip: true,
  });

  if (layout.phases) {
    const index = lane(layout.phases, { min: 0, max: 1 });
    series.push({
      ...base(index),
      type: 'custom',
      data: picture.blocks.map((block, i) =>
        item(i, `${block.t0} ${block.t1} ${view.t1 - view.t0}`),
      ),
      renderItem: drawBlocks(picture),
    });
  }
  const main = lane(layout.main, {
    min: 0,
    max: y.max,
    interval: y.step,
    splitLine: { show: true, lineStyle: { color: ink.grid, width: 1 } },
    axisLabel: {
      show: true,
      color: ink.muted,
      fontSize: 11,
      fontFamily: FONT,
      formatter: (v: number) => byteLabel(v, y.step),
    },
  });
  series.push({
    ...base(main),
    type: 'custom',
    z: 1,
    data: picture.bands.map((_, i) => [i]),
    renderItem: drawBands(picture),
  });
  if (picture.steps.length > 0)
    series.push({
      ...base(main),
      type: 'custom',
      z: 2,
      data: picture.steps.map((step, i) => item(i, `${step.step} ${view.t1 - view.t0}`)),
      renderItem: drawSteps(picture),
    });
  const line = (own: Line, z: number): LineSeriesOption => ({
    ...base(main),
    type: 'line',
    name: own.name,
    z,
    dimensions: ['t', 'v'],
    encode: { x: 't', y: 'v' },
    data: own.pairs as unknown as number[],
    showSymbol: false,
    connectNulls: false,
    lineStyle: { color: own.color, width: own.width, opacity: own.opacity ?? 1, join: 'round' },
  });
  if (picture.ceiling && picture.ceiling.length > 0) {
    series.push({
      ...line({ name: 'Predicted', pairs: picture.ceiling, color: ink.lane, width: 1.25 }, 3),
      lineStyle: { color: ink.lane, width: 1.25, type: [4, 3] },
    });
  }
  for (const own of picture.lines) {
    // A halo of the surface's colour keeps the line legible over every band.
    if (picture.bands.length > 0 && own.opacity === undefined)
      series.push(line({ ...own, color: ink.surface, width: own.width + 2.5 }, 4));
    series.push(line(own, 5));
  }
  const { peak } = picture;
  if (peak)
    series.push({
      ...base(main),
      type: 'custom',
      z: 7,
      data: [[peak.t, peak.bytes]],
      renderItem: drawPeak(ink),
    });

  if (layout.residual) {
    const bound = Math.max(1, picture.residualBound);
    const index = lane(layout.residual, {
      min: -bound,
      max: bound,
      interval: bound,
      splitLine: { show: true, lineStyle: { color: [ink.grid, ink.axis, ink.grid] } },
    });
    series.push({
      ...base(index),
      clip: false,
      type: 'custom',
      z: 2,
      data: picture.residuals.map((_, i) => [i]),
      renderItem: drawResiduals(picture),
    });
  }
  if (layout.utilization && picture.utilization) {
    const index = lane(layout.utilization, {
      min: 0,
      max: picture.utilization.max,
      interval: picture.utilization.max,
      splitLine: { show: true, lineStyle: { color: ink.grid } },
    });
    series.push({
      ...base(index),
      type: 'line',
      dimensions: ['t', 'v'],
      encode: { x: 't', y: 'v' },
      data: picture.utilization.pairs as unknown as number[],
      showSymbol: false,
      connectNulls: false,
      lineStyle: { color: ink.lane, width: 1.25 },
      areaStyle: { color: ink.lane, opacity: 0.16 },
    });
  }
  return {
    animation: false,
    backgroundColor: 'transparent',
    textStyle: { fontFamily: FONT },
    grid: grids,
    xAxis: xAxis as ChartOption['xAxis'],
    yAxis: yAxis as ChartOption['yAxis'],
    series,
  };
}

/** Rough, and enough to decide whether a label has room. */
const textWidth = (text: string): number => text.length * 6.4;

function drawBlocks({ blocks, layout }: Picture): RenderItem {
  return (params, api) => {
    const block = blocks[params.dataIndex]!;
    const box = layout.phases!;
    const x0 = Math.max(layout.left, api.coord([block.t0, 0])[0]!);
    const x1 = Math.min(layout.left + layout.plotWidth, api.coord([block.t1, 0])[0]!);
    const width = Math.max(1, x1 - x0);
    const label = blockLabel(block, width - 10);
    return {
      type: 'rect',
      shape: {
        x: x0 + 0.5,
        y: box.top,
        width: Math.max(0.75, width - 1),
        height: box.height,
        r: Math.min(4, width / 4),
      },
      style: {
        fill: block.phase === null ? '#7b8491' : PHASE_COLOR[block.phase],
        opacity: block.phase === 'idle' ? 0.35 : 1,
      },
      ...(label
        ? {
            textContent: {
              type: 'text',
              style: { text: label, fill: '#ffffff', font: `600 11px ${FONT}` },
            },
            textConfig: { position: 'inside' as const },
          }
        : {}),
    };
  };
}

export function blockLabel(block: Block, room: number): string {
  const step =
    block.firstStep === null
      ? ''
      : block.firstStep === block.lastStep
        ? ` ${block.firstStep}`
        : ` ${block.firstStep}–${block.lastStep}`;
  if (block.phase !== null && block.stage !== undefined) {
    const stage = phaseName({ phase: block.phase, stage: block.stage });
    return textWidth(stage) <= room ? stage : '';
  }
  const name = block.phase ?? (step ? 'steps' : `${block.count} phases`);
  return (
    [
      name + step,
      block.phase === null ? step.trim() : name,
      (block.phase && SHORT_PHASE_NAMES[block.phase]) ?? '',
    ].find((text) => text !== '' && textWidth(text) <= room) ?? ''
  );
}

function drawBands({ bands, ink }: Picture): RenderItem {
  return (params, api) => {
    const band = bands[params.dataIndex]!;
    const points = band.points.map((point) => api.coord([...point]));
    return {
      type: 'group',
      children: [
        {
          type: 'polygon',
          shape: { points },
          style: {
            fill: band.component ? COMPONENT_COLOR[band.component] : WHOLE_COLOR,
            opacity: 0.82,
          },
        },
        // Only the upper edge is outlined: it parts neighbours in the stack without cutting a band in time.
        {
          type: 'polyline',
          shape: { points: points.slice(0, points.length / 2) },
          style: { stroke: ink.surface, lineWidth: 0.75, fill: 'none' },
        },
      ],
    };
  };
}

function drawSteps({ steps, layout, ink }: Picture): RenderItem {
  return (params, api) => {
    const step = steps[params.dataIndex]!;
    const x = Math.round(api.coord([step.t0, 0])[0]!) + 0.5;
    const width = api.coord([step.t1, 0])[0]! - x;
    if (x < layout.left || width < 24) return { type: 'group', children: [] };
    const text = [`step ${step.step}`, String(step.step)].find(
      (label) => textWidth(label) < width - 6,
    );
    return {
      type: 'group',
      children: [
        {
          type: 'line',
          shape: { x1: x, x2: x, y1: layout.main.top, y2: layout.main.top + layout.main.height },
          style: { stroke: ink.axis, lineWidth: 1, lineDash: [2, 3], opacity: 0.7 },
        },
        ...(text
          ? [
              {
                type: 'text' as const,
                style: {
                  text,
                  x: x + 4,
                  y: layout.main.top + 3,
                  fill: ink.muted,
                  font: `10px ${FONT}`,
                },
              },
            ]
          : []),
      ],
    };
  };
}

function drawPeak(ink: Ink): RenderItem {
  return (_params, api) => {
    const [x = 0, y = 0] = api.coord([api.value(0), api.value(1)]);
    return {
      type: 'group',
      children: [
        {
          type: 'circle',
          shape: { cx: x, cy: y, r: 5.5 },
          style: { fill: ink.surface, stroke: ink.measured, lineWidth: 2 },
        },
        { type: 'circle', shape: { cx: x, cy: y, r: 2 }, style: { fill: ink.measured } },
      ],
    };
  };
}

function drawResiduals({ residuals, layout, ink }: Picture): RenderItem {
  return (params, api) => {
    const block = residuals[params.dataIndex]!;
    if (block.residual === null) return { type: 'group', children: [] };
    const zero = api.coord([0, 0])[1]!;
    const end = api.coord([0, block.residual])[1]!;
    const x0 = Math.max(layout.left, api.coord([block.t0, 0])[0]!);
    const x1 = Math.min(layout.left + layout.plotWidth, api.coord([block.t1, 0])[0]!);
    const width = Math.max(1, x1 - x0 - (x1 - x0 > 3 ? 1 : 0));
    const color = block.residual > 0 ? ink.over : ink.under;
    const height = Math.max(1, Math.abs(end - zero));
    const middle = x0 + width / 2;
    const box = layout.residual!;
    return {
      type: 'group',
      children: [
        {
          type: 'rect',
          shape: { x: x0, y: Math.min(zero, end), width, height },
          style: { fill: color, opacity: block.flagged ? 0.95 : 0.4 },
        },
        ...(block.flagged
          ? [
              {
                type: 'polygon' as const,
                shape: {
                  points: [
                    [middle - 4, box.top - 7],
                    [middle + 4, box.top - 7],
                    [middle, box.top - 1],
                  ],
                },
                style: { fill: ink.flag },
              },
            ]
          : []),
      ],
    };
  };
}
