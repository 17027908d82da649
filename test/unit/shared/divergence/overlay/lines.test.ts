/** The workload's line where the driver's list of processes does not speak of the workload, as in a container. */
import { describe, expect, it } from 'vitest';
import { MiB } from '../../../../../src/shared/base/units';
import { findOtherProcesses } from '../../../../../src/shared/divergence/findings/other-process';
import {
  candidateLines,
  deriveLines,
  listsWorkload,
} from '../../../../../src/shared/divergence/overlay/lines';
import type { DiagnosisInput } from '../../../../../src/shared/divergence/overlay/types';
import type { SampledSeries } from '../../../../../src/shared/trace/types';
import { plainInfo } from '../../../../support/session-header';

const series = (id: string, values: readonly number[], everyMs = 1000): SampledSeries => ({
  info: plainInfo(id),
  times: Float64Array.from(values, (_, i) => i * everyMs * 1000),
  values: Float64Array.from(values, (value) => value * MiB),
  gaps: [],
});
const device = series('gpu0.memory.used', [500, 900, 2500, 2500, 2500]);
const reserved = series('framework.reserved', [0, 100, 1600, 1600, 1600]);
/** The whole rise is laid to somebody else. */
const others = series('gpu0.other.memory', [0, 400, 2000, 2000, 2000]);
const baselines = { 'gpu0.memory.used': 500 * MiB, 'gpu0.other.memory': 0 };
const processes = (...values: number[]) => series('gpu0.process.memory', values);

const otherProcesses = (...all: SampledSeries[]) => {
  const lines = deriveLines(all, baselines);
  const overlay = { series: candidateLines(lines, true)[0] ?? null };
  return findOtherProcesses({ lines, overlay, baselines } as unknown as DiagnosisInput);
};

describe('a driver that lists no process of a workload that holds memory', () => {
  const told = [device, reserved, others, processes(0, 0, 0, 0, 0)];

  it('is not asked what others took: the line is that of the device', () => {
    expect(listsWorkload(told)).toBe(false);
    expect(candidateLines(deriveLines(told, baselines), true)[0]).toBe('gpu0.memory.used');
    expect(otherProcesses(...told)).toEqual([]);
  });

  it('is believed once it gives the workload any', () => {
    const listed = [device, reserved, others, processes(0, 0, 0, 1900, 1900)];
    expect(listsWorkload(listed)).toBe(true);
    expect(candidateLines(deriveLines(listed, baselines), true)[0]).toBe('gpu0.workload.memory');
    expect(otherProcesses(...listed).map(({ kind }) => kind)).toEqual(['other_process']);
  });

  it.each([
    ['the framework tells nothing', [device, others, processes(0, 0, 0, 0, 0)]],
    [
      'the framework holds next to nothing',
      [device, others, series('framework.reserved', [0, 20, 20]), processes(0, 0, 0, 0, 0)],
    ],
    ['processes were not read', [device, reserved, others]],
    [
      'there was one reading since',
      [device, series('framework.reserved', [0, 0, 0, 0, 1600]), others, processes(0, 0, 0, 0, 0)],
    ],
    [
      'another device holds it',
      [
        device,
        reserved,
        others,
        processes(0, 0, 0, 0, 0),
        series('gpu1.memory.used', [0, 2000]),
        series('gpu1.process.memory', [0, 0, 1700, 1700]),
      ],
    ],
  ])('is believed where %s', (_, all) => {
    expect(listsWorkload(all)).toBe(true);
  });
});
