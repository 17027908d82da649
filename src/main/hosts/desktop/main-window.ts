/** The one window: sandboxed, isolated, shown when it has something to show, and where it was left. */
import { app, BrowserWindow, nativeTheme, screen } from 'electron';
import { START_URL } from './app-url';
import { MINIMUM_SIZE, placeWindow, type Settings, type SettingsFile } from './settings';

/** Behind the page until it has drawn, so that a dark desktop sees no white flash. */
const BACKGROUND = { light: '#ffffff', dark: '#15171c' } as const;

function backgroundColor(): string {
  return nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light;
}

function openWindow(preload: string, settings: Settings): BrowserWindow {
  const window = new BrowserWindow({
    ...placeWindow(
      settings.bounds,
      screen.getAllDisplays().map(({ workArea }) => workArea),
    ),
    minWidth: MINIMUM_SIZE.width,
    minHeight: MINIMUM_SIZE.height,
    title: 'Plumbline',
    show: false,
    backgroundColor: backgroundColor(),
    webPreferences: {
      preload,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
      navigateOnDragDrop: false,
      // Whoever opens them can do all that the page can.
      devTools: !app.isPackaged,
      spellcheck: false,
    },
  });
  window.once('ready-to-show', () => {
    if (settings.maximized) window.maximize();
    window.show();
  });
  window
    .loadURL(START_URL)
    .catch((error: unknown) => console.error('the window could not load:', error));
  return window;
}

interface MainWindowOptions {
  readonly preload: string;
  readonly settings: SettingsFile;
  /** Whether closing the window may close it, rather than ask to quit. */
  mayClose(): boolean;
}

export class MainWindow {
  readonly #options: MainWindowOptions;
  #window: BrowserWindow | null = null;

  constructor(options: MainWindowOptions) {
    this.#options = options;
    nativeTheme.on('updated', () => this.#window?.setBackgroundColor(backgroundColor()));
  }

  /** The open window, if there is one. */
  get current(): BrowserWindow | null {
    return this.#window;
  }

  /** Opens the window, or brings the open one to the front. */
  show(): void {
    if (!this.#window) this.#open();
    else {
      if (this.#window.isMinimized()) this.#window.restore();
      this.#window.focus();
    }
  }

  #open(): void {
    const { preload, settings, mayClose } = this.#options;
    const opened = openWindow(preload, settings.current);
    this.#window = opened;
    opened.on('close', (event) => {
      settings.change({ bounds: opened.getNormalBounds(), maximized: opened.isMaximized() });
      // Elsewhere than on macOS the last window is the application: ask first, close afterwards.
      if (mayClose() || process.platform === 'darwin') return;
      event.preventDefault();
      app.quit();
    });
    opened.on('closed', () => {
      if (this.#window === opened) this.#window = null;
    });
  }
}
