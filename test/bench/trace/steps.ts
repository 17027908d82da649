/**
 * A session of announced training steps: device memory that follows them, at 100 Hz unless told otherwise, other processes read twice a second,
 * a step of three phases every 90 ms with the framework's bytes at the end of each. Drawn from a seed.
 */
import { createSession } from '../../../src/main/store/session-file';
import { MiB, type Micros } from '../../../src/shared/base/units';
import { preset } from '../../../src/shared/model/presets';
import { runDefaults } from '../../../src/shared/model/run';
import { DEVICE_METRICS, type DeviceMetric } from '../../../src/shared/trace/metrics';
import { random } from '../../support/fixture-sessions';
import { plainHeader } from '../../support/session-header';

const STEP_US: Micros = 90_000;
const TICK_US: Micros = 10_000;
const OTHERS_US: Micros = 500_000;

/** What each phase of a step holds, and the share of the step at which it begins. */
const PHASES = [
  { name: 'forward', begin: 0, bytes: 3200 * MiB },
  { name: 'backward', begin: 0.35, bytes: 3500 * MiB },
  { name: 'optimizer', begin: 0.85, bytes: 2600 * MiB },
] as const;

/** Its path. */
export function recordSteps(
  folder: string,
  id: string,
  steps: number,
  tickUs: Micros = TICK_US,
): string {
  const model = preset('gpt2');
  const run = runDefaults(model, {
    mode: 'train',
    batch: 4,
    seq: 256,
    steps,
    framework: 'pytorch',
  });
  const writer = createSession(folder, { ...plainHeader(id), model, run });
  const declare = (name: string, metric: DeviceMetric, intervalUs: Micros) => {
    const { unit, windowUs } = DEVICE_METRICS[metric];
    writer.declareSeries({ id: name, source: 'bench', metric, unit, windowUs, intervalUs });
  };
  declare('gpu0.memory.used', 'memory.used', tickUs);
  declare('gpu0.other.memory', 'other.memory', OTHERS_US);
  writer.setMeta('baselines', { 'gpu0.memory.used': 540 * MiB });
  const rand = random(7);
  const durationUs = steps * STEP_US;
  const phaseAt = (t: Micros) => {
    const share = (t % STEP_US) / STEP_US;
    return PHASES.findLast(({ begin }) => begin <= share) ?? PHASES[0];
  };
  let others: Micros = 0;
  for (let t = 0; t < durationUs; t += tickUs) {
    const held = phaseAt(t).bytes + Math.floor(rand() * 8) * 2 * MiB;
    writer.append('gpu0.memory.used', t, held + 540 * MiB);
    if (t < others) continue;
    writer.append('gpu0.other.memory', t, 540 * MiB);
    others += OTHERS_US;
    writer.flush();
  }
  for (let step = 0; step < steps; step++)
    for (const [i, { name, begin, bytes }] of PHASES.entries()) {
      const mark = { rank: 0, step };
      const t0 = Math.round((step + begin) * STEP_US);
      const t1 = Math.round((step + (PHASES[i + 1]?.begin ?? 1)) * STEP_US) - 1;
      writer.marker({ type: 'phase', name, event: 'begin', t: t0, ...mark });
      writer.marker({
        type: 'memory',
        phase: name,
        t: t1,
        memory: { allocated: bytes - 200 * MiB, peak: bytes - 100 * MiB },
        ...mark,
      });
      writer.marker({ type: 'phase', name, event: 'end', t: t1, ...mark });
    }
  writer.finish({ status: 'complete', exitCode: 0, signal: null, durationUs });
  writer.close();
  return writer.path;
}
