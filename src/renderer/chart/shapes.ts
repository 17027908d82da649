/** The shapes that ECharts has no series for: phase blocks, bands, step marks, the peak and residuals, drawn on demand. */
import { SHORT_PHASE_NAMES } from '../../shared/present/names';
import { phaseName } from '../../shared/present/phase-name';
import type { CustomSeriesOption } from './echarts';
import { COMPONENT_COLOR, type Ink, PHASE_COLOR, WHOLE_COLOR } from './palette';
import type { PhaseBlock } from './phase-blocks';
import type { Picture } from './picture';
import type { Box } from './picture-frame';

export const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif';

type RenderItem = NonNullable<CustomSeriesOption['renderItem']>;

/** Rough, and enough to decide whether a label has room. */
const textWidth = (text: string): number => text.length * 6.4;

export function drawBlocks({ blocks, frame }: Picture, box: Box): RenderItem {
  return (params, api) => {
    const block = blocks[params.dataIndex]!;
    const x0 = Math.max(frame.left, api.coord([block.t0, 0])[0]!);
    const x1 = Math.min(frame.left + frame.plotWidth, api.coord([block.t1, 0])[0]!);
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

function formatSteps({ firstStep, lastStep }: PhaseBlock): string {
  if (firstStep === null) return '';
  return firstStep === lastStep ? ` ${firstStep}` : ` ${firstStep}–${lastStep}`;
}

/** The longest name of a block that fits into `room` pixels; empty where none does. */
export function blockLabel(block: PhaseBlock, room: number): string {
  const step = formatSteps(block);
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

export function drawBands({ bands, ink }: Picture): RenderItem {
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

export function drawSteps({ steps, frame, ink }: Picture): RenderItem {
  return (params, api) => {
    const step = steps[params.dataIndex]!;
    const x = Math.round(api.coord([step.t0, 0])[0]!) + 0.5;
    const width = api.coord([step.t1, 0])[0]! - x;
    if (x < frame.left || width < 24) return { type: 'group', children: [] };
    const text = [`step ${step.step}`, String(step.step)].find(
      (label) => textWidth(label) < width - 6,
    );
    return {
      type: 'group',
      children: [
        {
          type: 'line',
          shape: { x1: x, x2: x, y1: frame.main.top, y2: frame.main.top + frame.main.height },
          style: { stroke: ink.axis, lineWidth: 1, lineDash: [2, 3], opacity: 0.7 },
        },
        ...(text
          ? [
              {
                type: 'text' as const,
                style: {
                  text,
                  x: x + 4,
                  y: frame.main.top + 3,
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

export function drawPeak(ink: Ink): RenderItem {
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

export function drawResiduals({ residuals, frame, ink }: Picture, box: Box): RenderItem {
  return (params, api) => {
    const block = residuals[params.dataIndex]!;
    if (block.residual === null) return { type: 'group', children: [] };
    const zero = api.coord([0, 0])[1]!;
    const end = api.coord([0, block.residual])[1]!;
    const x0 = Math.max(frame.left, api.coord([block.t0, 0])[0]!);
    const x1 = Math.min(frame.left + frame.plotWidth, api.coord([block.t1, 0])[0]!);
    const width = Math.max(1, x1 - x0 - (x1 - x0 > 3 ? 1 : 0));
    const color = block.residual > 0 ? ink.over : ink.under;
    const height = Math.max(1, Math.abs(end - zero));
    const middle = x0 + width / 2;
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
