/** The clock of day is set while a session is recorded: an hour ahead, then back to a minute before the true time. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { SessionDocument } from '../../src/shared/session/session-document';
import type { SessionSummary } from '../../src/shared/session/types';
import { runJson, startCli, temporaryHome } from '../support/cli';
import { repository } from '../support/repository';

let home: ReturnType<typeof temporaryHome>;
beforeEach(() => {
  home = temporaryHome();
});
afterEach(() => home.dispose());

const at = (name: string) => join(home.dir, name);
const HOUR_MS = 3_600_000;

/** A program whose clock of day goes as the file says, on a simulated GPU. */
const stepped = (): NodeJS.ProcessEnv => ({
  PLUMBLINE_NVIDIA_SMI: join(repository, 'test', 'doubles', 'nvidia-smi'),
  PLUMBLINE_SMI_SCENARIO: join(repository, 'test', 'fixtures', 'nvidia-smi', 'planted.json'),
  PLUMBLINE_SMI_PID: at('pid'),
  PLUMBLINE_SMI_MEMORY: at('memory'),
  PLUMBLINE_TEST_CLOCK: at('clock'),
  NODE_OPTIONS: `--import ${pathToFileURL(join(repository, 'test', 'support', 'stepped-clock.mjs'))}`,
});

/** Announces a phase every 200 ms on its monotonic clock, and so many more once the clock of day was set back. */
function workload(more: number): string[] {
  const script = at('train.mjs');
  writeFileSync(
    script,
    `
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
writeFileSync(process.env.PLUMBLINE_SMI_PID, String(process.pid));
writeFileSync(process.env.PLUMBLINE_SMI_MEMORY, String(2 ** 31));
const socket = connect(process.env.PLUMBLINE_SOCKET);
const say = (step, event) => socket.write(JSON.stringify({
  v: 1, ts: Number(process.hrtime.bigint()), type: 'phase', name: 'forward', event, step, rank: 0,
}) + '\\n');
for (let step = 0, left = ${more}; left > 0; step++) {
  if (readFileSync(process.env.PLUMBLINE_TEST_CLOCK, 'utf8') === '-60000') left--;
  say(step, 'begin');
  await new Promise((resolve) => setTimeout(resolve, 200));
  say(step, 'end');
  console.log('step ' + step);
}
socket.end();
`,
  );
  return [process.execPath, script];
}

const show = async (env: NodeJS.ProcessEnv) =>
  (await runJson<SessionDocument>(['show', 'last'], home.dir, env)).document;

const AHEAD = /jumped ahead by 1 h 00 min: it was set, or the machine slept/;
const BACK = /was set back by 1 h 01 min/;

it('tells the two steps, and nothing of what was measured moves', async () => {
  const env = stepped();
  writeFileSync(at('clock'), '0');
  const begun = Date.now();
  const recording = startCli(['record', '--interval', '50', '--', ...workload(15)], home.dir, env);
  await recording.waitFor('step 4');
  writeFileSync(at('clock'), String(HOUR_MS));
  await recording.waitFor('step 12');
  const live = await show(env);
  expect(live).toMatchObject({ status: 'recording', findings: [] });
  expect(live.warnings).toEqual([expect.stringMatching(AHEAD)]);
  expect(live.durationUs).toBeLessThan((Date.now() - begun) * 1000);
  const { document: listed } = await runJson<{ sessions: SessionSummary[] }>(
    ['list'],
    home.dir,
    env,
  );
  expect(listed.sessions).toMatchObject([{ id: live.id, status: 'recording' }]);
  writeFileSync(at('clock'), '-60000');
  const { code, stdout } = await recording.done;
  expect(code).toBe(0);
  expect(stdout).toMatch(/jumped ahead by 1 h 00 min[\s\S]*was set back by 1 h 01 min/);

  const session = await show(env);
  expect(session).toMatchObject({ status: 'complete', findings: [] });
  expect(session.warnings).toEqual([expect.stringMatching(AHEAD), expect.stringMatching(BACK)]);
  const tookUs = (Date.now() - begun) * 1000;
  expect(session.durationUs).toBeGreaterThan(5e6);
  expect(session.durationUs).toBeLessThan(tookUs);
  // It began before the clock was set; where a clock stands now changes nothing of when that was.
  expect(Math.abs(Date.parse(session.startedAt ?? '') - begun)).toBeLessThan(15_000);
  const { phases } = session.overlay;
  expect(phases.map(({ step }) => step)).toEqual(Array.from(phases, (_, i) => i));
  expect(phases.length).toBeGreaterThan(25);
  for (const [i, { span }] of phases.entries()) {
    expect(span[1] - span[0]).toBeGreaterThan(190_000);
    expect(span[0]).toBeGreaterThanOrEqual(phases[i - 1]?.span[1] ?? 0);
  }
  expect(phases.at(-1)!.span[1]).toBeLessThan(session.durationUs);
  // No source fell silent with a step; a busy machine may hold one up for a moment. Rates are those of one machine.
  const read = new Set(session.series.filter(({ count }) => count > 0).map(({ id }) => id));
  for (const { series, t0, t1 } of session.gaps)
    if (read.has(series)) expect(t1 - t0, series).toBeLessThan(3e6);
  for (const id of ['gpu0.memory.used', 'tree.rss', 'tree.cpu']) expect(read).toContain(id);
  const cpu = session.series.find(({ id }) => id === 'tree.cpu');
  expect(cpu?.max).toBeLessThanOrEqual(session.environment.cores * 110_000);
}, 120_000);
