/**
 * Plays a session on the terminal as it was recorded: every frame is the session as it was known at its moment, so a
 * finding appears when it could have been told. Space pauses, ← and → seek, + and − change the speed, q leaves.
 *
 * Where standard error is no terminal nothing is drawn: findings are told as they become known, at the pace asked for.
 */
import { emitKeypressEvents } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { Failure } from '../../../../shared/base/failure';
import { formatDuration } from '../../../../shared/base/format';
import type { Micros } from '../../../../shared/base/units';
import type { SessionDocument } from '../../../../shared/session/session-document';
import type { Engine } from '../../../engine/engine';
import type { Output } from '../output';
import { wrap } from '../text/columns';
import { replayFrame } from '../text/replay';

/** A finding with the moment it could first be told. */
export interface ToldFinding {
  readonly at: Micros;
  readonly kind: string;
  readonly title: string;
}

export const SPEEDS = [0.25, 0.5, 1, 2, 4, 8, 16, 32, 64] as const;
const FRAME_MS = 250;
const COLUMNS = 80;
/** How far an arrow key seeks, as a share of the session. */
const SEEK = 0.05;

interface Player {
  speed: number;
  isPaused: boolean;
  isLeaving: boolean;
  at: Micros;
}

/** Throws a Failure for a speed that there is not. */
export function parseSpeed(text: string): number {
  const speed = SPEEDS.find((one) => String(one) === text.replace(/[×x]$/, ''));
  if (speed !== undefined) return speed;
  throw new Failure(
    'bad_input',
    `There is no speed "${text}".`,
    `Use one of ${SPEEDS.join(', ')}.`,
  );
}

/** Plays to the end, or until the person leaves; returns what was told and when. With --json nothing is waited for. */
export async function replay(
  engine: Engine,
  session: Pick<SessionDocument, 'id' | 'durationUs'>,
  options: { readonly speed: number; readonly series: string | undefined },
  output: Output,
): Promise<readonly ToldFinding[]> {
  const { id, durationUs } = session;
  const screen = openScreen(output);
  const player: Player = { speed: options.speed, isPaused: false, isLeaving: false, at: 0 };
  const release = screen.isDrawn ? takeKeys(player, durationUs) : () => {};
  const told = new Map<string, ToldFinding>();
  const series = options.series === undefined ? {} : { series: options.series };
  try {
    for (let isLast = false; !isLast && !player.isLeaving; ) {
      isLast = player.at >= durationUs && !player.isPaused;
      const until = Math.min(player.at, durationUs);
      const doc = await engine.show({ id, until, ...series });
      tell(doc, until, told, screen.isDrawn || output.json ? () => {} : output.say);
      if (screen.isDrawn) screen.draw(await drawMoment(engine, doc, player, durationUs));
      if (isLast) break;
      if (!output.json) await wait(FRAME_MS);
      if (!player.isPaused)
        player.at = Math.min(durationUs, player.at + FRAME_MS * 1000 * player.speed);
    }
  } finally {
    release();
  }
  if (screen.isDrawn) for (const finding of told.values()) output.say(findingLine(finding));
  return [...told.values()];
}

/** Says once what has become known. A finding goes by its kind: its figures and its phase change with the evidence. */
function tell(
  { findings }: SessionDocument,
  at: Micros,
  told: Map<string, ToldFinding>,
  say: (line: string) => void,
): void {
  for (const { kind, title } of findings) {
    if (told.has(kind)) continue;
    told.set(kind, { at, kind, title });
    say(findingLine({ at, kind, title }));
  }
}

const findingLine = ({ at, title }: ToldFinding): string =>
  wrap(title, ' '.repeat(11), `${formatDuration(at).padStart(9)}  `);

async function drawMoment(
  engine: Engine,
  doc: SessionDocument,
  { speed, isPaused }: Player,
  durationUs: Micros,
): Promise<readonly string[]> {
  const until = doc.durationUs;
  const width = Math.min(COLUMNS, process.stderr.columns ?? COLUMNS) - 1;
  const { series } = doc.overlay;
  const [view] =
    series === null || until <= 0
      ? []
      : await engine.trace({
          id: doc.id,
          series: [series],
          t0: 0,
          t1: until,
          columns: width,
          until,
        });
  return replayFrame({ doc, line: view?.envelope ?? null, durationUs, speed, isPaused }, width);
}

/** One frame over the one before, on standard error; nothing where that is no terminal. */
function openScreen(output: Output): {
  readonly isDrawn: boolean;
  draw(lines: readonly string[]): void;
} {
  const isDrawn = process.stderr.isTTY === true && !output.json;
  let height = 0;
  return {
    isDrawn,
    draw(lines) {
      output.draw(lines, height);
      height = lines.length;
    },
  };
}

/** Keys of the person's own terminal; returns what gives it back. */
function takeKeys(player: Player, durationUs: Micros): () => void {
  const { stdin } = process;
  if (stdin.isTTY !== true) return () => {};
  const seek = (share: number) => {
    player.at = Math.min(durationUs, Math.max(0, player.at + share * durationUs));
  };
  const pace = (by: number) => {
    const i = SPEEDS.findIndex((one) => one === player.speed) + by;
    player.speed = SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, i))] ?? 1;
  };
  const onKey = (text: string | undefined, key: { name?: string; ctrl?: boolean }) => {
    if (key.name === 'q' || (key.ctrl === true && key.name === 'c')) player.isLeaving = true;
    else if (key.name === 'space') player.isPaused = !player.isPaused;
    else if (key.name === 'left') seek(-SEEK);
    else if (key.name === 'right') seek(SEEK);
    else if (text === '+' || key.name === 'l') pace(1);
    else if (text === '-' || key.name === 'j') pace(-1);
  };
  emitKeypressEvents(stdin);
  stdin.setRawMode(true);
  stdin.on('keypress', onKey);
  stdin.resume();
  return () => {
    stdin.off('keypress', onKey);
    stdin.setRawMode(false);
    stdin.pause();
  };
}
