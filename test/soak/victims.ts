/** The programs that a soak kills while they work: each does one thing that must survive its death, as fast as it can. */

import { openLibrary } from '../../src/main/store/library';
import { copySession } from '../../src/main/store/session-copy';
import { createSession } from '../../src/main/store/session-file';
import { plainHeader, plainInfo } from '../support/session-header';

/** Small chunks and narrow levels: a kill falls into the sealing of one more often. */
const LAYOUT = { chunk: 512, group: 32, gather: 4, fan: 4 };
export const SERIES = 16;
export const TICK_US = 1000;
const MARK = { type: 'token', rank: 0, step: null } as const;

/** What a series holds at a tick: the reader works out the same, and any other value is a fault. */
export const valueAt = (series: number, tick: number): number =>
  ((tick * 2654435761 + series * 40503) % 65_536) * 4096;

/** Never returns: it works until it is killed, or until its work is done. */
export async function actAsVictim([
  kind,
  folder = '',
  argument = '',
]: readonly string[]): Promise<void> {
  if (kind === 'write') await write(folder, argument);
  if (kind === 'copy') copySession(openLibrary(folder), argument);
  if (kind === 'list') openLibrary(folder).list();
}

/** A tick a millisecond of real time, the time of the last one being what has passed since the start. */
async function write(folder: string, id: string): Promise<void> {
  const ids = Array.from({ length: SERIES }, (_, index) => `s${index}`);
  const writer = createSession(folder, plainHeader(id), LAYOUT);
  for (const each of ids) writer.declareSeries(plainInfo(each));
  const began = performance.now();
  process.stdout.write(`${Date.now()}\n`);
  for (let tick = 0; ; ) {
    const until = Math.floor(((performance.now() - began) * 1000) / TICK_US);
    for (; tick < until; tick++) {
      for (const [index, each] of ids.entries())
        writer.append(each, tick * TICK_US, valueAt(index, tick));
      if (tick % 10 === 0) writer.marker({ ...MARK, t: tick * TICK_US, index: tick / 10 });
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
