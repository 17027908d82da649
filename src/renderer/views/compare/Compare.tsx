/** Two or more sessions beside each other; the first is the one the others are measured against. */

import { ArrowLeft } from 'lucide-react';
import { FailureNote } from '../../components/FailureNote';
import { Skeleton } from '../../components/Skeleton';
import { useQuery } from '../../state/engine';
import { CompareChart } from './CompareChart';
import { ComparisonTables } from './ComparisonTables';

export function Compare({ ids }: { ids: readonly string[] }) {
  const comparison = useQuery(`compare ${ids.join()}`, async (engine) =>
    ids.length < 2 ? null : engine.compare({ ids }),
  );
  const documents = useQuery(`documents ${ids.join()}`, (engine) =>
    Promise.all(ids.map((id) => engine.show({ id }))),
  );
  const error = comparison.error ?? documents.error;
  return (
    <main className="page">
      <div className="page-head">
        <a className="icon-button" href="#/" aria-label="Back to all sessions">
          <ArrowLeft size={17} />
        </a>
        <h1>Compare</h1>
      </div>
      {ids.length < 2 && (
        <p className="empty-line">Select two or more sessions in the library to compare them.</p>
      )}
      {error !== null && <FailureNote error={error} onRetry={comparison.refresh} />}
      {ids.length >= 2 && comparison.data === null && error === null && <Skeleton rows={8} />}
      {comparison.data && (
        <>
          <p className="verdict">{comparison.data.verdict}</p>
          <section className="card chart-card compare-chart">
            {documents.data && <CompareChart sessions={documents.data} />}
          </section>
          <ComparisonTables comparison={comparison.data} />
        </>
      )}
    </main>
  );
}
