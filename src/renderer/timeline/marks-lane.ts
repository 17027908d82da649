/** What a person marked, as flags in time; under the cursor the words. */
import type { Mark } from '../../shared/session/marks';
import type { Lane, Sheet } from '../chart/lane';
import { FONT, textWidth } from '../chart/paint-text';

/** A flag answers from this far. */
const REACH_PX = 6;
const FLAG_PX = 7;

export function marksLane(marks: readonly Mark[]): Lane {
  return {
    id: 'marks',
    name: 'Marks',
    unit: '',
    about: 'Moments that a person marked; M marks the one under the pointer',
    height: 20,
    scale: { min: 0, max: 1, ticks: [] },
    paint: (sheet) => paintFlags(sheet, marks),
    readAt(t, pixelUs) {
      const near = marks.filter((mark) => Math.abs(mark.t - t) <= pixelUs * REACH_PX);
      const distance = (mark: Mark) => Math.abs(mark.t - t);
      return near.sort((a, b) => distance(a) - distance(b))[0]?.text.slice(0, 80) ?? '';
    },
  };
}

/** Words stand beside a flag as far as the next one leaves them room. */
function paintFlags({ context, ink, view, box, x }: Sheet, marks: readonly Mark[]): void {
  const shown = marks.filter(({ t }) => t >= view.t0 && t <= view.t1);
  context.font = `11px ${FONT}`;
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  for (const [i, { t, text }] of shown.entries()) {
    const at = Math.round(x(t)) + 0.5;
    const next = shown[i + 1];
    const room = (next === undefined ? box.left + box.width : x(next.t)) - at - FLAG_PX - 8;
    context.fillStyle = ink.measured;
    context.fillRect(at - 0.5, box.top, 1, box.height);
    context.beginPath();
    context.moveTo(at, box.top + 1);
    context.lineTo(at + FLAG_PX, box.top + 5);
    context.lineTo(at, box.top + 9);
    context.fill();
    if (textWidth(text) > room) continue;
    context.fillStyle = ink.text;
    context.fillText(text, at + FLAG_PX + 4, box.top + box.height / 2);
  }
}
