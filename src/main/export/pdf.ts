/** A report to hand round on paper: the page of the HTML report, which the engine has a browser print. */
import { reportFileName } from './file-name';
import { html } from './html';
import type { ExportFormat } from './protocol';

export const pdf: ExportFormat<'report'> = {
  id: 'pdf',
  label: 'PDF',
  source: 'report',
  endings: ['pdf'],
  mimeType: 'application/pdf',
  isText: false,
  isForPeople: true,
  /** The page to print. */
  render: (request) => ({
    fileName: reportFileName(request, 'pdf'),
    contents: html.render(request).contents,
  }),
};
