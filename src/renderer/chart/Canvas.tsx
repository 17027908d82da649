/** One ECharts instance in one element: made, resized, fed and disposed here and nowhere else. */
import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { type ChartOption, init } from './echarts';

export function Canvas({
  option,
  width,
  height,
}: {
  option: ChartOption;
  width: number;
  height: number;
}) {
  const element = useRef<HTMLDivElement>(null);
  const chart = useRef<ReturnType<typeof init> | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: made once; later sizes are handed to the same instance below
  useEffect(() => {
    if (!element.current) return;
    const made = init(element.current, null, { renderer: 'canvas', width, height });
    chart.current = made;
    return () => {
      made.dispose();
      chart.current = null;
    };
  }, []);
  useEffect(() => {
    if (width > 0 && height > 0) chart.current?.resize({ width, height, silent: true });
  }, [width, height]);
  useEffect(() => {
    // Many state changes in one frame, one drawing.
    const frame = requestAnimationFrame(() =>
      chart.current?.setOption(option, { notMerge: true, lazyUpdate: false }),
    );
    return () => cancelAnimationFrame(frame);
  }, [option]);
  return (
    <div ref={element} className="chart-canvas" aria-hidden="true" style={{ width, height }} />
  );
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Size of an element in whole pixels, followed as it changes; nothing before the first layout. */
export function useSize(element: RefObject<HTMLElement | null>): Size {
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const target = element.current;
    if (!target) return;
    const read = () => {
      const next = {
        width: Math.floor(target.clientWidth),
        height: Math.floor(target.clientHeight),
      };
      setSize((old) => (old.width === next.width && old.height === next.height ? old : next));
    };
    read();
    const observer = new ResizeObserver(read);
    observer.observe(target);
    return () => observer.disconnect();
  }, [element]);
  return size;
}
