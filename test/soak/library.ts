/**
 * A library of thousands under two apps and a terminal at once, which rename and delete while the index is taken away
 * from under them: every list must be right, and none may fail.
 */
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createChance } from '../fuzz/mutate';
import { runJson, temporaryHome } from '../support/cli';
import { repository } from '../support/repository';
import { serveEngine } from '../support/served-engine';
import { quantile, say } from './report';

const ROUNDS = 12;
/** Renamed and deleted in a round, by each app. */
const CHANGES = 20;

export async function soakLibrary(count: number, seed: number): Promise<string[]> {
  const chance = createChance(seed);
  const home = temporaryHome();
  const folder = join(home.dir, 'library');
  const names = new Map<string, string>();
  const faults: string[] = [];
  mkdirSync(folder, { recursive: true });
  for (let i = 0; i < count; i++) {
    const id = `soak-${String(i).padStart(6, '0')}`;
    copyFileSync(
      join(repository, 'test/fixtures/sessions/v1.plumbline'),
      join(folder, `${id}.plumbline`),
    );
    names.set(id, '');
  }
  const apps = [await serveEngine(home.dir), await serveEngine(home.dir)];
  const took: Record<'first' | 'apps' | 'terminal', number[]> = {
    first: [],
    apps: [],
    terminal: [],
  };
  const listed = async (kind: 'first' | 'apps'): Promise<void> => {
    await Promise.all(
      apps.map(async ({ engine }) => {
        const began = performance.now();
        check(await engine.list(), kind);
        took[kind].push(performance.now() - began);
      }),
    );
  };
  const check = (found: readonly { readonly id: string; readonly name: string }[], who: string) => {
    if (found.length !== names.size)
      faults.push(`${who}: ${found.length} sessions are listed, of ${names.size}`);
    const wrong = found.find(({ id, name }) => names.get(id) !== '' && names.get(id) !== name);
    if (wrong)
      faults.push(`${who}: ${wrong.id} is called ${wrong.name}, not ${names.get(wrong.id)}`);
  };
  try {
    await listed('first');
    for (let round = 0; round < ROUNDS; round++) {
      const ids = [...names.keys()];
      await Promise.all(
        apps.map(async ({ engine }, which) => {
          for (let i = which; i < 2 * CHANGES; i += 2) {
            const id = ids[(chance.whole(ids.length) & ~1) + which];
            if (id === undefined || !names.has(id)) continue;
            if (i % 10 === which) {
              names.delete(id);
              await engine.delete({ id });
            } else {
              names.set(id, `round ${round} change ${i}`);
              await engine.rename({ id, name: `round ${round} change ${i}` });
            }
          }
        }),
      );
      // Whoever is about to read the index finds it gone.
      if (round % 3 === 0) rmSync(join(folder, 'index.db'), { force: true });
      const began = performance.now();
      const [terminal] = await Promise.all([
        runJson<{ sessions: { id: string; name: string }[] }>(['list'], home.dir),
        listed('apps'),
      ]);
      took.terminal.push(performance.now() - began);
      check(terminal.document.sessions, 'terminal');
    }
  } catch (error) {
    faults.push((error as Error).message);
  }
  for (const { server } of apps) {
    server.child.kill('SIGTERM');
    await server.done;
  }
  const figures = Object.entries(took).map(
    ([kind, values]) =>
      `${kind} ${quantile(values, 0.5).toFixed(0)} ms (at most ${Math.max(...values).toFixed(0)})`,
  );
  say(`library: ${count} sessions`, `${ROUNDS} rounds, ${count - names.size} deleted`, ...figures);
  home.dispose();
  return [...new Set(faults)];
}
