/** What the workload printed, and what Plumbline had to say about it. */
import { useMemo, useState } from 'react';
import type { LogLine } from '../../../shared/trace/types';
import { exactTime } from '../../chart/scale';
import { Segmented } from '../../components/Segmented';

/** The last lines are those one looks for; more than these would only slow the page. */
const SHOWN = 2000;

export function Logs({ logs }: { logs: readonly LogLine[] }) {
  const [stream, setStream] = useState<'all' | LogLine['stream']>('all');
  const own = useMemo(
    () => logs.filter((line) => stream === 'all' || line.stream === stream),
    [logs, stream],
  );
  return (
    <div className="card logs">
      <Segmented
        label="Stream"
        value={stream}
        onChange={setStream}
        options={[
          { value: 'all', label: 'All' },
          { value: 'stdout', label: 'stdout' },
          { value: 'stderr', label: 'stderr' },
          { value: 'plumbline', label: 'Plumbline' },
        ]}
      />
      {own.length === 0 ? (
        <p className="muted">Nothing was written here.</p>
      ) : (
        <ol>
          {own.length > SHOWN && (
            <li className="muted">{own.length - SHOWN} earlier lines are in the session file.</li>
          )}
          {own.slice(-SHOWN).map((line, i) => (
            <li key={own.length > SHOWN ? own.length - SHOWN + i : i} data-stream={line.stream}>
              <time>{exactTime(line.t)}</time>
              <span>{line.stream}</span>
              <code>{line.text}</code>
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}
