/** Spans without a reading: hatched, with the reason where there is room for it. */
import { formatReason } from '../../shared/present/gap-reasons';
import type { Gap } from '../../shared/trace/types';
import type { Sheet } from './lane';
import { FONT, textWidth } from './paint-text';

const LINE_PX = 7;

export function paintGaps(sheet: Sheet, gaps: readonly Gap[]): void {
  const { context, ink, box, view } = sheet;
  for (const { t0, t1, reason } of gaps) {
    if (t1 < view.t0 || t0 > view.t1) continue;
    const x0 = Math.max(box.left, sheet.x(t0));
    const x1 = Math.min(box.left + box.width, sheet.x(t1));
    if (x1 - x0 < 2) continue;
    context.save();
    context.beginPath();
    context.rect(x0, box.top, x1 - x0, box.height);
    context.clip();
    context.strokeStyle = ink.axis;
    context.lineWidth = 1;
    context.globalAlpha = 0.6;
    context.beginPath();
    for (let x = x0 - box.height; x < x1; x += LINE_PX) {
      context.moveTo(x, box.top + box.height);
      context.lineTo(x + box.height, box.top);
    }
    context.stroke();
    context.restore();
    const text = `no reading: ${formatReason(reason)}`;
    if (textWidth(text) > x1 - x0 - 12 || box.height < 16) continue;
    const middle = box.top + box.height / 2;
    context.fillStyle = ink.surface;
    context.fillRect((x0 + x1) / 2 - textWidth(text) / 2 - 4, middle - 8, textWidth(text) + 8, 16);
    context.font = `11px ${FONT}`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.fillStyle = ink.muted;
    context.fillText(text, (x0 + x1) / 2, middle);
  }
}

/** The gap that an instant lies in. */
export const gapAt = (gaps: readonly Gap[], t: number): Gap | undefined =>
  gaps.find(({ t0, t1 }) => t0 < t && t < t1);
