/** The one window: sandboxed, isolated, shown when it has something to show, and where it was left. */
import { BrowserWindow, nativeTheme, screen } from 'electron';
import { START_URL } from './app-url';
import { MINIMUM_SIZE, placeWindow, type Settings } from './settings';

/** Behind the page until it has drawn, so that a dark desktop sees no white flash. */
const BACKGROUND = { light: '#ffffff', dark: '#15171c' } as const;

export function backgroundColor(): string {
  return nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light;
}

export function openMainWindow(preload: string, settings: Settings): BrowserWindow {
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
