/**
 * A line that is derived from several series is one line: whatever the document says of a session, it says of the same
 * values. Another process that held memory before its first reading is what tells two derivations apart.
 */
import { describe, expect, it } from 'vitest';
import { buildDocument } from '../../../../src/shared/session/document';
import type { SessionData } from '../../../../src/shared/session/types';
import { documentWith, MB, series } from '../../../support/overlay-scenario';

const GB = 1024 * MB;
const device = 24 * GB;
const ramp = (f: (i: number) => number) =>
  Array.from({ length: 80 }, (_, i) => [i * 100, f(i)] as const);

/** Device memory on which another process already held 2 GiB when it was first read, half a second after launch. */
function session(own: (i: number) => number, more: SessionData['series'] = []): SessionData {
  const {
    overlay: _overlay,
    findings: _findings,
    gaps: _gaps,
    environment,
    ...rest
  } = documentWith({ durationUs: 8_000_000 });
  return {
    ...rest,
    environment: {
      ...environment,
      gpus: [
        { index: 0, uuid: 'GPU-1', name: 'a GPU', memoryBytes: device, driver: '1', cuda: null },
      ],
    },
    baselines: { 'gpu0.memory.used': 0, 'gpu0.other.memory': 0 },
    series: [
      series(
        'gpu0.memory.used',
        ramp((i) => 2 * GB + own(i)),
      ),
      series(
        'gpu0.other.memory',
        [
          [0, 2 * GB],
          [4000, 2 * GB],
        ],
        4000,
      ),
      ...more,
    ],
    markers: [],
    logs: [],
    warnings: [],
  };
}

describe('the workload line beside a process that came before the first reading', () => {
  /** It is told of by what others held before the launch. */
  const came = { kind: 'other_process', bytes: 2 * GB };

  it('is the same in the peak and in the pool that a finding names', () => {
    const { overlay, findings } = buildDocument(session((i) => (i < 5 ? 0 : 20 * GB)));
    expect(overlay.series).toBe('gpu0.workload.memory');
    expect(overlay.measuredPeak?.bytes).toBe(20 * GB);
    expect(findings).toMatchObject([{ kind: 'preallocated_pool', bytes: 20 * GB }, came]);
  });

  it('is the same in the peak and in the context that a finding names', () => {
    const reserved = series(
      'framework.reserved',
      ramp(() => 3 * GB),
      100,
    );
    const { overlay, findings } = buildDocument(session(() => 3 * GB + 500 * MB, [reserved]));
    expect(overlay.measuredPeak?.bytes).toBe(3 * GB + 500 * MB);
    expect(findings).toMatchObject([{ kind: 'context', bytes: 500 * MB }, came]);
  });
});
