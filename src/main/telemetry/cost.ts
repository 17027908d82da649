/**
 * What measuring costs: CPU time of this process in thousandths of a percent of one core, averaged over each second.
 * The nvidia-smi it runs works mostly inside the driver and is not counted.
 */
import type { Micros, Millis } from '../../shared/base/units';
import type { SessionClock } from '../install/session-clock';
import type { Sampler, SampleSink } from './sampler';
import { every } from './shared-timer';

const PERIOD_MS: Millis = 1000;

export class CostSampler implements Sampler {
  readonly id = 'cost';
  readonly #periodMs: Millis;
  #end: (() => void) | null = null;

  constructor(periodMs: Millis = PERIOD_MS) {
    this.#periodMs = periodMs;
  }

  async start(sink: SampleSink, clock: SessionClock): Promise<void> {
    const intervalUs = this.#periodMs * 1000;
    sink.declare({
      id: 'sampler.cost',
      source: 'plumbline',
      metric: 'cost',
      unit: 'millipercent',
      windowUs: intervalUs,
      intervalUs,
      about: 'processor time of Plumbline itself, all its threads, as a share of one core',
    });
    let at: Micros = clock.now();
    let used = process.cpuUsage();
    this.#end = every(this.#periodMs, () => {
      const t = clock.now();
      const spent = process.cpuUsage(used);
      if (t > at)
        sink.push('sampler.cost', t, {
          kind: 'ok',
          value: Math.round(((spent.user + spent.system) / (t - at)) * 100_000),
        });
      used = process.cpuUsage();
      at = t;
    });
  }

  async stop(): Promise<void> {
    this.#end?.();
  }
}
