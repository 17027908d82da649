/** A report of sessions, in every format that people read, saved where the person says. */
import { Download } from 'lucide-react';
import type { ReportFile } from '../../shared/contract/api';
import { useEngine, useQuery } from '../state/engine';

export function ReportButtons({
  ids,
  base,
  attempt,
}: {
  ids: readonly string[];
  /** What the others are compared with; the first where none is named. */
  base?: string | undefined;
  /** Runs what may fail, and tells the person where they are looking. */
  attempt(action: () => Promise<void>): Promise<void>;
}) {
  const engine = useEngine();
  const formats = useQuery('exportFormats', (client) => client.exportFormats());
  const readable = formats.data?.filter((each) => each.source === 'report' && each.isForPeople);
  return (
    <fieldset className="button-group" aria-label="Export report">
      <span className="button-group-label">
        <Download size={14} aria-hidden="true" />
        Report
      </span>
      {readable?.map(({ id, label }) => (
        <button
          key={id}
          type="button"
          className="button"
          onClick={() =>
            attempt(async () =>
              download(
                await engine.report({ ids, format: id, ...(base !== undefined && { base }) }),
              ),
            )
          }
        >
          {label}
        </button>
      ))}
    </fieldset>
  );
}

/** A copy of bytes, which no other thread shares. */
const contents = ({ text, bytes }: ReportFile): BlobPart => (bytes ? Uint8Array.from(bytes) : text);

function download(file: ReportFile): void {
  const url = URL.createObjectURL(new Blob([contents(file)], { type: file.mimeType }));
  const link = document.createElement('a');
  link.href = url;
  link.download = file.fileName;
  link.click();
  // The download has taken hold of the data by the time the event loop comes round again.
  window.setTimeout(() => URL.revokeObjectURL(url), 1000);
}
