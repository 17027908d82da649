/**
 * `plumbline import prometheus`, against a real server that scrapes exporters shaped like DCGM's: what comes out is what
 * the exporters said, to the byte, of every GPU of every host.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEngine } from '../../src/main/engine/engine';
import { importFile, withPrometheus } from '../../src/main/engine/imports';
import { readTrace } from '../../src/main/import';
import { openLibrary } from '../../src/main/store/library';
import { readSession } from '../../src/main/store/session-data';
import { MiB } from '../../src/shared/base/units';
import { preset } from '../../src/shared/model/presets';
import { runDefaults } from '../../src/shared/model/run';
import { buildDocument } from '../../src/shared/session/document';
import { samplesIn } from '../../src/shared/trace/series';
import { findPrometheus, type RunningPrometheus, startPrometheus } from '../support/prometheus';

const found = findPrometheus();
const HOSTS = ['node-2', 'node-10'] as const;
const GPUS = 4;
/** Values that each host gave, by GPU, in order. */
const told = new Map<string, number[]>();
let scrapes = 0;

/** MiB in use: no two scrapes, hosts or GPUs alike. */
const usedMiB = (host: string, gpu: number, scrape: number) =>
  1000 + 10_000 * HOSTS.indexOf(host as (typeof HOSTS)[number]) + 1000 * gpu + (scrape % 900);

function exporter(host: string): Promise<Server> {
  let scrape = 0;
  const server = createServer((_, answer) => {
    scrape++;
    if (host === HOSTS[0]) scrapes = scrape;
    const lines = Array.from({ length: GPUS }, (_, gpu) => {
      const labels = `gpu="${gpu}",UUID="GPU-${gpu}",modelName="NVIDIA H100 80GB HBM3",Hostname="${host}"`;
      const used = usedMiB(host, gpu, scrape);
      const key = `${host} ${gpu}`;
      told.set(key, [...(told.get(key) ?? []), used]);
      return [
        `DCGM_FI_DEV_FB_USED{${labels}} ${used}`,
        `DCGM_FI_DEV_GPU_UTIL{${labels}} ${gpu * 10}`,
        `DCGM_FI_DEV_MEM_COPY_UTIL{${labels}} 9223372036854775794`,
      ].join('\n');
    });
    answer.end(`${lines.join('\n')}\n`);
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}
const portOf = (server: Server) => {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
};

describe.skipIf('reason' in found)('samples of a real Prometheus', () => {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-cluster-'));
  const exporters: Server[] = [];
  let prometheus: RunningPrometheus;
  beforeAll(async () => {
    for (const host of HOSTS) exporters.push(await exporter(host));
    prometheus = await startPrometheus(
      'path' in found ? found.path : '',
      exporters.map((server) => `127.0.0.1:${portOf(server)}`),
    );
    while (scrapes < 5) await new Promise((resolve) => setTimeout(resolve, 100));
  }, 120_000);
  afterAll(async () => {
    await prometheus?.stop();
    for (const server of exporters) server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('come out as the exporters gave them, of eight GPUs on two hosts', async () => {
    const trace = await withPrometheus({ url: prometheus.url, from: '5m' }, async (path) =>
      readTrace(path),
    );
    expect(trace.gpus.map(({ index, uuid }) => [index, uuid])).toEqual(
      Array.from({ length: 8 }, (_, i) => [i, `GPU-${i % GPUS}`]),
    );
    expect(trace.warnings).toContain(
      'The readings are of 2 hosts; their GPUs are counted through: node-2 0–3, node-10 4–7.',
    );
    for (let gpu = 0; gpu < 8; gpu++) {
      const { values } = trace.series.find(({ info }) => info.id === `gpu${gpu}.memory.used`)!;
      const given = told.get(`${HOSTS[Math.floor(gpu / GPUS)]} ${gpu % GPUS}`) ?? [];
      expect([...values]).toEqual(given.slice(0, values.length).map((used) => used * MiB));
      expect(values.length).toBeGreaterThanOrEqual(3);
    }
    expect(trace.gaps).toEqual([{ reason: 'not_supported', count: expect.any(Number) }]);
  });

  test('of a selector alone, and give the overlay of every GPU, the worst first', async () => {
    const library = openLibrary(join(folder, 'library'));
    const model = preset('gpt2');
    const options = { model, run: runDefaults(model, { mode: 'train' }) };
    const id = await withPrometheus(
      { url: prometheus.url, query: 'DCGM_FI_DEV_FB_USED{job="dcgm"}[5m]' },
      (path) => importFile(library, path, options),
    );
    using reader = library.open(id);
    const { ranks = [], overlay } = buildDocument(readSession(reader));
    expect(ranks.map(({ series }) => series)).toEqual(
      [7, 6, 5, 4, 3, 2, 1, 0].map((gpu) => `gpu${gpu}.memory.used`),
    );
    expect(ranks[0]?.predictedPeak).toBe(overlay.predictedPeak.refined);
  });

  test('are recorded as they are scraped, until the recording is stopped', async () => {
    const library = openLibrary(join(folder, 'recorded'));
    const engine = createEngine({ library: library.dir, host: 'cli' });
    try {
      const target = { url: prometheus.url, query: 'DCGM_FI_DEV_FB_USED' };
      const { id } = await engine.record({ prometheus: target, intervalMs: 1000 });
      const begun = scrapes;
      while (scrapes < begun + 5) await new Promise((resolve) => setTimeout(resolve, 100));
      await engine.stop({ id });
      const doc = await engine.show({ id });
      expect(doc).toMatchObject({ status: 'complete', workload: { kind: 'cluster', pid: null } });
      expect(doc.environment.sources[0]?.detail).toMatch(
        /8 GPUs on 2 hosts, a sample every 1\.00 s/,
      );
      expect(doc.ranks?.map(({ series }) => series)).toHaveLength(8);
      using reader = library.open(id);
      const { series } = readSession(reader);
      for (let gpu = 0; gpu < 8; gpu++) {
        const line = series.find(({ info }) => info.id === `gpu${gpu}.memory.used`);
        const values = line === undefined ? [] : [...samplesIn(line)].map(([, value]) => value);
        const given = told.get(`${HOSTS[Math.floor(gpu / GPUS)]} ${gpu % GPUS}`) ?? [];
        const all = given.map((used) => used * MiB);
        const first = all.indexOf(values[0] ?? -1);
        expect(values).toEqual(all.slice(first, first + values.length));
        expect(values.length).toBeGreaterThanOrEqual(3);
      }
    } finally {
      await engine.close();
    }
  }, 60_000);

  test('that it refuses, or that is no Prometheus, is told in a sentence', async () => {
    const ask = (url: string, query?: string) =>
      withPrometheus({ url, query }, async () => 'read').catch(({ message }: Error) => message);
    expect(await ask(prometheus.url, 'rate(')).toMatch(/refuses the query/);
    expect(await ask(`http://127.0.0.1:${portOf(exporters[0]!)}`)).toMatch(/no Prometheus/);
    expect(await ask('http://127.0.0.1:1')).toMatch(/No Prometheus answers/);
    expect(await ask('ftp://x')).toMatch(/no address/);
  });
});
