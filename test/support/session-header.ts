/** The header of a session of nothing in particular, for tests of what stores and reads sessions. */
import type { SessionHeader } from '../../src/shared/session/types';
import type { SeriesInfo } from '../../src/shared/trace/types';

export const plainHeader = (id: string): SessionHeader => ({
  id,
  name: id,
  startedAt: '2026-11-23T12:04:00.000Z',
  workload: { kind: 'command', title: 'test', command: ['test'], cwd: null, pid: null },
  environment: {
    plumbline: '0.1.0',
    node: '24',
    os: 'Linux',
    cpu: 'x',
    cores: 8,
    memoryBytes: 2 ** 34,
    gpus: [],
    sources: [],
    workload: {},
  },
  model: null,
  run: null,
  simulated: false,
});

export const plainInfo = (id: string): SeriesInfo => ({
  id,
  source: 'test',
  metric: id,
  unit: 'bytes',
  windowUs: null,
  intervalUs: null,
});
