/** Inventory, baseline and the composition of all sources, against a double of nvidia-smi. */

import { existsSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readInventory } from '../../src/main/telemetry/nvidia-smi/inventory';
import { locateNvidiaSmi } from '../../src/main/telemetry/nvidia-smi/locate';
import { openSamplers } from '../../src/main/telemetry/sources';
import { allGone, gpuOf, playing, smiPath } from '../fixtures/nvidia-smi/harness';
import { repository } from '../support/repository';

const MiB = 2 ** 20;
const captures = resolve(repository, '../shared/fixtures');
const windows = process.platform === 'win32';

describe.skipIf(windows)(
  windows
    ? 'nvidia-smi sources (skipped: the double is a script, which Windows does not run)'
    : 'nvidia-smi sources',
  () => {
    describe('finding the program', () => {
      test('PATH is searched', () => {
        expect(locateNvidiaSmi({ PATH: `/nonexistent:${resolve(smiPath, '..')}` })).toEqual({
          ok: true,
          path: smiPath,
        });
      });
      test('a named path wins, and is not silently replaced when it is wrong', () => {
        expect(
          locateNvidiaSmi({
            PATH: resolve(smiPath, '..'),
            PLUMBLINE_NVIDIA_SMI: '/nonexistent/smi',
          }),
        ).toMatchObject({ ok: false, detail: expect.stringContaining('/nonexistent/smi') });
      });
      test('nowhere to be found is said in plain words', () => {
        expect(locateNvidiaSmi({ PATH: '/nonexistent' })).toEqual({
          ok: false,
          detail:
            'nvidia-smi was not found on PATH; set its path in Settings or PLUMBLINE_NVIDIA_SMI',
          isNamed: false,
        });
      });
    });

    describe('the inventory', () => {
      const inventory = (scenario: string, extra: NodeJS.ProcessEnv = {}, timeoutMs = 5000) =>
        readInventory({ path: smiPath, env: playing(scenario, extra).env, timeoutMs });

      test('lists one GPU with its memory in bytes, its driver and CUDA version', async () => {
        expect(await inventory('steady')).toMatchObject({
          ok: true,
          gpus: [
            {
              index: 0,
              uuid: gpuOf(0).uuid,
              name: 'Simulated RTX 4090',
              memoryBytes: 24564 * MiB,
              driver: '580.65.06',
              cuda: '13.0',
            },
          ],
        });
      });

      test('counts several GPUs by PCI address, not by minor number', async () => {
        const result = await inventory('two-gpus');
        expect(result.ok && result.gpus.map(({ index, uuid }) => [index, uuid])).toEqual([
          [0, gpuOf(0).uuid],
          [1, gpuOf(1).uuid],
        ]);
      });

      test('XML alone suffices, in whatever order it comes', async () => {
        const result = await inventory('xml-out-of-order');
        expect(
          result.ok &&
            result.gpus.map(({ index, uuid, memoryBytes, driver, cuda }) => [
              index,
              uuid,
              memoryBytes,
              driver,
              cuda,
            ]),
        ).toEqual([
          [0, 'GPU-81', null, '352.79', null],
          [1, 'GPU-c1', 11441 * MiB, '352.79', null],
        ]);
      });

      test.each(['xml-hangs', 'xml-garbage'])(
        'without XML (%s) the CSV query stands in',
        async (scenario) => {
          expect(await inventory(scenario, {}, 2000)).toMatchObject({
            ok: true,
            gpus: [{ index: 0, memoryBytes: 24564 * MiB, cuda: null }],
          });
        },
      );

      test('without the CSV query the XML stands in', async () => {
        expect(await inventory('csv-fails')).toMatchObject({
          ok: true,
          gpus: [{ index: 0, cuda: '13.0' }, { index: 1 }],
        });
      });

      test('a device without memory of its own has no memory size, not 0', async () => {
        expect(await inventory('unified-memory')).toMatchObject({
          ok: true,
          gpus: [{ name: 'Simulated GB10', memoryBytes: null }],
        });
      });

      test.each([
        ['no-driver', "couldn't communicate with the NVIDIA driver"],
        ['version-mismatch', 'Driver/library version mismatch'],
        ['no-permission', 'Insufficient Permissions'],
        ['no-devices', 'No devices were found'],
        ['all-garbage', 'does not list any GPU'],
      ])('%s is a clean result that says why', async (scenario, why) => {
        const result = await inventory(scenario);
        expect(result).toMatchObject({ ok: false, detail: expect.stringContaining(why) });
        expect(JSON.stringify(result)).not.toMatch(/\bat .*:\d+:\d+/);
      });

      test('a program that hangs is ended, with all it started', async () => {
        const smi = playing('hang');
        const result = await readInventory({ path: smiPath, env: smi.env, timeoutMs: 4000 });
        expect(result).toMatchObject({
          ok: false,
          detail: expect.stringContaining('no answer within 4 s'),
        });
        const pids = smi.runs().map(({ pid }) => pid);
        expect(pids).toHaveLength(2);
        await allGone(pids);
      });

      const cases = [
        [
          'dual_a5000-v13.xml',
          [
            ['NVIDIA RTX A5000', 24564],
            ['NVIDIA RTX A5000', 24564],
          ],
        ],
        ['testdata__a10g.xml', [['NVIDIA A10G', 23028]]],
        ['nvidia_smi_outdated_gpu.xml', [['GeForce GT 730', null]]],
        ['rai-project__nvidia-smi___fixtures__example2.xml', null],
        [
          'pro-6000-maxq-blackwell-v13.xml',
          [['NVIDIA RTX PRO 6000 Blackwell Max-Q Workstation Edition', 97887]],
        ],
      ] as const;
      test.skipIf(!existsSync(captures)).each(cases)(
        `captured XML %s is understood${existsSync(captures) ? '' : ' (skipped: ../shared/fixtures is not on this machine)'}`,
        async (name, expected) => {
          const file = readdirSync(captures).find((each) => each.endsWith(name))!;
          const result = await inventory('xml-from-file', {
            PLUMBLINE_SMI_XML: resolve(captures, file),
          });
          if (!result.ok) throw new Error(result.detail);
          expect(result.gpus.map(({ index }) => index)).toEqual(result.gpus.map((_, i) => i));
          if (expected)
            expect(
              result.gpus.map(({ name: product, memoryBytes }) => [
                product,
                memoryBytes === null ? null : memoryBytes / MiB,
              ]),
            ).toEqual(expected);
        },
      );
    });

    describe('all sources together', () => {
      const open = (env: NodeJS.ProcessEnv) =>
        openSamplers({ scope: { pids: () => [] }, intervalMs: 50, ownPids: () => [], env });

      test('a simulated GPU says so, and its baseline is read before launch', async () => {
        const opened = await open(playing('two-gpus').env);
        expect(opened.simulated).toBe(true);
        expect(opened.gpus.map(({ index }) => index)).toEqual([0, 1]);
        expect(opened.baselines).toEqual({
          'gpu0.memory.used': 512 * MiB,
          'gpu0.other.memory': 0,
          'gpu1.memory.used': 1024 * MiB,
          'gpu1.other.memory': 640 * MiB,
        });
        expect(opened.samplers.map(({ id }) => id)).toEqual([
          'nvidia-smi',
          'nvidia-smi processes',
          'host',
          'ranks',
          'cost',
        ]);
        expect(opened.sources.every(({ ok }) => ok)).toBe(true);
      });

      test('a baseline that cannot be read is missing, not 0', async () => {
        expect((await open(playing('unified-memory').env)).baselines).toEqual({
          'gpu0.other.memory': 19135 * MiB,
        });
      });

      test('without nvidia-smi the host remains, and the reason is told', async () => {
        const opened = await open({ PATH: '/nonexistent' });
        expect(opened.gpus).toEqual([]);
        expect(opened.samplers.map(({ id }) => id)).toEqual(['host', 'ranks', 'cost']);
        expect(opened.sources[0]).toEqual({
          id: 'nvidia-smi',
          ok: false,
          detail:
            'nvidia-smi was not found on PATH; set its path in Settings or PLUMBLINE_NVIDIA_SMI',
        });
        expect(opened.simulated).toBe(false);
      });

      test('without a driver the host remains, and the reason is told', async () => {
        const opened = await open(playing('no-driver').env);
        expect(opened.samplers.map(({ id }) => id)).toEqual(['host', 'ranks', 'cost']);
        expect(opened.sources[0]).toMatchObject({
          ok: false,
          detail: expect.stringContaining("couldn't communicate"),
        });
      });
    });
  },
);
