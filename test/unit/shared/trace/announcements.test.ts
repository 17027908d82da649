/** What is kept of markers that come one by one, against all of them at once. */
import { expect, test } from 'vitest';
import { Announcements, announcedIn } from '../../../../src/shared/trace/announcements';
import { markersOf, ranksAmong } from '../../../../src/shared/trace/carried-on';
import type { Marker } from '../../../../src/shared/trace/types';
import { randomFrom } from '../../../support/random-runs';

/** Steps of two ranks: edges, shapes of input now and then, bytes, tokens, a run and a note. */
function markers(next: () => number): Marker[] {
  const told: Marker[] = [{ t: 0, rank: 0, step: null, type: 'run', fields: { mode: 'train' } }];
  for (let step = 0; step < 200; step++)
    for (const rank of [0, 3]) {
      const at = { rank, step };
      const t = step * 1000 + rank;
      const input = next() < 0.1 ? { input: [8, step] } : {};
      told.push({ ...at, t, type: 'step', event: 'begin' });
      told.push({ ...at, t, type: 'phase', name: 'forward', event: 'begin', ...input });
      if (next() < 0.5)
        told.push({
          ...at,
          t: t + 500,
          type: 'memory',
          phase: 'forward',
          memory: { allocated: t },
        });
      told.push({ ...at, t: t + 600, type: 'phase', name: 'forward', event: 'end' });
      if (next() < 0.1) told.push({ ...at, t: t + 700, type: 'note', text: `at ${t}` });
      if (next() < 0.2) told.push({ ...at, t: t + 700, type: 'token', index: step });
    }
  return told;
}

test('of edges their phases are left, and of each rank one; every other marker is there in its order', () => {
  const all = markers(randomFrom(4));
  const announced = new Announcements();
  for (const marker of all) announced.take(marker);
  expect(announced.count).toBe(all.length);
  const { spans, warnings } = announced.spansBy(1e9);
  expect(spans).toHaveLength(400);
  expect(warnings).toEqual([]);
  for (const type of ['memory', 'run', 'note', 'token'] as const)
    expect(markersOf(announced.markers, type)).toEqual(all.filter((one) => one.type === type));
  const edges = markersOf(announced.markers, 'phase');
  expect([...ranksAmong(edges)]).toEqual([0, 3]);
  const shaped = (one: Marker) => one.type === 'phase' && one.input !== undefined;
  expect(edges.filter(shaped)).toEqual(all.filter(shaped));
  expect(edges.filter((one) => !shaped(one))).toHaveLength(2);
  expect(markersOf(announced.markers, 'step')).toEqual([]);
});

test('of a list that grows what was there is not taken again', () => {
  const all = markers(randomFrom(5));
  const grown: Marker[] = [];
  for (const [i, marker] of all.entries()) {
    grown.push(marker);
    if (i % 97 !== 0) continue;
    const announced = announcedIn({ markers: grown });
    const alone = new Announcements();
    for (const one of grown) alone.take(one);
    expect(announced.spansBy(marker.t)).toEqual(alone.spansBy(marker.t));
    expect(announced.markers).toEqual(alone.markers);
    expect(announced.count).toBe(i + 1);
  }
});
