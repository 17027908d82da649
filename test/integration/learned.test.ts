/**
 * What a library learns of its machine, through the terminal: runs on a doubled card whose context and reserve are known,
 * under a framework that tells what it holds, recorded and then asked.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MiB } from '../../src/shared/base/units';
import { computeBudget } from '../../src/shared/budget/budget';
import type { LearnedReport } from '../../src/shared/learned/types';
import { preset } from '../../src/shared/model/presets';
import type { SessionDocument } from '../../src/shared/session/session-document';
import { runCli, runJson, temporaryHome } from '../support/cli';
import { GPT2_CONFIG } from '../support/gpt2-config';
import {
  PLANTED,
  type PlantedMachine,
  plantedPhases,
  plantedRun,
  SEGMENT,
} from '../support/planted-machine';
import { repository } from '../support/repository';

const BATCHES = [2, 3, 4];
const run = (batch: number) => plantedRun(batch, { steps: 2 });
/** What theory has allocated between steps in none of the script's objects. */
const betweenSteps = computeBudget(preset('gpt2'), run(2)).tiers.refined.phases.find(
  ({ phase }) => phase === 'optimizer',
)!.endComponents.workspace;

const home = temporaryHome();
afterAll(() => home.dispose());

/** A card that holds what the workload says in a file, and that workload. */
function plant(machine: PlantedMachine, batch: number) {
  const folder = join(home.dir, `${machine.driver}-${batch}`);
  mkdirSync(folder, { recursive: true });
  const at = (name: string) => join(folder, name);
  const gpu = { uuid: 'GPU-1', name: machine.gpu, busId: '00000000:81:00.0', memoryTotal: 23_034 };
  const files = { memoryFile: at('memory') };
  writeFileSync(
    at('card.json'),
    JSON.stringify({
      driver: machine.driver,
      cuda: '13.0',
      gpus: [{ ...gpu, ...files, keyframes: [{ atMs: 0, 'memory.used': 0 }] }],
      processes: [{ gpu: 0, pidFile: at('pid'), ...files, name: 'train' }],
    }),
  );
  const told = {
    ...{ framework: 'pytorch', torch: machine.torch, device: machine.gpu, mode: 'train' },
    ...{ batch, seq: 256, precision: 'fp32', optimizer: 'adamw', attention: 'sdpa' },
  };
  writeFileSync(
    at('train.mjs'),
    `
import { writeFileSync } from 'node:fs';
import * as plumbline from ${JSON.stringify(join(repository, 'resources', 'js', 'plumbline.mjs'))};
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const hold = (bytes) => writeFileSync(${JSON.stringify(at('memory'))}, String(bytes));
writeFileSync(${JSON.stringify(at('pid'))}, String(process.pid));
plumbline.model(${JSON.stringify({ name: 'gpt2', parameters: 124_439_808, config: GPT2_CONFIG })});
plumbline.run(${JSON.stringify(told)});
hold(${machine.context});
await pause(100);
for (const { phase, step, parts, peak, allocated, reserved, onDevice } of ${JSON.stringify(plantedPhases(machine, run(batch)))}) {
  plumbline.begin(phase, step);
  hold(onDevice);
  await pause(220);
  plumbline.send('memory', { allocated, peak, reserved, phase, step });
  plumbline.send('objects', { parts: parts.map(({ component, dtype, device, bytes }) => [component, dtype, device, bytes]), phase, step });
  plumbline.end(phase, step);
}
// The memory of processes is read once a second.
await pause(1700);
`,
  );
  return {
    command: [process.execPath, at('train.mjs')],
    device: {
      PLUMBLINE_NVIDIA_SMI: join(repository, 'test', 'doubles', 'nvidia-smi'),
      PLUMBLINE_SMI_SCENARIO: at('card.json'),
    },
  };
}

async function record(machine: PlantedMachine, batch: number): Promise<SessionDocument> {
  const { command, device } = plant(machine, batch);
  const { code, stderr, document } = await runJson<SessionDocument>(
    ['record', '--interval', '50', '--', ...command],
    home.dir,
    device,
  );
  expect(code, stderr).toBe(0);
  return document;
}

const machines = [0, 0.006, 0.05, 0.2].map((reserve, i) => ({
  ...PLANTED,
  driver: `570.${i}`,
  context: (440 + 40 * i) * MiB,
  reserve,
}));
const sessions: SessionDocument[] = [];
beforeAll(async () => {
  for (const machine of machines)
    sessions.push(...(await Promise.all(BATCHES.map((batch) => record(machine, batch)))));
}, 240_000);

describe('plumbline learned', () => {
  it('tells the planted context and reserve of each machine, with their number and spread', async () => {
    const { document } = await runJson<LearnedReport>(['learned'], home.dir);
    expect(document).toMatchObject({ sessions: 12, looked: 12, forgotten: 0 });
    for (const { driver, context, reserve } of machines) {
      const known = document.machines.find((one) => one.driver === driver);
      expect(known, driver).toMatchObject({ gpu: 'NVIDIA L4', framework: 'pytorch 2.13.0' });
      const told = known!.figures;
      // nvidia-smi counts in MiB, and rounds up.
      expect(told.context!.low).toBeGreaterThanOrEqual(context);
      expect(told.context!.high).toBeLessThanOrEqual(context + MiB);
      const smallest = Math.max(
        ...plantedPhases({ ...PLANTED, reserve }, run(BATCHES[0]!)).map(({ peak }) => peak),
      );
      expect(told.reserve!.low).toBeGreaterThanOrEqual(1000 * reserve);
      expect(told.reserve!.high).toBeLessThan(1000 * (reserve + (1.01 * SEGMENT) / smallest));
      for (const figure of [told.context!, told.reserve!, told.workspace!])
        expect(figure.sessions).toBe(3);
      expect(told.workspace!.typical).toBe(betweenSteps);
    }
  });

  it('says so at the terminal', async () => {
    const { stdout } = await runCli(['learned'], home.dir);
    expect(stdout).toContain('12 of the 12 sessions looked at tell something');
    expect(stdout).toMatch(/NVIDIA L4, driver 570\.3, pytorch 2\.13\.0: 3 sessions/);
    expect(stdout).toMatch(/reserve, of most allocated +20\.0% +20\.0% +20\.\d% +3/);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('judges a session by what was known before it began, never by itself', async () => {
    for (const { learned } of sessions.slice(0, 3)) expect(learned).toBeUndefined();
    const next = await record(machines[2]!, 6);
    expect(next.learned).toMatchObject({ sessions: 3 });
    const { peak, residualBytes } = next.learned!;
    expect(Math.abs(residualBytes!)).toBeLessThan(0.004 * peak);
    expect(Math.abs(next.overlay.residualBytes!)).toBeGreaterThan(10 * Math.abs(residualBytes!));
  });

  it('forgets what one session told, and does not learn it again', async () => {
    const [first] = sessions;
    const { document } = await runJson<LearnedReport>(['learned', '--forget', first!.id], home.dir);
    expect(document.forgotten).toBe(1);
    // Two sessions prove no constant.
    expect(document.machines.map(({ driver }) => driver)).not.toContain('570.0');
    const again = (await runJson<LearnedReport>(['learned'], home.dir)).document;
    expect(again.machines.map(({ driver }) => driver)).not.toContain('570.0');
  });
});
