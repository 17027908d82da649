/**
 * What the desktop application remembers between runs: where its window was, the chosen appearance, and the folder of
 * the last saved report. A missing or damaged file is the defaults, never an error.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { makeFolder } from '../../install/make-folder';

/** In device-independent pixels, as Electron has them. */
export interface Bounds {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export const DEFAULT_SIZE = { width: 1440, height: 900 } as const;
export const MINIMUM_SIZE = { width: 880, height: 560 } as const;

const bounds = z.object({
  x: z.int(),
  y: z.int(),
  width: z.int().positive(),
  height: z.int().positive(),
});
const schema = z.object({
  bounds: bounds.nullable().catch(null).default(null),
  maximized: z.boolean().catch(false).default(false),
  theme: z.enum(['system', 'light', 'dark']).catch('system').default('system'),
  saveFolder: z.string().nullable().catch(null).default(null),
});
export type Settings = z.infer<typeof schema>;

export function readSettings(path: string): Settings {
  try {
    return schema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return schema.parse({});
  }
}

/** Whole or not at all: the file is written beside and renamed. What cannot be saved is not worth a complaint. */
export function writeSettings(path: string, settings: Settings): void {
  try {
    makeFolder(dirname(path), 0o700);
    const temporary = `${path}.${process.pid}.tmp`;
    writeFileSync(temporary, `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600 });
    renameSync(temporary, path);
  } catch (error) {
    console.error(`settings not saved to ${path}:`, error);
  }
}

/** The settings as they are now; every change is on disk when the call returns. */
export class SettingsFile {
  readonly #path: string;
  #current: Settings;

  constructor(path: string) {
    this.#path = path;
    this.#current = readSettings(path);
  }

  get current(): Settings {
    return this.#current;
  }

  change(change: Partial<Settings>): void {
    this.#current = { ...this.#current, ...change };
    writeSettings(this.#path, this.#current);
  }
}

function overlap(a: Bounds, b: Bounds): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return width > 0 && height > 0 ? width * height : 0;
}

/**
 * Where the window opens: the remembered place fitted into the screen (work area) it overlaps most, or, when that screen
 * is gone, no place at all, which lets the system centre it.
 */
export function placeWindow(
  remembered: Bounds | null,
  screens: readonly Bounds[],
): Partial<Bounds> & { width: number; height: number } {
  const screen =
    remembered && [...screens].sort((a, b) => overlap(remembered, b) - overlap(remembered, a))[0];
  if (!remembered || !screen || overlap(remembered, screen) === 0) return { ...DEFAULT_SIZE };
  const width = Math.min(Math.max(remembered.width, MINIMUM_SIZE.width), screen.width);
  const height = Math.min(Math.max(remembered.height, MINIMUM_SIZE.height), screen.height);
  return {
    x: Math.min(Math.max(remembered.x, screen.x), screen.x + screen.width - width),
    y: Math.min(Math.max(remembered.y, screen.y), screen.y + screen.height - height),
    width,
    height,
  };
}
