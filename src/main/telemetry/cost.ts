/**
 * What measuring costs: CPU time of this process in thousandths of a percent of one core, averaged over each second.
 * The nvidia-smi it runs works mostly inside the driver and is not counted.
 */
import type { Micros, Millis } from '../../shared/base/units';
import { HOST_METRICS, hostMetric } from '../../shared/trace/metrics';
import { SAMPLER_COST } from '../../shared/trace/series-ids';
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
      id: SAMPLER_COST,
      source: 'plumbline',
      metric: hostMetric(SAMPLER_COST),
      ...HOST_METRICS[SAMPLER_COST],
      windowUs: intervalUs,
      intervalUs,
    });
    let at: Micros = clock.now();
    let used = process.cpuUsage();
    this.#end = every(this.#periodMs, () => {
      const t = clock.now();
      const spent = process.cpuUsage(used);
      if (t > at)
        sink.push(SAMPLER_COST, t, {
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
