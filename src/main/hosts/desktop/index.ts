/**
 * The desktop host: windows, menus and dialogs, and nothing else. The engine lives in a utility process; a window asks
 * for a port and then speaks the contract to it directly.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { app, BrowserWindow, ipcMain, nativeTheme, session, shell } from 'electron';
import {
  ENGINE_STATE,
  type EngineState,
  PORT,
  REQUEST_PORT,
} from '../../../shared/contract/bridge';
import { confirmQuit, engineLost, engineRestarted } from './dialogs';
import { EngineHost } from './engine-host';
import { denyPermissions, hardenPages, isFromApp } from './hardening';
import { backgroundColor, openMainWindow } from './main-window';
import { installMenu } from './menu';
import { askWhereToSave } from './saving';
import { registerScheme, serveRenderer } from './serve-renderer';
import { readSettings, type Settings, writeSettings } from './settings';

const out = join(import.meta.dirname, '..');
const { homepage } = JSON.parse(readFileSync(join(out, '..', 'package.json'), 'utf8')) as {
  homepage?: string;
};

app.setName('Plumbline');
// A library of its own is a Plumbline of its own: its window state and its single instance go with it.
if (process.env.PLUMBLINE_HOME)
  app.setPath('userData', join(process.env.PLUMBLINE_HOME, 'desktop'));
// On a machine that is being profiled, our own drawing can be kept off the GPU.
if (process.env.PLUMBLINE_DISABLE_GPU === '1' || app.commandLine.hasSwitch('disable-gpu'))
  app.disableHardwareAcceleration();
registerScheme();
hardenPages(homepage);

/** What a packaged application must be told: what it ships lies beside its archive, and Electron's binary is no Node. */
function engineEnvironment(): Record<string, string> {
  if (!app.isPackaged) return {};
  const node = process.platform === 'win32' ? 'node.exe' : 'node';
  return {
    PLUMBLINE_RESOURCES: process.resourcesPath,
    PLUMBLINE_NODE: join(process.resourcesPath, 'node', node),
  };
}

function start(): void {
  const settingsFile = join(app.getPath('userData'), 'desktop.json');
  const logFile = join(app.getPath('userData'), 'logs', 'engine.log');
  let settings = readSettings(settingsFile);
  const remember = (change: Partial<Settings>) => {
    settings = { ...settings, ...change };
    writeSettings(settingsFile, settings);
  };

  let window: BrowserWindow | null = null;
  let mayQuit = false;
  let asking = false;

  const sendPort = (to: BrowserWindow) =>
    to.webContents.postMessage(PORT, null, [engine.connect()]);
  const engine = new EngineHost({
    entry: join(import.meta.dirname, 'engine-process.js'),
    env: engineEnvironment(),
    logFile,
    onState(state: EngineState) {
      if (window) {
        window.webContents.send(ENGINE_STATE, state);
        if (state === 'restarted') sendPort(window);
      }
      void (state === 'restarted' ? engineRestarted(window, logFile) : engineLost(window, logFile));
    },
  });

  ipcMain.on(REQUEST_PORT, (event) => {
    const from = isFromApp(event) ? BrowserWindow.fromWebContents(event.sender) : null;
    if (from) sendPort(from);
  });
  denyPermissions(session.defaultSession);
  serveRenderer(session.defaultSession.protocol, join(out, 'renderer'));
  askWhereToSave(
    session.defaultSession,
    () => settings.saveFolder,
    (saveFolder) => remember({ saveFolder }),
  );

  nativeTheme.themeSource = settings.theme;
  nativeTheme.on('updated', () => window?.setBackgroundColor(backgroundColor()));
  const showMenu = () =>
    installMenu({
      theme: settings.theme,
      setTheme(theme) {
        remember({ theme });
        nativeTheme.themeSource = theme;
      },
      showLog: () => shell.showItemInFolder(logFile),
      showDocumentation: homepage ? () => void shell.openExternal(homepage) : null,
    });
  showMenu();

  const open = () => {
    const opened = openMainWindow(join(out, 'preload', 'index.cjs'), settings);
    window = opened;
    opened.on('close', (event) => {
      remember({ bounds: opened.getNormalBounds(), maximized: opened.isMaximized() });
      // Elsewhere than on macOS the last window is the application: ask first, close afterwards.
      if (mayQuit || process.platform === 'darwin') return;
      event.preventDefault();
      app.quit();
    });
    opened.on('closed', () => {
      if (window === opened) window = null;
    });
  };
  const show = () => {
    if (!window) return open();
    if (window.isMinimized()) window.restore();
    window.focus();
  };

  const quit = async () => {
    const names = await engine.recordings();
    if (names.length > 0 && !(await confirmQuit(window, names))) return;
    await engine.close();
    mayQuit = true;
    app.quit();
  };
  app.on('before-quit', (event) => {
    if (mayQuit) return;
    event.preventDefault();
    if (asking) return;
    asking = true;
    void quit().finally(() => {
      asking = false;
    });
  });
  app.on('second-instance', show);
  app.on('activate', show);
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  open();
}

if (app.requestSingleInstanceLock()) void app.whenReady().then(start);
else app.quit();
