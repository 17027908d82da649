/** What is set for a library: kept whole or not at all, refused with a remedy, and used by what it names. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createEngine } from '../../../../src/main/engine/engine';
import { planRecording } from '../../../../src/main/engine/recording-plan';
import { Sessions } from '../../../../src/main/engine/sessions';
import { telemetryEnvironment } from '../../../../src/main/engine/telemetry-environment';
import { openLibrary } from '../../../../src/main/store/library';
import {
  changeSettings,
  readSettings,
  settingsPath,
} from '../../../../src/main/store/library-settings';
import { createSession } from '../../../../src/main/store/session-file';
import { setByteUnits } from '../../../../src/shared/base/format';
import { GiB, MiB } from '../../../../src/shared/base/units';
import { readSetting, USUAL_SETTINGS } from '../../../../src/shared/library/settings';
import { preset } from '../../../../src/shared/model/presets';
import { runDefaults } from '../../../../src/shared/model/run';
import { plainHeader, plainInfo } from '../../../support/session-header';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'plumbline-settings-'));
});
afterEach(() => {
  setByteUnits('fitting');
  rmSync(dir, { recursive: true, force: true });
});

const change = (what: Parameters<typeof changeSettings>[1]) => changeSettings(dir, what);

it('is the usual until something is set, and then the usual beside it', () => {
  expect(readSettings(dir)).toEqual({ settings: USUAL_SETTINGS, problem: null });
  change({ interval: 20 });
  change({ trashDays: 7 });
  expect(readSettings(dir).settings).toEqual({ ...USUAL_SETTINGS, interval: 20, trashDays: 7 });
  expect(JSON.parse(readFileSync(settingsPath(dir), 'utf8'))).toEqual({
    interval: 20,
    trashDays: 7,
  });
  change({ interval: 100 });
  expect(JSON.parse(readFileSync(settingsPath(dir), 'utf8'))).toEqual({ trashDays: 7 });
});

it('refuses what cannot be, says what can, and changes nothing then', () => {
  for (const wrong of [
    { interval: 0 },
    { interval: 2.5 },
    { flagPercent: Number.NaN },
    { flagPercent: '5' },
    { trashDays: 4000 },
    { units: 'GB' },
    { nvidiaSmi: 'a\0b' },
    { constructor: 1 },
  ])
    expect(() => change({ trashDays: 7, ...wrong }), JSON.stringify(wrong)).toThrow(
      expect.objectContaining({
        code: 'bad_input',
        remedy: expect.stringMatching(/^(Give|There)/),
      }),
    );
  expect(existsSync(settingsPath(dir))).toBe(false);
  expect(() => readSetting('interval', 'often')).toThrow('cannot be “often”');
  expect(readSetting('flagPercent', ' 2,5 ')).toBe(2.5);
  expect(readSetting('interval', '')).toBe(100);
});

it.each([
  ['{"interval": -1, "trashDays": 7, "later": true}', { trashDays: 7 }, 'interval has a value'],
  ['{"interval":', {}, 'no JSON object'],
  ['[]', {}, 'no JSON object'],
])('of a damaged file %s what is right is used, and the rest is told', (text, right, problem) => {
  writeFileSync(settingsPath(dir), text);
  expect(readSettings(dir).settings).toEqual({ ...USUAL_SETTINGS, ...right });
  expect(readSettings(dir).problem).toContain(problem);
});

it('is the interval of a recording that names none', () => {
  const request = { command: ['true'] };
  const settings = change({ interval: 20 });
  expect(planRecording(request, settings).intervalMs).toBe(20);
  expect(planRecording({ ...request, intervalMs: 5 }, settings).intervalMs).toBe(5);
});

it('is where nvidia-smi is looked for, unless the environment says', () => {
  const settings = { ...USUAL_SETTINGS, nvidiaSmi: '/opt/nvidia-smi' };
  const named = process.env.PLUMBLINE_NVIDIA_SMI;
  try {
    delete process.env.PLUMBLINE_NVIDIA_SMI;
    expect(telemetryEnvironment(settings).PLUMBLINE_NVIDIA_SMI).toBe('/opt/nvidia-smi');
    expect(telemetryEnvironment(USUAL_SETTINGS).PLUMBLINE_NVIDIA_SMI).toBeUndefined();
    process.env.PLUMBLINE_NVIDIA_SMI = '/usr/bin/nvidia-smi';
    expect(telemetryEnvironment(settings).PLUMBLINE_NVIDIA_SMI).toBe('/usr/bin/nvidia-smi');
  } finally {
    delete process.env.PLUMBLINE_NVIDIA_SMI;
    if (named !== undefined) process.env.PLUMBLINE_NVIDIA_SMI = named;
  }
});

/** A forward pass that holds 20 GiB where GPT-2 needs one or two. */
function recordTooMuch(): void {
  const model = preset('gpt2');
  const writer = createSession(dir, {
    ...plainHeader('s'),
    model,
    run: runDefaults(model, { mode: 'train', framework: 'pytorch', batch: 1, seq: 128 }),
  });
  writer.declareSeries(plainInfo('framework.allocated'));
  for (let t = 0; t < 100; t++) writer.append('framework.allocated', t * 10_000, 20 * GiB);
  for (const event of ['begin', 'end'] as const)
    writer.marker({
      type: 'phase',
      t: event === 'begin' ? 0 : 990_000,
      rank: 0,
      step: 1,
      name: 'forward',
      event,
    });
  writer.finish({ status: 'complete', exitCode: 0, signal: null, durationUs: 1_000_000 });
  writer.close();
}

it('decides what is flagged, found and told of the method, in all that is asked of a session', () => {
  recordTooMuch();
  const ask = () => {
    const sessions = new Sessions(openLibrary(dir));
    const shown = sessions.show({ id: 's' });
    const brief = sessions.brief({ id: 's' });
    const report = sessions.report({ ids: ['s'], format: 'md' }).text;
    sessions.letGo();
    return { shown, brief, report };
  };
  const before = ask();
  expect(before.shown.overlay.phases.map(({ flagged }) => flagged)).toEqual([true]);
  expect(before.report).toContain('beyond 5% of the prediction or 64.0 MiB');
  change({ flagPercent: 2, flagMiB: 30 * 1024, flagSamples: 4 });
  const { shown, brief, report } = ask();
  expect(shown.overlay.phases.map(({ flagged }) => flagged)).toEqual([false]);
  expect(shown.overlay.limits).toEqual({ percent: 2, bytes: 30 * 1024 * MiB, samples: 4 });
  expect(shown.findings.map(({ kind }) => kind)).not.toContain('unexplained');
  expect(brief.overlay.limits).toEqual(shown.overlay.limits);
  expect(report).toContain(
    'beyond 2% of the prediction or 30.0 GiB, whichever is more, for at least 4',
  );
});

it('decides how bytes are written', () => {
  recordTooMuch();
  const report = () => {
    const sessions = new Sessions(openLibrary(dir));
    const { text } = sessions.report({ ids: ['s'], format: 'md' });
    sessions.letGo();
    return text;
  };
  expect(report()).toContain('20.0 GiB');
  change({ units: 'MiB' });
  const inMiB = report();
  expect(inMiB).toContain('20,480 MiB');
  expect(inMiB).not.toContain('GiB');
});

it('of a program is not set by a page that may launch nothing', async () => {
  const engine = createEngine({ host: 'server', library: dir, mayLaunch: false });
  try {
    await expect(engine.changeSettings({ nvidiaSmi: '/tmp/anything' })).rejects.toMatchObject({
      code: 'unavailable',
    });
    expect(existsSync(settingsPath(dir))).toBe(false);
    expect(await engine.changeSettings({ trashDays: 7 })).toEqual({
      ...USUAL_SETTINGS,
      trashDays: 7,
    });
  } finally {
    await engine.close();
  }
});
