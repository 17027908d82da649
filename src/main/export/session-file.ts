/** The session itself: its database as one file, whatever log lies beside it. */
import { openDatabase } from '../store/open-database';
import { EXTENSION } from '../store/session-file';
import type { ExportFormat } from './protocol';

export const sessionFile: ExportFormat<'session'> = {
  id: 'plumbline',
  label: 'Session file',
  source: 'session',
  endings: ['plumbline'],
  mimeType: 'application/vnd.sqlite3',
  isText: false,
  isForPeople: false,
  render: ({ id, path }) => ({ fileName: id + EXTENSION, contents: readWholeFile(path) }),
};

function readWholeFile(path: string): Uint8Array {
  const { db } = openDatabase(path);
  try {
    return db.serialize();
  } finally {
    db.close();
  }
}
