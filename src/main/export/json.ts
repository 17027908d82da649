/** The session document as `plumbline show --json` prints it; several sessions with their comparison. */
import { toJson } from '../../shared/base/json';
import { reportFileName } from './file-name';
import type { ExportFormat, ReportRequest } from './protocol';

/** One session's document, or all of them and what tells them apart. */
function reportDocument({ sessions, comparison }: ReportRequest): unknown {
  const documents = sessions.map(({ doc }) => doc);
  return documents.length === 1 && comparison === null
    ? documents[0]
    : { comparison, sessions: documents };
}

export const json: ExportFormat<'report'> = {
  id: 'json',
  label: 'JSON',
  source: 'report',
  endings: ['json'],
  mimeType: 'application/json',
  isText: true,
  isForPeople: false,
  render: (request) => ({
    fileName: reportFileName(request, 'json'),
    contents: `${toJson(reportDocument(request))}\n`,
  }),
};
