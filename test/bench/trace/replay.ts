/** What opening a session of many phases and replaying it costs, asked as a window asks. */
import { Sessions } from '../../../src/main/engine/sessions';
import { openLibrary } from '../../../src/main/store/library';
import type { Micros } from '../../../src/shared/base/units';
import { encodeMessage } from '../../../src/shared/contract/codec';
import { MAX_ROWS } from '../../../src/shared/session/pages';
import { type KnownPhases, takeChanges } from '../../../src/shared/session/phase-changes';
import { quantile } from '../../soak/report';

const MiB = 2 ** 20;

/** Processor time in ms. */
function timed<T>(ask: () => T): { readonly ms: number; readonly answer: T } {
  const before = process.cpuUsage();
  const answer = ask();
  const { user, system } = process.cpuUsage(before);
  return { ms: (user + system) / 1000, answer };
}

/** The first look at a finished session of which nothing is kept. */
export function measureOpening(folder: string, id: string): readonly string[] {
  const sessions = new Sessions(openLibrary(folder));
  const began = performance.now();
  const glance = timed(() => sessions.glance({ id }));
  const brief = timed(() => sessions.brief({ id }));
  const phases = timed(() => countPhases(sessions, id));
  const clock = performance.now() - began;
  const peak = process.resourceUsage().maxRSS / 1024;
  sessions.letGo();
  return [
    `opening: line ${glance.ms.toFixed(0)} ms, document ${brief.ms.toFixed(0)} ms, ${phases.answer} phases ${phases.ms.toFixed(0)} ms; ${clock.toFixed(0)} ms by the clock, at most ${peak.toFixed(0)} MiB`,
  ];
}

/** Asks for all of them, as they are sent. */
function countPhases(sessions: Sessions, id: string): number {
  for (let since: { readonly since?: string } = {}; ; ) {
    const { look, count, isMore } = sessions.phaseChanges({ id, ...since });
    if (!isMore) return count;
    since = { since: look };
  }
}

/** Moments a quarter of a second apart at 64 times, from three places of a session; then a loop; then jumps. */
export function measureReplay(folder: string, id: string): readonly string[] {
  const sessions = new Sessions(openLibrary(folder));
  const window = new Window(sessions, id);
  const { durationUs } = sessions.brief({ id });
  const walk = (name: string, moments: readonly Micros[]) => {
    const looks = moments.map((until) => window.look(until));
    const [first, ...rest] = looks;
    const own = (pick: (look: Look) => number) => rest.map(pick);
    const told = (of: readonly number[]) =>
      `p50 ${quantile(of, 0.5).toFixed(0)}, p95 ${quantile(of, 0.95).toFixed(0)}`;
    return `${name}: first ${first!.ms.toFixed(0)} ms ${(first!.bytes / MiB).toFixed(2)} MiB, then ${told(own(({ ms }) => ms))} ms, ${told(own(({ bytes }) => bytes / 1024))} KiB`;
  };
  const from = (share: number, count: number, by: Micros = 16e6) =>
    Array.from({ length: count }, (_, i) => Math.round(share * durationUs + i * by));
  const seed = Array.from({ length: 10 }, (_, i) =>
    Math.round((((i * 7919) % 97) / 97) * durationUs),
  );
  const lines = [
    walk('forward from a tenth', from(0.1, 12)),
    walk('forward from a half', from(0.5, 12)),
    walk('forward near the end', from(0.7, 12)),
    walk('forward at 1x', from(0.8, 12, 250_000)),
    walk('loop of 5 moments', [...from(0.6, 5), ...from(0.6, 5), ...from(0.6, 5)]),
    walk('jumps', seed),
  ];
  sessions.letGo();
  return lines;
}

interface Look {
  readonly ms: number;
  readonly bytes: number;
}

/** Asks as the view of a session does. */
class Window {
  #known: KnownPhases | null = null;

  constructor(
    readonly sessions: Sessions,
    readonly id: string,
  ) {}

  look(until: Micros): Look {
    const { ms, answer } = timed(() => {
      const brief = encodeMessage(this.sessions.brief({ id: this.id, until })).length;
      const logs = encodeMessage(
        this.sessions.logs({ id: this.id, until, limit: MAX_ROWS }),
      ).length;
      const markers = encodeMessage(
        this.sessions.markers({ id: this.id, type: 'note', until, limit: MAX_ROWS }),
      ).length;
      return brief + logs + markers + this.readPhases({ until });
    });
    return { ms, bytes: answer };
  }

  /** Returns bytes. */
  readPhases(moment: { readonly until: Micros }): number {
    let bytes = 0;
    for (;;) {
      const since = this.#known && { since: this.#known.look };
      const changes = this.sessions.phaseChanges({ id: this.id, ...moment, ...since });
      bytes += encodeMessage(changes).length;
      this.#known = takeChanges(this.#known, changes);
      if (!changes.isMore) return bytes;
    }
  }
}
