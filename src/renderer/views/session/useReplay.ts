/** A replay as React sees it: a clock that ticks while it plays, and what the transport and its keys do to it. */
import { useEffect, useMemo, useRef, useState } from 'react';
import type { Micros } from '../../../shared/base/units';
import type { EngineClient } from '../../../shared/contract/api';
import { useEngine } from '../../state/engine';
import {
  advance,
  changeSpeed,
  type Pace,
  type Replay,
  seekStop,
  startReplay,
} from './replay-clock';

const TICK_MS = 100;
/** Of one page of markers. */
const PAGE = 1000;
const NO_STOPS = new Float64Array();

export interface ReplayControl {
  /** Null: the session as it is, live or complete. */
  readonly replay: Replay | null;
  readonly end: Micros;
  start(): void;
  /** Back to the session as it is. */
  leave(): void;
  toggle(): void;
  pause(): void;
  seek(at: Micros): void;
  seekStop(direction: 1 | -1): void;
  setPace(pace: Pace): void;
  changeSpeed(by: 1 | -1): void;
  setSpeed(speed: number): void;
  loop(span: readonly [Micros, Micros] | null): void;
}

/** `end`: of the session so far. A replay that reaches the end of a live session is live again. */
export function useReplay(id: string, end: Micros, isLive: boolean): ReplayControl {
  const [replay, setReplay] = useState<Replay | null>(null);
  const stops = useStops(id, replay?.pace ?? 'time');
  const latest = useRef({ end, stops, isLive });
  useEffect(() => {
    latest.current = { end, stops, isLive };
  });
  const isPlaying = replay?.isPlaying ?? false;
  useEffect(() => {
    if (!isPlaying) return;
    let before = performance.now();
    const timer = window.setInterval(() => {
      const now = performance.now();
      const elapsedUs = (now - before) * 1000;
      before = now;
      setReplay((current) => {
        if (current === null) return null;
        const next = advance(current, elapsedUs, latest.current.end, latest.current.stops);
        return latest.current.isLive && next.at >= latest.current.end ? null : next;
      });
    }, TICK_MS);
    return () => window.clearInterval(timer);
  }, [isPlaying]);
  return useMemo(() => {
    const change = (edit: (current: Replay) => Partial<Replay>) =>
      setReplay((current) => {
        const known = current ?? { ...startReplay(latest.current.end), isPlaying: false };
        return { ...known, ...edit(known) };
      });
    const clamp = (at: Micros) => Math.min(latest.current.end, Math.max(0, at));
    return {
      replay,
      end,
      start: () => setReplay(startReplay(0)),
      leave: () => setReplay(null),
      toggle: () =>
        change(({ isPlaying: plays, at, loop }) => ({
          isPlaying: !plays,
          at: !plays && at >= latest.current.end ? (loop?.[0] ?? 0) : at,
        })),
      pause: () => change(() => ({ isPlaying: false })),
      seek: (at) => change(() => ({ at: clamp(at), pending: 0 })),
      seekStop: (direction) =>
        change(({ at }) => ({
          at: seekStop(at, direction, latest.current.end, latest.current.stops),
          isPlaying: false,
        })),
      setPace: (pace) => change(() => ({ pace, pending: 0 })),
      changeSpeed: (by) => change(({ speed }) => ({ speed: changeSpeed(speed, by) })),
      setSpeed: (speed) => change(() => ({ speed })),
      loop: (span) => change(() => ({ loop: span, ...(span && { at: span[0], pending: 0 }) })),
    };
  }, [replay, end]);
}

/** Where phases, steps or tokens end, in time order; asked for once they are wanted. */
function useStops(id: string, pace: Pace): Float64Array {
  const engine = useEngine();
  const [stops, setStops] = useState<Float64Array>(NO_STOPS);
  useEffect(() => {
    setStops(NO_STOPS);
    if (pace === 'time') return;
    const controller = new AbortController();
    readStops(engine, id, pace, controller.signal).then(setStops, () => {});
    return () => controller.abort();
  }, [engine, id, pace]);
  return stops;
}

async function readStops(
  engine: EngineClient,
  id: string,
  type: Exclude<Pace, 'time'>,
  signal: AbortSignal,
): Promise<Float64Array> {
  const stops: Micros[] = [];
  for (let from: number | null = 0; from !== null; ) {
    const page = await engine.markers({ id, type, from, limit: PAGE }, { signal });
    for (const marker of page.rows)
      if (!('event' in marker) || marker.event === 'end') stops.push(marker.t);
    from = page.next;
  }
  return Float64Array.from(new Set(stops)).sort();
}
