/** Measured less predicted, phase by phase: over is warm and above the line, under is cool and below, flags have a shape. */
import { formatBytes, formatSignedBytes } from '../../shared/base/format';
import type { Bytes } from '../../shared/base/units';
import type { SpanLevels } from '../../shared/picture/span-levels';
import type { Lane, Sheet } from '../chart/lane';
import { joinBlocks, type PhaseBlock, RESIDUALS } from '../chart/phase-blocks';

export function residualLane(blocks: SpanLevels<PhaseBlock>, widest: Bytes): Lane {
  const bound = Math.max(1, widest);
  return {
    id: 'residual',
    name: 'Residual',
    unit: 'measured − predicted',
    about:
      'Measured less predicted, at each phase’s highest moment: above the line more was measured, below it less. A triangle marks what is beyond the limits.',
    height: 58,
    scale: {
      min: -bound,
      max: bound,
      ticks: [
        { value: bound, label: widest > 0 ? `+${formatBytes(bound)}` : '' },
        { value: 0, label: widest > 0 ? '0' : 'none' },
        { value: -bound, label: widest > 0 ? `−${formatBytes(bound)}` : '' },
      ],
    },
    paint: (sheet) => paintResiduals(sheet, blocks),
    readAt(t) {
      const block = blocks.at(t);
      if (!block || block.residual === null) return '';
      return `${formatSignedBytes(block.residual)}${block.flagged ? ', flagged' : ''}`;
    },
  };
}

function paintResiduals(sheet: Sheet, blocks: SpanLevels<PhaseBlock>): void {
  const { context, ink, view, box, x, y } = sheet;
  const zero = y(0);
  for (const block of joinBlocks(blocks.within(view, box.width), view, box.width, RESIDUALS)) {
    if (block.residual === null) continue;
    const x0 = Math.max(box.left, x(block.t0));
    const x1 = Math.min(box.left + box.width, x(block.t1));
    const width = Math.max(1, x1 - x0 - (x1 - x0 > 3 ? 1 : 0));
    const end = y(block.residual);
    context.fillStyle = block.residual > 0 ? ink.over : ink.under;
    context.globalAlpha = block.flagged ? 0.95 : 0.4;
    context.fillRect(x0, Math.min(zero, end), width, Math.max(1, Math.abs(end - zero)));
    context.globalAlpha = 1;
    if (block.flagged) paintFlag(sheet, x0 + width / 2, block.residual > 0);
  }
  context.strokeStyle = ink.axis;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(box.left, Math.round(zero) + 0.5);
  context.lineTo(box.left + box.width, Math.round(zero) + 0.5);
  context.stroke();
}

/** Points up from below where more was measured, down from above where less was. */
function paintFlag({ context, ink, box }: Sheet, middle: number, isOver: boolean): void {
  const [base, tip] = isOver
    ? [box.top + box.height, box.top + box.height - 6]
    : [box.top, box.top + 6];
  context.fillStyle = isOver ? ink.over : ink.under;
  context.beginPath();
  context.moveTo(middle - 4, base);
  context.lineTo(middle + 4, base);
  context.lineTo(middle, tip);
  context.fill();
}
