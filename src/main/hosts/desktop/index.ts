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
import { documentationOf } from './app-url';
import { engineLost, engineRestarted } from './dialogs';
import { EngineHost } from './engine-host';
import { denyPermissions, hardenPages, isFromApp } from './hardening';
import { MainWindow } from './main-window';
import { installMenu } from './menu';
import { QuitGuard } from './quit-guard';
import { askWhereToSave } from './saving';
import { registerScheme, serveRenderer } from './serve-renderer';
import { SettingsFile } from './settings';

const out = join(import.meta.dirname, '..');
const homepage = documentationOf(readFileSync(join(out, '..', 'package.json'), 'utf8'));

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
  const settings = new SettingsFile(join(app.getPath('userData'), 'desktop.json'));
  const logFile = join(app.getPath('userData'), 'logs', 'engine.log');
  let quitting: QuitGuard | null = null;
  const window = new MainWindow({
    preload: join(out, 'preload', 'index.cjs'),
    settings,
    mayClose: () => quitting?.mayQuit ?? false,
  });
  const engine = startEngine(window, logFile);
  quitting = new QuitGuard(engine, window);

  ipcMain.on(REQUEST_PORT, (event) => {
    const from = isFromApp(event) ? BrowserWindow.fromWebContents(event.sender) : null;
    if (from) sendPort(engine, from);
  });
  denyPermissions(session.defaultSession);
  serveRenderer(session.defaultSession.protocol, join(out, 'renderer'));
  askWhereToSave(
    session.defaultSession,
    () => settings.current.saveFolder,
    (saveFolder) => settings.change({ saveFolder }),
  );

  nativeTheme.themeSource = settings.current.theme;
  installMenu({
    theme: settings.current.theme,
    setTheme(theme) {
      settings.change({ theme });
      nativeTheme.themeSource = theme;
    },
    showLog: () => shell.showItemInFolder(logFile),
    showDocumentation: homepage ? () => void shell.openExternal(homepage) : null,
  });
  app.on('second-instance', () => window.show());
  app.on('activate', () => window.show());
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  window.show();
}

const sendPort = (engine: EngineHost, to: BrowserWindow) =>
  to.webContents.postMessage(PORT, null, [engine.connect()]);

/** The engine in its process; a window hears what becomes of it and gets a new port when it is started again. */
function startEngine(window: MainWindow, logFile: string): EngineHost {
  const engine = new EngineHost({
    entry: join(import.meta.dirname, 'engine-process.js'),
    env: engineEnvironment(),
    logFile,
    onState(state: EngineState) {
      const open = window.current;
      open?.webContents.send(ENGINE_STATE, state);
      if (open && state === 'restarted') sendPort(engine, open);
      void (state === 'restarted' ? engineRestarted(open, logFile) : engineLost(open, logFile));
    },
  });
  return engine;
}

if (app.requestSingleInstanceLock()) void app.whenReady().then(start);
else app.quit();
