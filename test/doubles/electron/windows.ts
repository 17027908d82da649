/** BrowserWindow and its web contents on a page of Chromium; `ipcMain` and the one session. */
import { EventEmitter } from 'node:events';
import type { Download, Page, Request as PageRequest } from 'playwright-core';
import { allWindowsClosed, appEmitter, openWindows } from './application.ts';
import { browserContext } from './browser-host.ts';
import { onControl, record, takeAnswer } from './control.ts';
import { doubled, doubledEmitter, preventable } from './doubled.ts';
import { PageBridge } from './page-bridge.ts';
import { fromPage, protocol, routeRequests, toPage } from './protocol.ts';

const ipc = doubledEmitter<Electron.IpcMain>('ipcMain', {});
export const ipcMain = ipc.double;

type PermissionHandler = Parameters<Electron.Session['setPermissionRequestHandler']>[0];
let permissionHandler: PermissionHandler = null;
const sessionDouble = doubledEmitter<Electron.Session>('session', {
  protocol,
  setPermissionRequestHandler(handler) {
    permissionHandler = handler;
  },
  setPermissionCheckHandler: () => record('session.setPermissionCheckHandler', []),
  setDevicePermissionHandler: () => record('session.setDevicePermissionHandler', []),
});
export const session = doubled<typeof Electron.Session>('session', {
  defaultSession: sessionDouble.double,
} satisfies Partial<typeof Electron.Session>);

const byContents = new Map<Electron.WebContents, BrowserWindow>();
const byPage = new Map<Page, BrowserWindow>();
let routed: Promise<void> | null = null;

function navigationRefused(request: PageRequest, url: string): boolean {
  let page: Page | null = null;
  try {
    page = request.frame().page();
  } catch {
    // Its frame is not known yet: the first request of a window that a page opens.
  }
  const window = page && byPage.get(page);
  if (window) return window.refusesNavigation(request, url);
  const [opener] = byContents.values();
  opener?.refuseWindow(url);
  return true;
}

async function newPage(): Promise<Page> {
  const context = browserContext();
  routed ??= routeRequests(context, navigationRefused);
  await routed;
  const blank = context.pages().find((page) => page.url() === 'about:blank' && !byPage.has(page));
  return blank ?? context.newPage();
}

export class BrowserWindow extends EventEmitter {
  static fromWebContents(contents: Electron.WebContents): Electron.BrowserWindow | null {
    return (byContents.get(contents) as unknown as Electron.BrowserWindow | undefined) ?? null;
  }

  readonly webContents: Electron.WebContents;
  private readonly contents: EventEmitter;
  private readonly options: Electron.BrowserWindowConstructorOptions;
  private readonly opened: Promise<Page>;
  private bridge: PageBridge | null = null;
  private early: (() => void)[] = [];
  private windowOpenHandler: Parameters<Electron.WebContents['setWindowOpenHandler']>[0] = () => ({
    action: 'allow',
  });
  private destroyed = false;
  private maximized = false;
  private minimized = false;
  private loading = '';
  private url = '';

  constructor(options: Electron.BrowserWindowConstructorOptions = {}) {
    super();
    this.options = options;
    const preferences = options.webPreferences ?? {};
    if (
      preferences.contextIsolation === false ||
      preferences.sandbox === false ||
      preferences.nodeIntegration === true
    )
      throw new Error('The double of electron has sandboxed and isolated pages without Node only.');
    record('new BrowserWindow', [options]);
    const { double, emitter } = this.makeContents();
    this.webContents = double;
    this.contents = emitter;
    byContents.set(double, this);
    openWindows.add(this);
    appEmitter.emit('web-contents-created', preventable({}), double);
    appEmitter.emit('browser-window-created', preventable({}), this);
    this.opened = this.openPage(preferences.preload);
    this.opened.catch((error: unknown) => console.error('window:', error));
  }

  async loadURL(url: string): Promise<void> {
    const page = await this.opened;
    this.loading = toPage(url);
    await page.goto(this.loading, { waitUntil: 'load' });
    this.contents.emit('did-finish-load');
    this.emit('ready-to-show');
  }

  show(): void {
    record('window.show', []);
  }
  focus(): void {
    record('window.focus', []);
  }
  restore(): void {
    this.minimized = false;
  }
  isMinimized(): boolean {
    return this.minimized;
  }
  maximize(): void {
    this.maximized = true;
  }
  isMaximized(): boolean {
    return this.maximized;
  }
  isDestroyed(): boolean {
    return this.destroyed;
  }
  setBackgroundColor(color: string): void {
    record('window.setBackgroundColor', [color]);
  }
  getNormalBounds(): Electron.Rectangle {
    return {
      x: this.options.x ?? 0,
      y: this.options.y ?? 0,
      width: this.options.width ?? 800,
      height: this.options.height ?? 600,
    };
  }

  close(): void {
    if (this.destroyed) return;
    const event = preventable({});
    this.emit('close', event);
    if (event.defaultPrevented) return;
    this.destroyed = true;
    openWindows.delete(this);
    byContents.delete(this.webContents);
    this.bridge?.dispose();
    this.emit('closed');
    void this.opened
      .then((page) => {
        // The last page stays: Chromium ends with it, and Electron does not.
        if (openWindows.size > 0) return page.close();
      })
      .catch(() => {});
    if (openWindows.size === 0) allWindowsClosed();
  }

  /** Emits will-navigate for a navigation that the page began; true if the application prevented it. */
  refusesNavigation(request: PageRequest, url: string): boolean {
    if (request.frame().parentFrame() !== null) return false;
    if (request.url() === this.loading) {
      this.loading = '';
      return false;
    }
    const details = preventable({ url, isMainFrame: true, isSameDocument: false });
    this.contents.emit('will-navigate', details, url);
    record('will-navigate', [url, details.defaultPrevented]);
    return details.defaultPrevented;
  }

  /** Asks the application about a window that a page wants; the double never opens it. */
  refuseWindow(url: string): void {
    const { action } = this.windowOpenHandler({
      url,
      frameName: '',
      features: '',
      disposition: 'new-window',
      referrer: { url: '', policy: 'default' },
    });
    record('window.open', [url, action]);
    if (action === 'allow')
      console.error('The double of electron opens no second window from a page.');
  }

  private makeContents(): { double: Electron.WebContents; emitter: EventEmitter } {
    const onBridge = (use: (bridge: PageBridge) => void) => {
      if (this.bridge) use(this.bridge);
      else this.early.push(() => this.bridge && use(this.bridge));
    };
    const part: Partial<Electron.WebContents> = {
      session: sessionDouble.double,
      isDestroyed: () => this.destroyed,
      getURL: () => this.url,
      send: (channel, ...args) => onBridge((bridge) => bridge.send(channel, args)),
      postMessage: (channel, message, transfer = []) =>
        onBridge((bridge) => bridge.send(channel, [message], transfer)),
      setWindowOpenHandler: (handler) => {
        this.windowOpenHandler = handler;
      },
    };
    return doubledEmitter<Electron.WebContents>('webContents', part);
  }

  private async openPage(preload: string | undefined): Promise<Page> {
    const page = await newPage();
    byPage.set(page, this);
    page.on('framenavigated', (frame) => {
      if (frame === page.mainFrame()) this.url = fromPage(frame.url());
    });
    page.on('popup', (popup) => void popup.close().catch(() => {}));
    page.on('download', (download) => this.download(download));
    page.on('pageerror', (error) => record('pageerror', [error.message]));
    page.on('console', (message) => {
      if (message.type() === 'error') record('console.error', [message.text()]);
    });
    page.on('crash', () =>
      this.contents.emit('render-process-gone', preventable({}), {
        reason: 'crashed',
        exitCode: 1,
      }),
    );
    const bridge = new PageBridge(page, (channel, args) => {
      const frame = doubled<Electron.WebFrameMain>('WebFrameMain', {
        url: this.url,
        parent: null,
      } satisfies Partial<Electron.WebFrameMain>);
      const event = doubled<Electron.IpcMainEvent>('IpcMainEvent', {
        sender: this.webContents,
        senderFrame: frame,
      } satisfies Partial<Electron.IpcMainEvent>);
      ipc.emitter.emit(channel, event, ...args);
    });
    await bridge.install(preload);
    const theme = (source: Electron.NativeTheme['themeSource']) =>
      void page.emulateMedia({ colorScheme: source === 'system' ? null : source }).catch(() => {});
    appEmitter.on('double-theme', theme);
    this.once('closed', () => appEmitter.off('double-theme', theme));
    this.bridge = bridge;
    for (const use of this.early.splice(0)) use();
    return page;
  }

  /** The person's answer to the save dialog is a path laid ready under `saveDialog`; none means cancelled. */
  private download(download: Download): void {
    let dialogOptions: Electron.SaveDialogOptions = {};
    let path = '';
    const { double, emitter } = doubledEmitter<Electron.DownloadItem>('DownloadItem', {
      getURL: () => download.url(),
      getFilename: () => download.suggestedFilename(),
      getSavePath: () => path,
      setSaveDialogOptions: (options) => {
        dialogOptions = options;
      },
    });
    const event = preventable({});
    sessionDouble.emitter.emit('will-download', event, double, this.webContents);
    if (event.defaultPrevented) return void download.cancel().catch(() => {});
    record('saveDialog', [dialogOptions]);
    const answer = takeAnswer('saveDialog');
    if (typeof answer !== 'string') {
      void download.cancel().catch(() => {});
      emitter.emit('done', preventable({}), 'cancelled');
      return;
    }
    path = answer;
    download.saveAs(path).then(
      () => emitter.emit('done', preventable({}), 'completed'),
      (error: Error) => {
        record('download failed', [error.message]);
        emitter.emit('done', preventable({}), 'interrupted');
      },
    );
  }
}

onControl('close-window', () => {
  for (const window of [...openWindows]) window.close();
});
onControl('permission', (request) => {
  if (request.op !== 'permission') return;
  const [contents] = byContents.keys();
  if (!permissionHandler || !contents)
    throw new Error('no permission handler: Electron would grant everything');
  let granted: boolean | null = null;
  permissionHandler(
    contents,
    request.permission as 'media',
    (decision) => {
      granted = decision;
    },
    doubled<Electron.PermissionRequest>('PermissionRequest', {}),
  );
  return granted;
});
