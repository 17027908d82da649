/** Over many GPUs: what each stage of a pipeline holds, what the fullest rank is made of, and what sharding saves. */
import { formatBytes, formatInteger } from '../../../shared/base/format';
import { figure } from '../../../shared/present/numbers';
import { Skeleton } from '../../components/Skeleton';
import { PlanTable } from './PlanTable';
import type { Planned } from './planned';

export function GpusPage({ sides }: { sides: readonly Planned[] }) {
  return (
    <div className="plan-columns" data-sides={sides.length}>
      {sides.map((side) => (
        <Ranks key={side.letter} side={side} />
      ))}
    </div>
  );
}

function Ranks({ side: { letter, budget } }: { side: Planned }) {
  if (budget === null) return <Skeleton rows={6} />;
  const { perRank, tiers, answer } = budget;
  const alone = tiers.refined.total;
  return (
    <section className="plan-page" aria-label={letter ? `Ranks of ${letter}` : 'Ranks'}>
      {letter && <b className="side-letter">{letter}</b>}
      {perRank ? (
        <>
          <p>
            The fullest of {formatInteger(perRank.ranks)} ranks, rank {answer.rank}, holds{' '}
            <strong>{formatBytes(answer.bytes)}</strong>; the whole on one device would be{' '}
            {formatBytes(alone)}, {figure(alone / answer.bytes)} times as much.
          </p>
          <PlanTable
            caption="Stages of the pipeline; the ranks of one stage are alike"
            head={['Stage', 'Layers', 'Ends', 'Micro-batches in flight', 'Textbook', 'Refined']}
            chosen={perRank.stage}
            rows={perRank.stages.map(({ stage, layers, embedding, head, inFlight, peak }) => [
              String(stage),
              formatInteger(layers),
              ends(embedding, head),
              figure(inFlight),
              { bytes: peak.textbook },
              { bytes: peak.refined },
            ])}
          />
        </>
      ) : (
        <p>
          It runs on one device and takes <strong>{formatBytes(alone)}</strong>. Give data-parallel,
          tensor-parallel or pipeline ranks under “Many GPUs”, or let “What fits” look for the
          fewest cards.
        </p>
      )}
    </section>
  );
}

function ends(embedding: boolean, head: boolean): string {
  const names = [...(embedding ? ['embeddings'] : []), ...(head ? ['head'] : [])];
  return names.length === 0 ? 'none' : names.join(', ');
}
