/** The application's menu: the usual roles, the appearance, and the way to the log and the documentation. */
import { app, Menu, type MenuItemConstructorOptions } from 'electron';
import type { Settings } from './settings';

export interface MenuActions {
  readonly theme: Settings['theme'];
  setTheme(theme: Settings['theme']): void;
  showLog(): void;
  /** Null where the project names no documentation. */
  readonly showDocumentation: (() => void) | null;
}

const THEMES = [
  ['system', 'As the System'],
  ['light', 'Light'],
  ['dark', 'Dark'],
] as const;

function template(actions: MenuActions, mac: boolean): MenuItemConstructorOptions[] {
  const documentation = actions.showDocumentation;
  const application: MenuItemConstructorOptions[] = mac ? [{ role: 'appMenu' }] : [];
  return [
    ...application,
    { label: '&File', submenu: [{ role: mac ? 'close' : 'quit' }] },
    { role: 'editMenu' },
    {
      label: '&View',
      submenu: [
        {
          label: 'Appearance',
          submenu: THEMES.map(([theme, label]) => ({
            label,
            type: 'radio' as const,
            checked: actions.theme === theme,
            click: () => actions.setTheme(theme),
          })),
        },
        { type: 'separator' },
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'togglefullscreen' },
        { type: 'separator' },
        { role: 'reload' },
        ...(app.isPackaged ? [] : [{ role: 'toggleDevTools' as const }]),
      ],
    },
    { role: 'windowMenu' },
    {
      role: 'help',
      submenu: [
        ...(documentation ? [{ label: 'Documentation', click: () => documentation() }] : []),
        { label: 'Show Engine Log', click: () => actions.showLog() },
        ...(mac ? [] : [{ type: 'separator' as const }, { role: 'about' as const }]),
      ],
    },
  ];
}

export function installMenu(actions: MenuActions): void {
  Menu.setApplicationMenu(Menu.buildFromTemplate(template(actions, process.platform === 'darwin')));
}
