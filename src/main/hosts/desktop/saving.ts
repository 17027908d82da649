/**
 * Saving a report: the page offers a download, the person says where it goes. The dialog opens in the folder of the last
 * save, which the system no longer remembers for us.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { app, dialog, type Session } from 'electron';

export function askWhereToSave(
  session: Session,
  lastFolder: () => string | null,
  remember: (folder: string) => void,
): void {
  session.on('will-download', (event, item) => {
    // Only what a page of ours made itself; nothing is fetched from elsewhere.
    if (!item.getURL().startsWith('blob:')) {
      event.preventDefault();
      return;
    }
    const last = lastFolder();
    const folder = last !== null && existsSync(last) ? last : app.getPath('documents');
    item.setSaveDialogOptions({
      title: 'Save report',
      defaultPath: join(folder, item.getFilename()),
    });
    item.once('done', (_done, state) => {
      if (state === 'completed') remember(dirname(item.getSavePath()));
      else if (state === 'interrupted')
        dialog.showErrorBox(
          'The report was not saved',
          `${item.getSavePath()} could not be written. Choose another folder or free some space.`,
        );
    });
  });
}
