/**
 * What the colours of the stack are: beside it, in its order from the top, each with the bytes that are predicted under
 * the crosshair, and without one at the peak. Where there is room for some only, they are the largest.
 */
import { useMemo } from 'react';
import { formatBytes } from '../../shared/base/format';
import type { Micros } from '../../shared/base/units';
import type { Component } from '../../shared/base/vocabulary';
import type { BudgetPicture } from '../../shared/picture/budget-picture';
import { componentLabel } from '../../shared/present/names';
import { type LaneLayout, SCALE_WIDTH } from '../chart/lane-layout';
import { COMPONENT_COLOR } from '../chart/palette';
import { useMoved } from '../chart/useMoved';
import type { Store } from '../state/store';

const ROW_PX = 15;
/** Name and reading of the lane stand above. */
const HEAD_PX = 56;

export function ComponentKey({
  budget,
  peak,
  rows: { rows, left },
  cursor,
}: {
  budget: BudgetPicture;
  /** Where the highest measured value is; null where none was measured. */
  peak: Micros | null;
  rows: LaneLayout;
  cursor: Store<Micros | null>;
}) {
  const row = rows.find(({ lane, isFolded }) => lane.id === 'memory' && !isFolded);
  const room = row ? Math.floor((row.height - HEAD_PX) / ROW_PX) : 0;
  const told = useMemo(() => chooseLargest(budget, room), [budget, room]);
  const list = useMoved<HTMLUListElement>((element) => {
    const t = cursor.get() ?? peak;
    const parts = (t === null ? budget.highest : budget.at(t))?.parts ?? {};
    for (const [i, component] of told.entries()) {
      const item = element.children[i];
      const bytes = parts[component] ?? 0;
      if (!(item instanceof HTMLElement) || !item.lastElementChild) continue;
      item.dataset.absent = String(bytes === 0);
      item.lastElementChild.textContent = bytes === 0 ? '' : formatBytes(bytes);
    }
  }, cursor);
  if (!row || told.length === 0) return null;
  return (
    <ul
      ref={list}
      className="component-key"
      aria-label="Predicted by component"
      style={{ top: row.top + HEAD_PX - 6, width: left - SCALE_WIDTH }}
    >
      {told.map((component) => (
        <li key={component} title={componentLabel(component)}>
          <i className="swatch" style={{ background: COMPONENT_COLOR[component] }} />
          <span>{componentLabel(component)}</span>
          <b className="num" />
        </li>
      ))}
    </ul>
  );
}

/** From the top of the stack down. */
function chooseLargest({ order, highest }: BudgetPicture, room: number): readonly Component[] {
  const size = (component: Component) => highest?.parts?.[component] ?? 0;
  const largest = [...order].sort((a, b) => size(b) - size(a)).slice(0, Math.max(0, room));
  return order.filter((component) => largest.includes(component)).reverse();
}
