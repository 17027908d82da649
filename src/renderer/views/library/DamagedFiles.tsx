/** What lies in the library and cannot be read: it is no row of the table, and would seem to be gone. */
import { TriangleAlert } from 'lucide-react';
import { useQuery } from '../../state/engine';

/** `count`: of the sessions that are listed; when it is another, there may be another file. */
export function DamagedFiles({ count }: { count: number }) {
  const { data } = useQuery(`damaged ${count}`, (engine) => engine.damaged());
  const [first, ...others] = data ?? [];
  if (first === undefined) return null;
  return (
    <div className="failure" role="status">
      <TriangleAlert size={18} aria-hidden="true" />
      <div>
        <p className="failure-message">{first.message}</p>
        <p className="failure-remedy">
          {others.length === 0
            ? 'It is not listed. Restore it from a copy, or delete it: '
            : `It is not listed, nor are ${others.length} more that cannot be read. Restore them from copies, or delete them: `}
          <a href="#/doctor">Doctor</a> names each.
        </p>
      </div>
    </div>
  );
}
