/** Reports: a session, or several beside each other, as one file to hand on. */
import { Failure } from '../../shared/base/failure';
import { html } from './html';
import { json } from './json';
import { markdown } from './markdown';
import type { ReportFormat, ReportFormatId, ReportRequest } from './protocol';

export type { ReportInput, ReportRequest } from './protocol';

const FORMATS: readonly ReportFormat[] = [html, markdown, json];

export function renderReport(request: ReportRequest & { readonly format: ReportFormatId }): {
  readonly fileName: string;
  readonly mimeType: string;
  readonly text: string;
} {
  const format = FORMATS.find(({ id }) => id === request.format);
  if (!format)
    throw new Failure(
      'bad_input',
      `There is no report format "${request.format}".`,
      `Use one of ${FORMATS.map(({ id }) => id).join(', ')}.`,
    );
  if (request.sessions.length === 0)
    throw new Failure(
      'bad_input',
      'A report needs a session.',
      'Give the id of one; "plumbline list" shows them.',
    );
  return {
    fileName: buildFileName(request, format.id),
    mimeType: format.mimeType,
    text: format.render(request),
  };
}

/** A name any file system takes, from what people called the session. */
function buildFileName({ sessions }: ReportRequest, extension: string): string {
  const ids = sessions.map(({ doc }) => slug(doc.id, 40));
  const middle =
    sessions.length === 1
      ? [slug(sessions[0]!.doc.name, 60), ids[0]]
      : ['comparison', ...ids.slice(0, 4)];
  return `plumbline-${middle.filter(Boolean).join('-')}.${extension}`;
}

function slug(text: string, length: number): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, length)
    .replace(/^-|-$/g, '');
}
