import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  DEFAULT_SIZE,
  MINIMUM_SIZE,
  placeWindow,
  readSettings,
  writeSettings,
} from '../../../../../src/main/hosts/desktop/settings';

const folder = mkdtempSync(join(tmpdir(), 'plumbline-settings-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const left = { x: 0, y: 0, width: 1920, height: 1080 };
const right = { x: 1920, y: 200, width: 1280, height: 720 };

describe('what the desktop application remembers', () => {
  test('settings come back as they were written, and nothing else is left in the folder', () => {
    const path = join(folder, 'deep', 'desktop.json');
    const settings = {
      bounds: { x: -5, y: 10, width: 1000, height: 700 },
      maximized: true,
      theme: 'dark' as const,
      saveFolder: '/reports',
    };
    writeSettings(path, settings);
    expect(readSettings(path)).toEqual(settings);
    expect(readdirSync(join(folder, 'deep'))).toEqual(['desktop.json']);
  });

  test.each(['', '{', 'null', '[]', '"x"'])('a damaged file is the defaults: %j', (text) => {
    const path = join(folder, 'damaged.json');
    writeFileSync(path, text);
    expect(readSettings(path)).toEqual({
      bounds: null,
      maximized: false,
      theme: 'system',
      saveFolder: null,
    });
  });

  test('one damaged setting does not cost the others', () => {
    const path = join(folder, 'partly.json');
    writeFileSync(
      path,
      JSON.stringify({
        bounds: { x: 'left' },
        maximized: true,
        theme: 'sepia',
        saveFolder: '/reports',
      }),
    );
    expect(readSettings(path)).toEqual({
      bounds: null,
      maximized: true,
      theme: 'system',
      saveFolder: '/reports',
    });
  });

  test('a window comes back where it was', () => {
    const was = { x: 2000, y: 250, width: 1000, height: 600 };
    expect(placeWindow(was, [left, right])).toEqual(was);
  });

  test('a window of a screen that is gone is centred by the system', () => {
    expect(placeWindow({ x: 5000, y: 0, width: 1000, height: 700 }, [left])).toEqual(DEFAULT_SIZE);
    expect(placeWindow(null, [left])).toEqual(DEFAULT_SIZE);
  });

  test('a window is never larger than its screen, smaller than its minimum, or partly out of sight', () => {
    for (const was of [
      { x: -300, y: -50, width: 1500, height: 900 },
      { x: 2900, y: 800, width: 5000, height: 5000 },
      { x: 100, y: 100, width: 10, height: 10 },
    ]) {
      const { x = Number.NaN, y = Number.NaN, width, height } = placeWindow(was, [left, right]);
      const screen = x < right.x ? left : right;
      expect(width).toBeGreaterThanOrEqual(MINIMUM_SIZE.width);
      expect(height).toBeGreaterThanOrEqual(MINIMUM_SIZE.height);
      expect(x).toBeGreaterThanOrEqual(screen.x);
      expect(y).toBeGreaterThanOrEqual(screen.y);
      expect(x + width).toBeLessThanOrEqual(screen.x + screen.width);
      expect(y + height).toBeLessThanOrEqual(screen.y + screen.height);
    }
  });
});
