/** What has no counterpart in a headless page: menus, dialogs, shell, theme, screen. Calls are recorded, answers laid ready. */
import { appEmitter } from './application.ts';
import { onControl, record, takeAnswer } from './control.ts';
import { doubled, doubledEmitter } from './doubled.ts';

// Of the roles that the real Menu knows, those in use; a misspelt role fails here as it does there.
const ROLES = new Set([
  'about',
  'appMenu',
  'close',
  'editMenu',
  'help',
  'quit',
  'reload',
  'resetZoom',
  'toggleDevTools',
  'togglefullscreen',
  'windowMenu',
  'zoomIn',
  'zoomOut',
]);
let applicationMenu: readonly Electron.MenuItemConstructorOptions[] = [];

function check(items: readonly Electron.MenuItemConstructorOptions[]): void {
  for (const item of items) {
    if (item.role !== undefined && !ROLES.has(item.role))
      throw new Error(`The double of electron has no menu role ${item.role}.`);
    if (item.role === undefined && item.label === undefined && item.type !== 'separator')
      throw new TypeError(
        'Invalid template for MenuItem: must have at least one of label, role or type',
      );
    if (Array.isArray(item.submenu)) check(item.submenu);
  }
}

class MenuDouble {
  readonly template: readonly Electron.MenuItemConstructorOptions[];
  constructor(template: readonly Electron.MenuItemConstructorOptions[]) {
    this.template = template;
  }
}

export const Menu = doubled<typeof Electron.Menu>('Menu', {
  buildFromTemplate(template) {
    check(template as Electron.MenuItemConstructorOptions[]);
    return new MenuDouble(
      template as Electron.MenuItemConstructorOptions[],
    ) as unknown as Electron.Menu;
  },
  setApplicationMenu(menu) {
    applicationMenu = (menu as unknown as MenuDouble | null)?.template ?? [];
    record('Menu.setApplicationMenu', [applicationMenu]);
  },
} satisfies Partial<typeof Electron.Menu>);

onControl('menu', (request) => {
  if (request.op !== 'menu') return;
  let items = applicationMenu;
  let found: Electron.MenuItemConstructorOptions | undefined;
  for (const label of request.path) {
    found = items.find((item) => (item.label ?? item.role) === label);
    if (!found) throw new Error(`no menu item ${label}`);
    items = Array.isArray(found.submenu) ? found.submenu : [];
  }
  if (!found?.click) throw new Error(`menu item ${request.path.join(' > ')} does nothing`);
  found.click(
    undefined as unknown as Electron.MenuItem,
    undefined,
    undefined as unknown as Electron.KeyboardEvent,
  );
});

async function showMessageBox(...args: unknown[]): Promise<Electron.MessageBoxReturnValue> {
  const options = args.at(-1) as Electron.MessageBoxOptions;
  record('dialog.showMessageBox', [options]);
  const answer = takeAnswer('dialog.showMessageBox');
  return {
    response: typeof answer === 'number' ? answer : (options.cancelId ?? 0),
    checkboxChecked: false,
  };
}
export const dialog = doubled<Electron.Dialog>('dialog', {
  showMessageBox,
  showErrorBox: (title, content) => record('dialog.showErrorBox', [title, content]),
} satisfies Partial<Electron.Dialog>);

export const shell = doubled<Electron.Shell>('shell', {
  openExternal: async (url) => record('shell.openExternal', [url]),
  showItemInFolder: (path) => record('shell.showItemInFolder', [path]),
} satisfies Partial<Electron.Shell>);

let source: Electron.NativeTheme['themeSource'] = 'system';
const theme = doubledEmitter<Electron.NativeTheme>('nativeTheme', {
  get themeSource() {
    return source;
  },
  set themeSource(wanted) {
    source = wanted;
    record('nativeTheme.themeSource', [wanted]);
    theme.emitter.emit('updated');
    appEmitter.emit('double-theme', wanted);
  },
  get shouldUseDarkColors() {
    return source === 'dark';
  },
});
export const nativeTheme = theme.double;

const area = { x: 0, y: 0, width: 1920, height: 1080 };
export const screen = doubled<Electron.Screen>('screen', {
  getAllDisplays: () => [
    doubled<Electron.Display>('Display', {
      bounds: area,
      workArea: area,
    } satisfies Partial<Electron.Display>),
  ],
} satisfies Partial<Electron.Screen>);
