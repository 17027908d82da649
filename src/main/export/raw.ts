/** The file that a session was imported from, as it came. */
import { unpackRawFile } from '../store/raw-file';
import type { ExportFormat } from './protocol';

export const raw: ExportFormat<'session'> = {
  id: 'raw',
  label: 'Imported file',
  source: 'session',
  endings: ['raw'],
  mimeType: 'application/octet-stream',
  isText: false,
  isForPeople: false,
  render(reader) {
    const { file, contents } = unpackRawFile(reader.meta('raw'), reader.id);
    // The id before the name keeps it from the original, which may have grown since.
    return { fileName: `${reader.id}-${file}`, contents };
  },
};
