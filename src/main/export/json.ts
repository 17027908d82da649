/** The session document as `plumbline show --json` prints it; several sessions with their comparison. */
import type { ReportFormat, ReportRequest } from './protocol';

export function reportJson({ sessions, comparison }: ReportRequest, space?: number): string {
  const document =
    sessions.length === 1 && comparison === null
      ? sessions[0]!.doc
      : { comparison, sessions: sessions.map(({ doc }) => doc) };
  return JSON.stringify(document, exact, space);
}

/** An integer past 2^53 is a decimal string; what is unknown is null. */
function exact(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  return typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)
    ? BigInt(value).toString()
    : value;
}

export const json: ReportFormat = {
  id: 'json',
  mimeType: 'application/json',
  render: (request) => `${reportJson(request, 2)}\n`,
};
