/** What failed, as a note on the page. */
import { TriangleAlert } from 'lucide-react';
import { Failure } from '../../shared/base/failure';

/** An expected failure, where the person is looking: the fact, then what can be done. */
export function FailureNote({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const message = error instanceof Error ? error.message : String(error);
  const remedy =
    error instanceof Failure
      ? error.remedy
      : 'This is a fault of Plumbline; the engine’s log has the details.';
  return (
    <div className="failure" role="alert">
      <TriangleAlert size={18} aria-hidden="true" />
      <div>
        <p className="failure-message">{message}</p>
        <p className="failure-remedy">{remedy}</p>
      </div>
      {onRetry && (
        <button type="button" className="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}
