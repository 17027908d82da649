/** The browser that prints: the one that is named, else Chrome, Chromium or Edge from PATH or from where installers put them. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Failure } from '../../shared/base/failure';

export const PRINT_REMEDY =
  'Install Chrome, Chromium or Edge, or name one in PLUMBLINE_CHROME; or take the HTML report and print it from any browser.';

/** By name on PATH, and where installers put them. */
const PROGRAMS = [
  'google-chrome',
  'google-chrome-stable',
  'chromium',
  'chromium-browser',
  'microsoft-edge',
];
const PLACES: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  ],
  win32: ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'].flatMap((name) => {
    const root = process.env[name];
    if (!root) return [];
    return [
      join(root, 'Google', 'Chrome', 'Application', 'chrome.exe'),
      join(root, 'Microsoft', 'Edge', 'Application', 'msedge.exe'),
    ];
  }),
};

const canRun = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** The browser that prints; throws a Failure where there is none. */
export function findBrowser(): string {
  const named = process.env.PLUMBLINE_CHROME;
  if (named !== undefined && named !== '') {
    if (canRun(named)) return named;
    throw new Failure(
      'unavailable',
      `PLUMBLINE_CHROME names ${named}, which cannot be run.`,
      PRINT_REMEDY,
    );
  }
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const places = [
    ...folders.flatMap((folder) => PROGRAMS.map((program) => join(folder, program))),
    ...(PLACES[process.platform] ?? []),
  ];
  const found = places.find(canRun);
  if (found !== undefined) return found;
  throw new Failure(
    'unavailable',
    'A PDF is printed by a browser, and none was found on this machine.',
    PRINT_REMEDY,
  );
}
