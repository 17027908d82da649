/** A recording through the launcher with NVML doubled, seen as a person sees it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DoctorReport } from '../../src/shared/contract/api';
import type { SessionDocument } from '../../src/shared/session/session-document';
import { createStub, type NvmlStub, noStub } from '../doubles/nvml/stub';
import { runJson, temporaryHome } from '../support/cli';

const MiB = 1024 ** 2;
const BEFORE = [
  `memory 0 ${512 * MiB}`,
  `process 0 compute 7 ${200 * MiB}`,
  `process 0 graphics 8 ${100 * MiB}`,
];
let home: ReturnType<typeof temporaryHome>;
let stub: NvmlStub;
beforeEach(() => {
  home = temporaryHome();
  if (noStub === null) stub = createStub(BEFORE);
});
afterEach(() => {
  home.dispose();
  stub?.dispose();
});

/** A workload that takes memory on the doubled device, step by step, in its own name. */
function workload(
  steps: readonly { readonly bytes: number; readonly forMs: number; readonly fault?: string }[],
): string[] {
  const script = join(home.dir, 'train.mjs');
  writeFileSync(
    script,
    `
import { renameSync, writeFileSync } from 'node:fs';

const control = process.env.PLUMBLINE_TEST_CONTROL;
for (const { bytes, forMs, fault } of ${JSON.stringify(steps)}) {
  const lines = ['memory 0 ' + (${512 * MiB} + bytes), ...${JSON.stringify(BEFORE.slice(1))}, 'process 0 graphics ' + process.pid + ' ' + bytes, fault ?? ''];
  writeFileSync(control + '.next', lines.join('\\n') + '\\n');
  renameSync(control + '.next', control);
  await new Promise((resolve) => setTimeout(resolve, forMs));
}
`,
  );
  return [process.execPath, script];
}

const device = (): NodeJS.ProcessEnv => ({
  PLUMBLINE_NVML: stub.path,
  PLUMBLINE_TEST_CONTROL: stub.control,
});

describe.skipIf(noStub !== null)(
  `recording through NVML${noStub === null ? '' : ` (skipped: ${noStub})`}`,
  () => {
    it("lays the workload's GPU memory over the baseline it found, to the byte, and says that it is simulated", async () => {
      const peak = 3000 * MiB + 4096;
      const steps = [
        { bytes: 1000 * MiB, forMs: 300 },
        { bytes: peak, forMs: 1500 },
        { bytes: 2000 * MiB, forMs: 200 },
      ];
      const { code, document } = await runJson<SessionDocument>(
        ['record', '--interval', '5', '--', ...workload(steps)],
        home.dir,
        device(),
      );
      expect(code).toBe(0);
      expect(document.simulated).toBe(true);
      expect(document.environment.gpus).toMatchObject([
        { index: 0, name: 'Simulated RTX 4090', driver: '580.65.06', cuda: '13.0' },
      ]);
      expect(document.environment.sources[0]).toMatchObject({
        id: 'nvml',
        ok: true,
        detail: expect.stringContaining(stub.path),
      });
      expect(document.overlay.series).toBe('gpu0.workload.memory');
      expect(document.overlay.baselineBytes).toBe(512 * MiB);
      expect(document.overlay.measuredPeak!.bytes).toBe(peak);
      const series = new Map(document.series.map((one) => [one.id, one]));
      expect(series.get('gpu0.memory.used')).toMatchObject({
        source: 'nvml',
        unit: 'bytes',
        max: 512 * MiB + peak,
      });
      expect(series.get('gpu0.process.memory')).toMatchObject({ source: 'nvml', max: peak });
      expect(series.get('gpu0.other.memory')).toMatchObject({ min: 300 * MiB, max: 300 * MiB });
      expect(new Set(document.series.map(({ id }) => id)).size).toBe(document.series.length);
      expect(document.warnings).toEqual([]);
    });

    it.each([
      [
        'a GPU that was lost on the way',
        'fail nvmlDeviceGetMemoryInfo_v2 15 0',
        'lost',
        /^NVML says of (memory\.\w+ of )?GPU 0 that the GPU is lost/,
      ],
      [
        'a driver that was restarted on the way',
        'fail nvmlDeviceGetMemoryInfo_v2 9\nfail nvmlInit_v2 9',
        'not_read',
        /^NVML says (of GPU 0|when it is started) that the NVIDIA driver is not loaded/,
      ],
      [
        'a GPU that this user may not read for a while',
        'fail nvmlDeviceGetMemoryInfo_v2 4',
        'not_permitted',
        /^NVML says of memory\.(used|reserved) of GPU 0 that this user may not read it/,
      ],
    ])('keeps %s as a gap with its reason, and reads on', async (_, fault, reason, warning) => {
      const steps = [
        { bytes: 64 * MiB, forMs: 500 },
        { bytes: 64 * MiB, forMs: 700, fault },
        { bytes: 128 * MiB, forMs: 1800 },
      ];
      const { code, document } = await runJson<SessionDocument>(
        ['record', '--interval', '10', '--', ...workload(steps)],
        home.dir,
        device(),
      );
      expect(code).toBe(0);
      expect(document.gaps.filter(({ series }) => series === 'gpu0.memory.used')).toMatchObject([
        { reason },
      ]);
      expect(document.series.find(({ id }) => id === 'gpu0.memory.used')).toMatchObject({
        min: 512 * MiB,
        max: 640 * MiB,
      });
      expect(document.warnings.length).toBeGreaterThan(0);
      for (const text of document.warnings) expect(text).toMatch(warning);
    });

    it('tells the doctor which library it reads', async () => {
      const { document } = await runJson<DoctorReport>(['doctor'], home.dir, device());
      expect(document.checks.find(({ id }) => id === 'nvml')).toMatchObject({
        ok: true,
        found: expect.stringContaining(`at ${stub.path} (simulated)`),
        remedy: null,
      });
      expect(document.gpus).toHaveLength(1);
    });
  },
);
