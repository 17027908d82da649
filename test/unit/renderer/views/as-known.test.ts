/** A window that replays asks every question about its session with the moment, and no other question. */
import { expect, test } from 'vitest';
import { createStore } from '../../../../src/renderer/state/store';
import { linkToPast } from '../../../../src/renderer/views/session/as-known';
import { fixtureEngine } from '../../../support/fixture-engine';

function open() {
  const engine = fixtureEngine();
  const outer = {
    client: engine,
    state: createStore({ status: 'open' as const, epoch: 3 }),
    retry() {},
  };
  return { engine, outer, past: linkToPast(outer, 's-train') };
}

test('what is asked about the session is asked as known at the moment, what is asked about others is not', async () => {
  const { engine, past } = open();
  past.moveTo(1_234);
  await past.client.show({ id: 's-train' });
  await past.client.trace({ id: 's-train', series: [], t0: 0, t1: 1, columns: 10 });
  await past.client.show({ id: 's-generate' });
  await past.client.list();
  expect(engine.calls.map(({ args }) => (args as { until?: number } | undefined)?.until)).toEqual([
    1_234,
    1_234,
    undefined,
    undefined,
  ]);
  past.moveTo(null);
  await past.client.show({ id: 's-train' });
  expect(engine.calls.at(-1)!.args).toEqual({ id: 's-train' });
});

test('every move asks everything on screen again, as a new connection does', () => {
  const { outer, past } = open();
  const seen: number[] = [];
  past.state.subscribe(() => seen.push(past.state.get().epoch));
  past.moveTo(10);
  past.moveTo(10);
  past.moveTo(20);
  outer.state.set({ status: 'open', epoch: 4 });
  expect(seen).toEqual([4, 5, 6]);
  past.detach();
  outer.state.set({ status: 'open', epoch: 5 });
  expect(seen).toHaveLength(3);
});
