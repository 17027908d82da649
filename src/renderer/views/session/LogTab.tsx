/** What the workload printed and what Plumbline had to say: searched, and read a page at a time however long it is. */
import { Search } from 'lucide-react';
import { useDeferredValue, useState } from 'react';
import { formatInteger } from '../../../shared/base/format';
import type { Micros } from '../../../shared/base/units';
import type { SessionDocument } from '../../../shared/session/session-document';
import type { LogLine } from '../../../shared/trace/types';
import { exactTime } from '../../chart/scale';
import { Segmented } from '../../components/Segmented';
import { usePages } from './usePages';
import { VirtualRows } from './VirtualRows';

const STREAMS = [
  { value: 'all', label: 'All' },
  { value: 'stdout', label: 'stdout' },
  { value: 'stderr', label: 'stderr' },
  { value: 'plumbline', label: 'Plumbline' },
] as const;
const ROW = 20;

export function LogTab({
  session: { id, counts },
  onMoment,
}: {
  session: SessionDocument;
  onMoment(t: Micros): void;
}) {
  const [stream, setStream] = useState<'all' | LogLine['stream']>('all');
  const [typed, setTyped] = useState('');
  const text = useDeferredValue(typed.trim());
  const pages = usePages<LogLine>(
    `logs ${id} ${stream} ${text} ${counts.logs}`,
    (engine, page, signal) =>
      engine.logs(
        { id, ...page, ...(stream !== 'all' && { stream }), ...(text !== '' && { text }) },
        { signal },
      ),
  );
  return (
    <div className="log-tab">
      <div className="log-tools">
        <Segmented label="Stream" value={stream} onChange={setStream} options={STREAMS} />
        <label className="search">
          <Search size={14} aria-hidden="true" />
          <input
            type="search"
            aria-label="Search the log"
            placeholder="Search the log"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        </label>
        <span className="muted num" role="status">
          {pages.total === null
            ? ''
            : `${formatInteger(pages.total)} ${pages.total === 1 ? 'line' : 'lines'}`}
        </span>
      </div>
      {pages.total === 0 ? (
        <p className="empty-line">
          {text === '' ? 'Nothing was written here.' : `No line holds “${text}”.`}
        </p>
      ) : (
        <VirtualRows label="Log" pages={pages} rowHeight={ROW} height="100%">
          {(line) => (
            <button
              type="button"
              className="log-line"
              data-stream={line.stream}
              title={`${line.text}\nClick to see the moment`}
              onClick={() => onMoment(line.t)}
            >
              <time>{exactTime(line.t)}</time>
              <span>{line.stream}</span>
              <code>{line.text}</code>
            </button>
          )}
        </VirtualRows>
      )}
    </div>
  );
}
