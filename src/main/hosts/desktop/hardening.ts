/**
 * What a page may not do, whatever it loads: leave our scheme, open windows, attach web views, be granted a permission,
 * or speak to the main process from any frame but its own top one.
 */
import { app, type IpcMainEvent, type Session, shell } from 'electron';
import { isAppUrl, isDocumentation } from './app-url';

/** For every page of the application; `homepage` is the root of the documentation, if it has one. */
export function hardenPages(homepage: string | undefined): void {
  app.on('web-contents-created', (_event, contents) => {
    contents.on('will-navigate', (details) => {
      if (!isAppUrl(details.url)) details.preventDefault();
    });
    contents.on('will-redirect', (details) => {
      if (!isAppUrl(details.url)) details.preventDefault();
    });
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.setWindowOpenHandler(({ url }) => {
      if (isDocumentation(url, homepage)) void shell.openExternal(url);
      return { action: 'deny' };
    });
  });
}

export function denyPermissions(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, callback) => callback(false));
  // Copying to the clipboard after a click is the one thing a page of ours asks for.
  session.setPermissionCheckHandler(
    (_contents, permission, origin) =>
      permission === 'clipboard-sanitized-write' && isAppUrl(`${origin}/`),
  );
  session.setDevicePermissionHandler(() => false);
}

/** Whether a message comes from the top frame of one of our own pages. */
export function isFromApp(event: IpcMainEvent): boolean {
  const frame = event.senderFrame;
  return frame !== null && frame.parent === null && isAppUrl(frame.url);
}
