/**
 * Main thread per frame while zooming and panning, and how far apart frames come while every one of them moves, beside
 * frames in which one pixel changes.
 */
import type { Browser, Page } from 'playwright-core';
import { isDrawn, type MeasuredPage, openPage, percentile } from './page';

const FRAMES = 200;
type Motion = 'empty' | 'in' | 'out' | 'left' | 'right';

/** A third in, a third to and fro, a third out. */
const motionAt = (frame: number): Motion => {
  if (frame < FRAMES / 3) return 'in';
  if (frame >= (2 * FRAMES) / 3) return 'out';
  return frame % 40 < 20 ? 'right' : 'left';
};

export async function measureFrames(browser: Browser, url: string, id: string): Promise<string> {
  const opened = await openPage(browser, url, `#/session/${id}`);
  await isDrawn(opened.page);
  await opened.page.waitForTimeout(500);
  await opened.page.evaluate(defineMove);
  const empty = await timeFrames(opened, () => 'empty');
  const moved = await timeFrames(opened, motionAt);
  const emptyApart = await timeIntervals(opened.page, () => 'empty');
  const apart = await timeIntervals(opened.page, motionAt);
  await opened.page.close();
  return [
    `frames of ${id}, ${FRAMES} at 1440×900, main thread, zooming and panning beside an empty redraw:`,
    describe('processor time', moved.cpu, empty.cpu),
    describe('wall clock    ', moved.wall, empty.wall),
    describe('frame interval', apart, emptyApart),
  ].join('\n');
}

function describe(name: string, moved: readonly number[], empty: readonly number[]): string {
  const ms = (values: readonly number[], share: number) => percentile(values, share).toFixed(1);
  return `  ${name}  p50 ${ms(moved, 0.5)} ms, p95 ${ms(moved, 0.95)} ms; empty p50 ${ms(empty, 0.5)} ms, p95 ${ms(empty, 0.95)} ms`;
}

async function timeFrames(opened: MeasuredPage, motion: (frame: number) => Motion) {
  const cpu: number[] = [];
  const wall: number[] = [];
  let before = await opened.taskMs();
  for (let frame = 0; frame < FRAMES; frame++) {
    wall.push(await moveOnce(opened.page, motion(frame)));
    const after = await opened.taskMs();
    cpu.push(after - before);
    before = after;
  }
  return { cpu, wall };
}

/** One turn of the wheel, or one changed pixel, until what follows from it is painted; in milliseconds. */
const moveOnce = (page: Page, motion: Motion): Promise<number> =>
  page.evaluate(
    (way) =>
      new Promise<number>((resolve) => {
        const afterPaint = (task: () => void) => {
          const channel = new MessageChannel();
          channel.port1.onmessage = task;
          channel.port2.postMessage(null);
        };
        requestAnimationFrame(() => {
          const begun = performance.now();
          window.moveChart?.(way);
          afterPaint(() => {
            const first = performance.now() - begun;
            let drawn = 0;
            requestAnimationFrame(() => {
              drawn = performance.now();
              afterPaint(() => resolve(first + performance.now() - drawn));
            });
          });
        });
      }),
    motion,
  );

/** Milliseconds from each frame to the next while something moves in all of them. */
async function timeIntervals(
  page: Page,
  motion: (frame: number) => Motion,
): Promise<readonly number[]> {
  return page.evaluate(
    (ways) =>
      new Promise<number[]>((resolve) => {
        const apart: number[] = [];
        let before = Number.NaN;
        const frame = (now: number) => {
          if (!Number.isNaN(before)) apart.push(now - before);
          before = now;
          const way = ways[apart.length];
          if (way === undefined) resolve(apart);
          else {
            window.moveChart?.(way);
            requestAnimationFrame(frame);
          }
        };
        requestAnimationFrame(frame);
      }),
    Array.from({ length: FRAMES }, (_, frame) => motion(frame)),
  );
}

declare global {
  interface Window {
    /** Of this benchmark: turns the wheel over the chart, or changes a pixel. */
    moveChart?(way: Motion): void;
  }
}

/** In the page. */
function defineMove(): void {
  window.moveChart ??= (way) => {
    if (way === 'empty') {
      document.body.style.outlineOffset = `${performance.now() % 7}px`;
      return;
    }
    const chart = document.querySelector<HTMLElement>('.chart');
    if (!chart) throw new Error('There is no chart.');
    const bounds = chart.getBoundingClientRect();
    const turn = { in: -40, out: 40, left: -50, right: 50 }[way];
    const isPan = way === 'left' || way === 'right';
    chart.dispatchEvent(
      new WheelEvent('wheel', {
        bubbles: true,
        cancelable: true,
        clientX: bounds.x + bounds.width * 0.6,
        clientY: bounds.y + 150,
        ...(isPan ? { deltaX: turn } : { deltaY: turn }),
      }),
    );
  };
}
