/**
 * Many pages on one recording of eight GPUs: each asks, as a live view does, for the brief document and the picture of
 * the last minute whenever it is told of something new. None may be dropped, and the recording must not stumble.
 */
import { connectPage } from '../support/served-engine';
import { recordEightGpus } from './eight-gpus';
import { pause, quantile, say } from './report';

const SECONDS = 600;
/** A view that is a minute wide, of so many pixels. */
const VIEW = { spanUs: 60e6, columns: 1500 };

/** The second argument is not a seed here but for how many seconds; ten minutes where it is left at 1. */
export async function soakPages(count: number, seconds: number): Promise<string[]> {
  const lasts = seconds === 1 ? SECONDS : seconds;
  const recording = await recordEightGpus(lasts);
  const { app, id } = recording;
  const faults: string[] = [];
  const waits: number[] = [];
  let dropped = 0;
  let over = false;
  const pages = await Promise.all(
    Array.from({ length: count }, async () => {
      const { engine, socket } = await connectPage(app.port, app.token);
      socket.on('close', () => {
        if (!over) dropped++;
      });
      let busy = false;
      engine.on((event) => {
        if (event.type !== 'session' || event.id !== id || busy || over) return;
        busy = true;
        void look(engine, event.durationUs).finally(() => {
          busy = false;
        });
      });
      return socket;
    }),
  );
  const look = async (engine: typeof app.engine, t1: number): Promise<void> => {
    const began = performance.now();
    try {
      const { series } = await engine.brief({ id });
      const memory = series.filter(({ unit }) => unit === 'bytes').map((each) => each.id);
      await engine.trace({
        id,
        series: memory,
        t0: Math.max(0, t1 - VIEW.spanUs),
        t1,
        columns: VIEW.columns,
      });
      waits.push(performance.now() - began);
    } catch (error) {
      if (!over) faults.push(`a page was refused: ${(error as Error).message}`);
    }
  };
  await pause(lasts * 1000);
  over = true;
  const { readings, longestUs } = await recording.measure();
  if (dropped > 0) faults.push(`${dropped} pages were dropped`);
  if (app.ended()) faults.push('the server ended');
  say(
    `pages: ${count} for ${lasts} s`,
    `${dropped} dropped`,
    `${waits.length} looks`,
    `answered in ${quantile(waits, 0.5).toFixed(0)} ms, p95 ${quantile(waits, 0.95).toFixed(0)} ms`,
    `${readings} readings of GPU 0, longest pause ${(longestUs / 1000).toFixed(0)} ms`,
  );
  for (const socket of pages) socket.terminate();
  await recording.dispose();
  return faults;
}
