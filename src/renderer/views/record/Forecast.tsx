/** What theory says of the recording before it starts, while it is typed: the figures of the planner. */
import { Ruler } from 'lucide-react';
import type { DoctorReport } from '../../../shared/contract/api';
import { learnBudget } from '../../../shared/learned/apply';
import type { GpuMemory } from '../../../shared/planning/fits';
import { holdOn } from '../../../shared/planning/fits';
import type { ResolvedSpec } from '../../../shared/planning/resolve-run';
import { learnedSentence } from '../../../shared/present/learned-words';
import { FailureNote } from '../../components/FailureNote';
import { BudgetSummary } from '../../plans/BudgetSummary';
import { writeDraft } from '../../plans/draft';
import type { Reading } from '../../plans/read-draft';
import { useAnswer } from '../../plans/useAnswer';
import { useQuery } from '../../state/engine';
import { withParameters } from '../../state/router';
import type { RecordForm } from './record-form';

export function Forecast({
  form,
  spec,
  reading,
}: {
  form: RecordForm;
  spec: ResolvedSpec | null;
  reading: Reading | null;
}) {
  const { data: budget, error } = useAnswer('budget', spec);
  const { data: known } = useQuery('learned', (engine) => engine.learned());
  const { data: machine } = useQuery('sources', (engine) => engine.sources());
  if (error !== null) return <FailureNote error={error} />;
  if (form.kind === 'saved')
    return <p className="muted">A saved workload is recorded as it was saved.</p>;
  if (reading?.model === null && spec === null) return <Undeclared />;
  if (budget === null) return <p className="muted">Working out the budget…</p>;
  const card = spec?.card ?? findCard(machine);
  const learned = known && learnBudget(budget, card?.name, known.machines);
  return (
    <div className="forecast-panel" aria-live="polite" data-stale={spec === null}>
      <BudgetSummary budget={budget} hold={card && holdOn(card, budget.answer.bytes)}>
        No GPU is known here to hold it against.
      </BudgetSummary>
      {learned && <p>{learnedSentence(learned, card?.memoryBytes ?? null)}</p>}
      <a className="link" href={plannerHref(form)}>
        <Ruler size={13} aria-hidden="true" /> Open in the planner
      </a>
    </div>
  );
}

const Undeclared = () => (
  <div className="forecast-panel">
    <p className="forecast-sentence">Nothing is predicted yet.</p>
    <p className="muted">
      Name model and run, and the budget stands here before anything runs. Where the workload
      announces them, or PyTorch is watched, the budget comes with the recording; without either the
      trace is told by itself.
    </p>
  </div>
);

/** The first GPU of this machine, whole. */
function findCard(machine: DoctorReport | null): GpuMemory | null {
  const gpu = machine?.gpus.find(({ memoryBytes }) => memoryBytes !== null);
  return gpu?.memoryBytes ? { name: gpu.name, memoryBytes: gpu.memoryBytes } : null;
}

function plannerHref({ kind, bundled, declared }: RecordForm): string {
  const draft =
    kind === 'bundled'
      ? { ...bundled, settings: { ...bundled.settings, framework: 'tfjs' } }
      : declared;
  return withParameters('#/planner', writeDraft(draft));
}
