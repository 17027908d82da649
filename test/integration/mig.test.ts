/** A workload confined to a MIG device: its line, baseline and room are those of that device, as a person sees them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GpuInstances, readInstances } from '../../src/main/telemetry/nvidia-smi/instances';
import type { DoctorReport } from '../../src/shared/contract/api';
import type { SessionDocument } from '../../src/shared/session/session-document';
import { createStub, type NvmlStub, noStub } from '../doubles/nvml/stub';
import { gpuOf, playing, smiPath, started } from '../fixtures/nvidia-smi/harness';
import { runCli, runJson, temporaryHome } from '../support/cli';

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;
/** Device 1 of the double, with 10 GiB and 100 MiB in use before; its neighbour is busy. */
const UUID = 'MIG-00000000-1111-2222-3333-444444444441';
const linesWith = (own: number, neighbour: number) => [
  `total 0 ${80 * GiB}`,
  `memory 0 ${300 * MiB + own + neighbour}`,
  `mig 0 0 ${200 * MiB + neighbour} ${40 * GiB}`,
  `mig 0 1 ${100 * MiB + own} ${10 * GiB}`,
  `process 0 compute 7 ${60 * MiB} 1`,
  `process 0 compute 8 ${150 * MiB + neighbour} 0`,
];
let home: ReturnType<typeof temporaryHome>;
let stub: NvmlStub;
beforeEach(() => {
  home = temporaryHome();
  if (noStub === null) stub = createStub(linesWith(0, 0));
});
afterEach(() => {
  home.dispose();
  stub?.dispose();
});

/** Takes memory on its own device while the neighbour takes far more on another. */
function workload(
  steps: readonly { readonly own: number; readonly neighbour: number; readonly forMs: number }[],
): string[] {
  const script = join(home.dir, 'train.mjs');
  writeFileSync(
    script,
    `
import { renameSync, writeFileSync } from 'node:fs';

const control = process.env.PLUMBLINE_TEST_CONTROL;
for (const { lines, own, forMs } of ${JSON.stringify(steps.map(({ own, neighbour, forMs }) => ({ lines: linesWith(own, neighbour), own, forMs })))}) {
  writeFileSync(control + '.next', [...lines, 'process 0 compute ' + process.pid + ' ' + own + ' 1'].join('\\n') + '\\n');
  renameSync(control + '.next', control);
  await new Promise((resolve) => setTimeout(resolve, forMs));
}
// What a process holds goes when it ends, as on a device: the stub is told before.
writeFileSync(control + '.next', ${JSON.stringify(`${linesWith(0, 0).join('\n')}\n`)});
renameSync(control + '.next', control);
`,
  );
  return [process.execPath, script];
}

const STEPS = [
  { own: 1000 * MiB, neighbour: 20 * GiB, forMs: 400 },
  { own: 3000 * MiB + 512, neighbour: 30 * GiB, forMs: 1500 },
  { own: 500 * MiB, neighbour: 30 * GiB, forMs: 300 },
];
const device = (visible: string): NodeJS.ProcessEnv => ({
  PLUMBLINE_NVML: stub.path,
  PLUMBLINE_TEST_CONTROL: stub.control,
  CUDA_VISIBLE_DEVICES: visible,
});

describe.skipIf(noStub !== null)(
  `a workload on a MIG device, through NVML${noStub === null ? '' : ` (skipped: ${noStub})`}`,
  () => {
    it.each([
      ['by its UUID', UUID],
      ['by the older name', 'MIG-GPU-00000000-1111-2222-3333-444444444444/8/0'],
    ])(
      'named %s is laid over the line of that device, to the byte, whatever its neighbours do',
      async (_, visible) => {
        const { code, document } = await runJson<SessionDocument>(
          ['record', '--interval', '10', '--', ...workload(STEPS)],
          home.dir,
          device(visible),
        );
        expect(code).toBe(0);
        expect(document.overlay).toMatchObject({
          series: 'gpu0.mig1.workload.memory',
          baselineBytes: 100 * MiB,
          deviceBytes: 10 * GiB,
          measuredPeak: { bytes: 3000 * MiB + 512 },
        });
        expect(document.environment.gpus).toMatchObject([
          {
            index: 0,
            memoryBytes: 80 * GiB,
            instances: [{ slot: 1, uuid: UUID, memoryBytes: 10 * GiB }],
          },
        ]);
        expect(document.environment.sources[0]!.detail).toContain('names MIG device 1 of GPU 0');
        const series = new Map(document.series.map((one) => [one.id, one]));
        expect(series.get('gpu0.mig1.process.memory')).toMatchObject({ max: 3000 * MiB + 512 });
        expect(series.get('gpu0.mig1.other.memory')).toMatchObject({
          min: 60 * MiB,
          max: 60 * MiB,
        });
        // What the neighbour took is no finding of this workload.
        expect(document.findings.filter(({ kind }) => kind === 'other_process')).toEqual([]);
        expect(document.warnings).toEqual([]);
        const text = (await runCli(['show', document.id, '--full'], home.dir)).stdout;
        expect(text).toContain('gpu0.mig1.workload.memory');
        expect(text.replace(/\s+/g, ' ')).toContain(
          `The workload was confined to MIG device 1 (10.0 GiB, ${UUID}) of GPU 0.`,
        );
      },
    );

    it('without processes told by instance stays on the line of that device, less its baseline', async () => {
      const script = workload([{ own: 2000 * MiB, neighbour: 5 * GiB, forMs: 1200 }]);
      stub.play(...linesWith(0, 0), 'fail nvmlDeviceGetGpuInstanceId 3');
      const { document } = await runJson<SessionDocument>(
        ['record', '--interval', '10', '--', ...script],
        home.dir,
        device(UUID),
      );
      expect(document.overlay).toMatchObject({
        series: 'gpu0.mig1.memory.used',
        baselineBytes: 100 * MiB,
        measuredPeak: { bytes: 2000 * MiB },
      });
    });

    it('that is confined to none stays on the line of the whole GPU, with those of its MIG devices to switch to', async () => {
      const { document } = await runJson<SessionDocument>(
        ['record', '--interval', '10', '--', ...workload(STEPS.slice(0, 1))],
        home.dir,
        { ...device(''), CUDA_VISIBLE_DEVICES: undefined },
      );
      expect(document.overlay.series).toBe('gpu0.workload.memory');
      expect(document.overlay.alternatives).toEqual(
        expect.arrayContaining(['gpu0.mig0.memory.used', 'gpu0.mig1.memory.used']),
      );
      expect(document.environment.gpus[0]).not.toHaveProperty('instances');
    });

    it('that has the only MIG device there is, as in a container, is laid over it without being told', async () => {
      const script = workload([{ own: 700 * MiB, neighbour: 0, forMs: 1200 }]);
      writeFileSync(
        script[1]!,
        readFileSync(script[1]!, 'utf8')
          .replaceAll(/"mig 0 0 [^"]*",/g, '')
          .replaceAll(/,"process 0 compute 8 [^"]*"/g, ''),
      );
      stub.play(...linesWith(0, 0).filter((line) => !/^mig 0 0|compute 8/.test(line)));
      const { document } = await runJson<SessionDocument>(
        ['record', '--interval', '10', '--', ...script],
        home.dir,
        { ...device(''), CUDA_VISIBLE_DEVICES: undefined },
      );
      expect(document.overlay).toMatchObject({
        series: 'gpu0.mig1.workload.memory',
        baselineBytes: 100 * MiB,
        deviceBytes: 10 * GiB,
        measuredPeak: { bytes: 700 * MiB },
      });
    });

    it('is explained by the doctor', async () => {
      const { document } = await runJson<DoctorReport>(['doctor'], home.dir, device(UUID));
      expect(document.checks.find(({ id }) => id === 'visible-gpus')).toMatchObject({
        ok: true,
        found: expect.stringContaining('names MIG device 1 of GPU 0'),
      });
      expect(document.checks.find(({ id }) => id === 'mig')).toMatchObject({
        ok: true,
        found: expect.stringContaining('GPU 0 is divided into 2 MIG devices'),
      });
    });
  },
);

describe.skipIf(process.platform === 'win32')(
  process.platform === 'win32'
    ? 'a workload on a MIG device, through nvidia-smi (skipped: the double is a script, which Windows does not run)'
    : 'a workload on a MIG device, through nvidia-smi',
  () => {
    const named = 'MIG-00000000-1111-2222-3333-000000000001';
    const envOf = (scenario: string) => playing(scenario, { CUDA_VISIBLE_DEVICES: named }).env;
    const record = async (scenario: string) =>
      (
        await runJson<SessionDocument>(
          ['record', '--', process.execPath, '-e', 'setTimeout(() => {}, 800)'],
          home.dir,
          envOf(scenario),
        )
      ).document;

    it('is laid over what the whole report tells of that device, and says how seldom that is', async () => {
      const document = await record('mig');
      expect(document.overlay).toMatchObject({
        series: 'gpu0.mig1.memory.used',
        baselineBytes: 26 * MiB,
        deviceBytes: 9984 * MiB,
        measuredPeak: { bytes: 0, intervalUs: 5_000_000 },
      });
      expect(document.environment.gpus[0]!.instances).toEqual([
        { slot: 1, uuid: named, name: 'MIG 1g.10gb', memoryBytes: 9984 * MiB },
      ]);
      expect(document.environment.sources[0]!.detail).toContain(
        'names MIG device 1 of GPU 0, whose memory nvidia-smi tells every 5 s at the most',
      );
      expect(document.warnings).toEqual([]);
    });

    it('follows that device, and a report that fails is a gap', async () => {
      const smi = playing('mig');
      const gpus = [
        {
          ...gpuOf(0),
          instances: [
            { slot: 1, uuid: named, name: '', memoryBytes: null },
            { slot: 5, uuid: 'MIG-gone', name: '', memoryBytes: null },
          ],
        },
      ];
      const sink = await started(
        new GpuInstances({ path: smiPath, env: smi.env, gpus, intervalMs: 100 }),
      );
      await sink.until('a reading', () => sink.values('gpu0.mig1.memory.used').length > 0);
      smi.plantMemory(500 * MiB);
      await sink.until(
        'the change',
        () => sink.values('gpu0.mig1.memory.used').at(-1) === 526 * MiB,
      );
      expect(new Set(sink.reasons('gpu0.mig5.memory.used'))).toEqual(new Set(['not_read']));
      expect(
        await readInstances({ path: smiPath, env: playing('no-permission').env, gpus }),
      ).toMatchObject([{ used: { kind: 'absent', reason: 'not_permitted' } }, {}]);
    });

    it('says that the line is of the whole GPU where memory of that device is not told', async () => {
      const document = await record('mig-untold');
      expect(document.overlay.series).toMatch(/^gpu0\.(workload\.memory|memory\.used)$/);
      expect(document.environment.gpus[0]!.instances).toEqual([
        { slot: 1, uuid: named, name: 'MIG 1g.10gb', memoryBytes: null },
      ]);
      expect(document.environment.sources[0]!.detail).toContain(
        'whose memory nvidia-smi does not tell',
      );
      expect(document.warnings).toContainEqual(
        `The workload was confined to MIG device 1 of GPU 0; the line shown, ${document.overlay.series}, is of the whole GPU, other MIG devices included.`,
      );
    });
  },
);
