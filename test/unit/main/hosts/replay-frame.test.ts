/** Frames of a replay on the terminal: as many lines every time, none wider than the screen, the figures of the moment. */
import { expect, test } from 'vitest';
import { replayFrame } from '../../../../src/main/hosts/cli/text/replay';
import { fixtureLibrary } from '../../../support/fixture-sessions';

const [session] = fixtureLibrary();
const { document: doc, data } = session!;
const line = data.find(({ info }) => info.id === doc.overlay.series)!;
const frame = (width: number) =>
  replayFrame({ doc, line, durationUs: doc.durationUs * 2, speed: 4, isPaused: false }, width);

test('no line of a frame is wider than the screen, and every frame is as high', () => {
  const heights = [40, 80, 120].map((width) => {
    const lines = frame(width);
    for (const text of lines) expect(text.length).toBeLessThanOrEqual(width);
    return lines.length;
  });
  expect(new Set(heights).size).toBe(1);
});

test('half of the session fills half of the scrubber and of the line so far', () => {
  const lines = frame(79);
  const played = lines[1]!.match(/━/g)!.length;
  const open = lines[1]!.match(/┄/g)!.length;
  expect(Math.abs(played - open)).toBeLessThanOrEqual(1);
  expect(lines[4]!.length).toBe(10 + played);
  expect(lines[5]).toContain(doc.findings[0]!.title.slice(0, 30));
});
