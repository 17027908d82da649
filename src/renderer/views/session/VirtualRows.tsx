/** A list of any length of which only what is in sight is drawn, its rows asked for as they come. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useRef } from 'react';
import { FailureNote } from '../../components/FailureNote';
import type { Pages } from './usePages';

export function VirtualRows<T>({
  label,
  pages,
  rowHeight,
  height,
  children,
}: {
  label: string;
  pages: Pages<T>;
  rowHeight: number;
  /** As CSS has it: how much of the list is in sight at most. */
  height: string;
  children(row: T, index: number): ReactNode;
}) {
  const frame = useRef<HTMLDivElement>(null);
  const { total, want, error } = pages;
  const virtual = useVirtualizer({
    count: total ?? 0,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  const [first, last] = [items[0]?.index, items.at(-1)?.index];
  useEffect(() => {
    if (first !== undefined && last !== undefined) want(first, last);
  }, [first, last, want]);
  if (error !== null) return <FailureNote error={error} />;
  return (
    <div
      ref={frame}
      className="virtual-rows"
      style={{ maxHeight: height }}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
      tabIndex={0}
      aria-busy={total === null}
    >
      <ol aria-label={label} style={{ height: virtual.getTotalSize() }}>
        {items.map(({ index, start, size }) => {
          const row = pages.row(index);
          return (
            <li
              key={index}
              aria-setsize={total ?? -1}
              aria-posinset={index + 1}
              style={{ height: size, transform: `translateY(${start}px)` }}
            >
              {row === undefined ? <span className="row-coming" /> : children(row, index)}
            </li>
          );
        })}
      </ol>
    </div>
  );
}
