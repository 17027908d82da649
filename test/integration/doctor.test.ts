/** The doctor against doubles of every kind of machine: what it finds, and that each problem has its remedy. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { doctorText } from '../../src/main/hosts/cli/commands/doctor';
import { telemetryChecks } from '../../src/main/telemetry/doctor/doctor';
import { type Surroundings, surroundings } from '../../src/main/telemetry/doctor/host-environment';
import { playing } from '../fixtures/nvidia-smi/harness';

const helper = {
  inventoryHelper: join(
    import.meta.dirname,
    '../../src/main/telemetry/nvidia-smi/inventory-helper.ts',
  ),
};
const checksOf = async (scenario: string, where: Surroundings = 'machine') => {
  const smi = playing(scenario);
  smi.plantPid(4180001);
  const report = await telemetryChecks(smi.env, { ...helper, surroundings: where });
  return {
    report,
    of: (id: string) => report.checks.find((check) => check.id === id),
    failed: report.checks.filter(({ ok }) => !ok),
  };
};

const windows = process.platform === 'win32';

describe.skipIf(windows)(
  windows
    ? 'the doctor (skipped: the double is a script, which Windows does not run)'
    : 'the doctor',
  () => {
    test('is content with a GPU that tells everything, and says at what rate', async () => {
      const { report, of } = await checksOf('steady');
      expect(report.checks.map(({ id, ok, remedy }) => [id, ok, remedy])).toEqual([
        ['nvidia-smi', true, null],
        ['nvidia-driver', true, null],
        ['gpu-rates', true, null],
        ['gpu-process-memory', true, null],
        ['host', true, null],
      ]);
      expect(of('gpu-rates')!.found).toMatch(
        /^counters (up to \d+ times a second )?from one nvidia-smi .*starting it took \d.* ms/,
      );
      expect(of('host')!.found).toMatch(
        /100 times a second \(.* a process\)|once a second \(\d+ ms a read\)/,
      );
      expect(report.gpus).toHaveLength(1);
      const text = doctorText(report);
      expect(text).toContain('Everything is in order.');
      expect(text.split('\n').every((line) => line.length <= 100)).toBe(true);
    });

    test('says of a path that is set and leads nowhere which one, and how to set it back', async () => {
      const env = { PATH: '/nonexistent', PLUMBLINE_NVIDIA_SMI: '/nowhere/nvidia-smi' };
      const { checks } = await telemetryChecks(env, { ...helper, surroundings: 'container' });
      expect(checks.find(({ id }) => id === 'nvidia-smi')).toMatchObject({
        ok: false,
        found: expect.stringContaining('/nowhere/nvidia-smi'),
        remedy: expect.stringContaining('plumbline settings nvidia-smi usual'),
      });
    });

    test.each<[scenario: string, where: Surroundings, id: string, found: RegExp, remedy: RegExp]>([
      ['no-driver', 'machine', 'nvidia-driver', /couldn't communicate/, /modprobe nvidia/],
      ['no-driver', 'container', 'nvidia-driver', /couldn't communicate/, /--gpus all/],
      ['no-driver', 'wsl', 'nvidia-driver', /couldn't communicate/, /in Windows, never inside WSL/],
      ['version-mismatch', 'machine', 'nvidia-driver', /version mismatch/, /restart the machine/],
      ['version-mismatch', 'container', 'nvidia-driver', /version mismatch/, /restart the machine/],
      ['no-permission', 'machine', 'nvidia-driver', /Insufficient Permissions/, /group video/],
      ['no-devices', 'machine', 'nvidia-driver', /./, /\.$/],
      [
        'old-driver',
        'machine',
        'gpu-counters',
        /does not know utilization\.memory and clocks\.sm/,
        /Update the NVIDIA driver/,
      ],
      ['wddm', 'machine', 'gpu-process-memory', /WDDM/, /Close other programs/],
      ['wddm', 'wsl', 'gpu-process-memory', /driver of Windows/, /Close other programs/],
      ['apps-fail', 'machine', 'gpu-process-memory', /./, /--query-compute-apps/],
    ])('%s on a %s: %s', async (scenario, where, id, found, remedy) => {
      const { report, failed } = await checksOf(scenario, where);
      expect(failed.map((check) => check.id)).toEqual([id]);
      expect(failed[0]!.found).toMatch(found);
      expect(failed[0]!.remedy).toMatch(remedy);
      expect(doctorText(report)).toContain('1 problem, each with what mends it.');
    });

    test('measures how often nvidia-smi gives a row, and takes it at no more than that', async () => {
      const timesOf = async (scenario: string) =>
        Number(/up to (\d+) times/.exec((await checksOf(scenario)).of('gpu-rates')!.found)?.[1]);
      const steady = await timesOf('steady');
      expect(steady).toBeLessThanOrEqual(100);
      // It takes 40 ms for each row, and waits for another 10.
      expect(await timesOf('slow')).toBeLessThanOrEqual(20);
    });

    test('says of a divided GPU what it does not tell', async () => {
      const { of, failed } = await checksOf('mig');
      expect(failed).toEqual([]);
      expect(of('mig')!.found).toBe(
        'GPU 0 is divided into 2 MIG devices: a divided GPU tells its memory and power, but no utilization',
      );
      expect((await checksOf('two-gpus')).of('mig')).toBeUndefined();
    });

    test('says how to name a program that is not on PATH', async () => {
      const [check] = (await telemetryChecks({ PATH: '/nonexistent' }, { surroundings: 'machine' }))
        .checks;
      expect(check).toMatchObject({
        id: 'nvidia-smi',
        ok: false,
        remedy: expect.stringContaining('PLUMBLINE_NVIDIA_SMI'),
      });
    });
  },
);

describe('surroundings', () => {
  const rootWith = (files: Readonly<Record<string, string>>) => {
    const root = mkdtempSync(join(tmpdir(), 'plumbline-root-'));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return root;
  };
  test.each<[string, Surroundings, Readonly<Record<string, string>>]>([
    [
      'a Debian kernel',
      'machine',
      { 'proc/sys/kernel/osrelease': '6.1.0-18-amd64\n', 'proc/1/cgroup': '0::/init.scope\n' },
    ],
    ['WSL2', 'wsl', { 'proc/sys/kernel/osrelease': '5.15.153.1-microsoft-standard-WSL2\n' }],
    [
      'a container in WSL2, whose driver is that of Windows all the same',
      'wsl',
      { 'proc/sys/kernel/osrelease': '5.15.153.1-microsoft-standard-WSL2\n', '.dockerenv': '' },
    ],
    ['Docker', 'container', { '.dockerenv': '' }],
    ['Podman', 'container', { 'run/.containerenv': '' }],
    ['Kubernetes', 'container', { 'proc/1/cgroup': '11:memory:/kubepods/besteffort/pod1\n' }],
  ])('%s', (_what, expected, files) => {
    expect(surroundings('linux', rootWith(files))).toBe(expected);
  });
  test('Windows and macOS', () => {
    expect([surroundings('win32'), surroundings('darwin')]).toEqual(['machine', 'machine']);
  });
});
