/** The name of a report's file: one that any file system takes, from what people called the session. */
import { Failure } from '../../shared/base/failure';
import type { ReportRequest } from './protocol';

/** Throws a Failure where there is no session to report. */
export function reportFileName({ sessions }: ReportRequest, ending: string): string {
  const [first] = sessions;
  if (first === undefined)
    throw new Failure(
      'bad_input',
      'A report needs a session.',
      'Give the id of one; "plumbline list" shows them.',
    );
  const ids = sessions.map(({ doc }) => slug(doc.id, 40));
  const middle =
    sessions.length === 1 ? [slug(first.doc.name, 60), ...ids] : ['comparison', ...ids.slice(0, 4)];
  return `plumbline-${middle.filter(Boolean).join('-')}.${ending}`;
}

function slug(text: string, length: number): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, length)
    .replace(/^-|-$/g, '');
}
