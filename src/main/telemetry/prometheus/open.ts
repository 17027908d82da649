/** A Prometheus server as the source of a recording: its GPUs are those of a cluster, and no process runs here. */
import { Failure } from '../../../shared/base/failure';
import { formatDuration } from '../../../shared/base/format';
import type { Millis } from '../../../shared/base/units';
import { KNOWN_METRICS, PrometheusServer, type Seconds, splitRange } from '../../prometheus/server';
import { CostSampler } from '../cost';
import type { OpenedSamplers } from '../sources';
import { ClusterLines } from './cluster-lines';
import { PrometheusSampler } from './sampler';

export interface PrometheusOptions {
  readonly url: string;
  /** A selector; every known metric of every GPU when left out. */
  readonly query?: string | undefined;
  readonly intervalMs: Millis;
}

/** A question more often costs the server more than it tells: exporters are scraped a few times a minute. */
const LEAST_MS: Millis = 1000;
/** What was scraped before the recording tells which GPUs there are, and how often they are looked at. */
const LOOK_BACK: Seconds = 120;
const NOTABLE_MS: Millis = 2000;

/** Throws a Failure where no server answers, or none of its series is of a GPU. */
export async function openPrometheus(options: PrometheusOptions): Promise<OpenedSamplers> {
  const server = new PrometheusServer(options.url);
  const { selector } = splitRange(options.query ?? KNOWN_METRICS);
  const before = Date.now();
  const there = (await server.askTime()) * 1000;
  const aheadMs = there - (before + Date.now()) / 2;
  const lines = new ClusterLines(await server.ask(`${selector}[${LOOK_BACK}s]`));
  if (lines.lines.length === 0)
    throw new Failure(
      'not_found',
      `${server.address} has no reading of a GPU from the last ${LOOK_BACK / 60} minutes for ${options.query ?? 'any known metric'}.`,
      "Ask for a series of DCGM's exporter: --query 'DCGM_FI_DEV_FB_USED{job=\"train\"}'.",
    );
  return {
    samplers: [
      new PrometheusSampler({
        server,
        selector,
        lines,
        aheadMs,
        intervalMs: Math.max(LEAST_MS, options.intervalMs),
      }),
      new CostSampler(),
    ],
    gpus: [...lines.gpus],
    sources: [{ id: 'prometheus', ok: true, detail: describe(server, lines, aheadMs) }],
    simulated: false,
    baselines: {},
  };
}

function describe(server: PrometheusServer, lines: ClusterLines, aheadMs: Millis): string {
  const pace =
    lines.intervalUs === null ? [] : [`a sample every ${formatDuration(lines.intervalUs)}`];
  const clock =
    Math.abs(aheadMs) < NOTABLE_MS
      ? []
      : [
          `its clock ${formatDuration(Math.abs(aheadMs) * 1000)} ${aheadMs > 0 ? 'ahead' : 'behind'}`,
        ];
  const gpus = `${lines.gpus.length} GPUs on ${lines.hosts} ${lines.hosts === 1 ? 'host' : 'hosts'}`;
  return [server.address, gpus, ...pace, ...clock].join(', ');
}
