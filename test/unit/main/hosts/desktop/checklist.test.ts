/**
 * Electron's security checklist (electronjs.org/docs/latest/tutorial/security), walked over the desktop host as it is
 * written: each point is a property of the code that builds the window, the bridge or the package.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isDocumentation } from '../../../../../src/main/hosts/desktop/app-url';
import { repository } from '../../../../support/repository';

const read = (...path: string[]) => readFileSync(join(repository, ...path), 'utf8');
const host = readdirSync(join(repository, 'src/main/hosts/desktop'))
  .filter((name) => name.endsWith('.ts'))
  .map((name) => read('src/main/hosts/desktop', name))
  .join('\n');
const preload = read('src/preload/index.ts');

describe("Electron's checklist", () => {
  it.each([
    'contextIsolation: true',
    'sandbox: true',
    'nodeIntegration: false',
    'webSecurity: true',
    'webviewTag: false',
    'navigateOnDragDrop: false',
    'devTools: !app.isPackaged',
  ])('the window is made with %s', (preference) => {
    expect(read('src/main/hosts/desktop/main-window.ts')).toContain(preference);
  });

  it('is not undone anywhere: nothing insecure is allowed, no experiment, no feature of Blink switched on', () => {
    expect(host).not.toMatch(
      /allowRunningInsecureContent|experimentalFeatures|enableBlinkFeatures|nodeIntegrationInWorker|nodeIntegrationInSubFrames|ignore-certificate-errors|no-sandbox|disable-web-security|@electron\/remote/,
    );
  });

  it('loads nothing over http, and every page of ours has a policy without inline script or eval', () => {
    expect(host).not.toMatch(/loadURL\(['"`]http:/);
    const policy = /default-src[^\n]*/.exec(host)?.[0] ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/script-src[^;]*(unsafe|\*|https?:)/);
  });

  it('refuses navigation, new windows, web views and permissions', () => {
    for (const guard of [
      'will-navigate',
      'will-redirect',
      'will-attach-webview',
      'setWindowOpenHandler',
      'setPermissionRequestHandler',
      'setPermissionCheckHandler',
      'setDevicePermissionHandler',
    ])
      expect(host).toContain(guard);
  });

  it('hands ports and messages to one origin, and exposes neither ipcRenderer nor a channel by name', () => {
    expect(preload).not.toContain("'*'");
    expect(preload.match(/postMessage\(/g)).toHaveLength(2);
    expect(preload).not.toMatch(/exposeInMainWorld\([^)]*ipcRenderer[,)]/);
  });

  it('opens outside the app only https of our own documentation', () => {
    const home = 'https://docs.example/plumbline/';
    expect(isDocumentation(`${home}a`, home)).toBe(true);
    for (const url of [
      'http://docs.example/plumbline/a',
      'https://docs.example.evil/plumbline/',
      'https://evil.example/?https://docs.example/plumbline/',
      'file:///etc/passwd',
      'javascript:alert(1)',
      'smb://host/share',
    ])
      expect(isDocumentation(url, home), url).toBe(false);
    expect(isDocumentation('file:///x', 'file:///')).toBe(false);
    expect(isDocumentation('https://docs.example/', undefined)).toBe(false);
  });

  it('has no developer tools in its menu where it is shipped', () => {
    expect(read('src/main/hosts/desktop/menu.ts')).toMatch(
      /app\.isPackaged \? \[\] : \[\{ role: 'toggleDevTools'/,
    );
  });
});

describe('what is installed', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { hasInstallScript?: boolean; license?: string; dev?: boolean }>;
  };
  const security = read('docs', 'security.md');

  it('runs no install script, and each package that has one is named with why it is not needed', () => {
    expect(read('.npmrc')).toMatch(/^ignore-scripts=true$/m);
    const scripted = Object.entries(packages).filter(([, one]) => one.hasInstallScript);
    expect(scripted.length).toBeGreaterThan(0);
    for (const [path] of scripted)
      expect(security).toContain(`\`${path.replace(/^.*node_modules\//, '')}\``);
  });

  it('is under licences that ask for no more than their notice', () => {
    const shipped = Object.entries(packages).filter(([path, one]) => path !== '' && !one.dev);
    for (const [path, { license }] of shipped)
      expect(license, path).toMatch(/MIT|BSD|Apache-2\.0|ISC|BlueOak/);
  });
});
