/** A run before it runs: what theory says of a model and its settings, of one configuration or of two beside each other. */
import { Columns2, Link2 } from 'lucide-react';
import { useMemo } from 'react';
import { formatBytes } from '../../../shared/base/format';
import { carriedSentences } from '../../../shared/present/carried-words';
import { fitSentence } from '../../../shared/present/fit-words';
import { learnedSentence } from '../../../shared/present/learned-words';
import type { SessionPlan } from '../../../shared/session/as-plan';
import { useRegistry } from '../../commands/useCommands';
import { FailureNote } from '../../components/FailureNote';
import { Segmented } from '../../components/Segmented';
import { ModelFields, ModelLine } from '../../plans/ModelFields';
import { SettingFields, type Side } from '../../plans/SettingFields';
import { useWarmTheory } from '../../plans/warm-up';
import { sessionHref, useParameter } from '../../state/router';
import { ComputePage } from './ComputePage';
import { EmptyPlan } from './EmptyPlan';
import { FitPage } from './FitPage';
import { GpusPage } from './GpusPage';
import { MemoryPage } from './MemoryPage';
import { PinButton } from './PinButton';
import { type Planned, usePlanned } from './planned';
import { QuantizationPage } from './QuantizationPage';
import { ScalingPage } from './ScalingPage';
import { ServingPage } from './ServingPage';
import { type PlanDrafts, usePlanDrafts } from './usePlanDrafts';
import { type BegunFrom, useSessionPlan } from './useSessionPlan';

const PAGES = [
  { value: 'memory', label: 'Memory' },
  { value: 'work', label: 'Work and time' },
  { value: 'fit', label: 'What fits' },
  { value: 'gpus', label: 'Many GPUs' },
  { value: 'quantization', label: 'Quantization' },
  { value: 'serving', label: 'Serving' },
  { value: 'scaling', label: 'Scaling laws' },
  { value: 'cost', label: 'Time and money' },
] as const;
type Page = (typeof PAGES)[number]['value'];

export default function Planner() {
  useWarmTheory();
  const begun = useSessionPlan();
  const drafts = usePlanDrafts(begun.plan);
  const residual = begun.plan?.residual ?? null;
  const a = usePlanned(drafts.a, drafts.b ? 'A' : null, residual);
  const b = usePlanned(drafts.b, 'B', residual);
  const sides = useMemo(() => [a, b].filter((side) => side !== null), [a, b]);
  const isEmpty =
    begun.id === null && drafts.a.draft.model === '' && drafts.a.draft.config === null;
  return (
    <main className="page planner">
      <PlannerHead drafts={drafts} first={a} />
      <div className="planner-grid" data-sides={drafts.b ? 2 : 1}>
        <section className="planner-form" aria-label="Model and run">
          <Begun begun={begun} />
          <PlanForm drafts={drafts} begun={begun.plan} />
        </section>
        <section className="planner-answer" aria-label="What theory says">
          {isEmpty ? (
            <EmptyPlan onChoose={drafts.a.onChange} />
          ) : (
            <>
              <Sentences sides={sides} />
              <Pages sides={sides} drafts={drafts} />
            </>
          )}
        </section>
      </div>
    </main>
  );
}

function PlannerHead({ drafts, first }: { drafts: PlanDrafts; first: Planned | null }) {
  const registry = useRegistry();
  return (
    <div className="page-head">
      <h1>Planner</h1>
      <span className="grow" />
      <PinButton planned={first} side={drafts.a} />
      <button
        type="button"
        className="button"
        aria-pressed={drafts.b !== null}
        onClick={() => drafts.setBeside(drafts.b === null)}
      >
        <Columns2 size={14} aria-hidden="true" />
        {drafts.b === null ? 'Beside another' : 'One alone'}
      </button>
      <button type="button" className="button" onClick={() => registry.run('window.link')}>
        <Link2 size={14} aria-hidden="true" />
        Copy link
      </button>
    </div>
  );
}

/** The session the plan begins with, and how to leave it. */
function Begun({ begun: { id, plan, error } }: { begun: BegunFrom }) {
  const [, setFrom] = useParameter('from', 'plan');
  if (id === null) return null;
  return (
    <div className="plan-begun">
      {error !== null && <FailureNote error={error} />}
      <p>
        Begun from <a href={sessionHref(id)}>{plan?.residual?.session.name ?? `session ${id}`}</a>:
        what is left open is as it was there.
      </p>
      {plan?.without && <p className="muted">Nothing is carried along: {plan.without}.</p>}
      <button type="button" className="link" onClick={() => setFrom(null)}>
        Begin with nothing
      </button>
    </div>
  );
}

function PlanForm({ drafts: { a, b }, begun }: { drafts: PlanDrafts; begun: SessionPlan | null }) {
  const sides: readonly Side[] = [
    { ...a, suffix: b ? ', A' : '', base: null },
    ...(b ? [{ ...b, suffix: ', B', base: a.whole }] : []),
  ];
  return (
    <>
      <div className="plan-row">
        {sides.map(({ draft, reading, suffix, base, onChange }) => (
          <div key={suffix}>
            <ModelFields
              draft={draft}
              reading={reading}
              base={base}
              unknown={begun?.model.name}
              suffix={suffix}
              onChange={onChange}
            />
            <ModelLine reading={reading} />
          </div>
        ))}
      </div>
      {a.reading.model !== null && <SettingFields sides={sides} />}
    </>
  );
}

/** The answer first: whether it fits where that can be said, and the peak. */
function Sentences({ sides }: { sides: readonly Planned[] }) {
  return (
    <div className="plan-sentences" aria-live="polite">
      {sides.map((side) => (
        <div key={side.letter ?? ''} className="plan-sentence" data-stale={side.isStale}>
          {side.letter && <b className="side-letter">{side.letter}</b>}
          <p>{sentence(side)}</p>
          {side.carried &&
            carriedSentences(side.carried).map((text) => (
              <p key={text} className="carried">
                {text}
              </p>
            ))}
          {side.learned && !side.carried && (
            <p className="carried">
              {learnedSentence(side.learned, side.hold?.memoryBytes ?? null)}
            </p>
          )}
          {side.error !== null && <FailureNote error={side.error} />}
        </div>
      ))}
    </div>
  );
}

function sentence({ spec, budget, hold, reading }: Planned): string {
  const wrong = Object.values(reading.faults).filter((fault) => fault !== undefined).length;
  if (wrong > 0) {
    const fields = wrong === 1 ? 'One field is' : `${wrong} fields are`;
    return budget === null
      ? `${fields} wrong; what it takes stands here once ${wrong === 1 ? 'it is' : 'they are'} right.`
      : `${fields} wrong; what is below is for what was there before.`;
  }
  if (spec === null) return 'Name a model to see what it takes.';
  if (budget === null) return 'Working it out…';
  if (hold !== null) return fitSentence(hold, budget.run);
  const { refined } = budget.tiers;
  const peak = budget.perRank?.refined ?? refined;
  return `It needs ${formatBytes(budget.answer.bytes)}, reached in ${peak.peak.phase}. Name a GPU to see whether it fits.`;
}

function Pages({ sides, drafts }: { sides: readonly Planned[]; drafts: PlanDrafts }) {
  const [asked, setPage] = useParameter('page', 'page');
  const page: Page = PAGES.find(({ value }) => value === asked)?.value ?? 'memory';
  return (
    <>
      <Segmented<Page> label="Page" value={page} options={PAGES} onChange={setPage} />
      <OnePage page={page} sides={sides} drafts={drafts} />
    </>
  );
}

function OnePage({
  page,
  sides,
  drafts,
}: {
  page: Page;
  sides: readonly Planned[];
  drafts: PlanDrafts;
}) {
  const isAboutRun = page !== 'scaling' && page !== 'cost';
  if (isAboutRun && sides.every(({ spec, budget }) => spec === null && budget === null))
    return null;
  switch (page) {
    case 'memory':
      return <MemoryPage sides={sides} />;
    case 'work':
      return <ComputePage sides={sides} />;
    case 'fit':
      return (
        <FitPage
          sides={sides}
          onChange={(place, change) => {
            const side = place === 0 ? drafts.a : drafts.b;
            side?.onChange(change(side.draft));
          }}
        />
      );
    case 'gpus':
      return <GpusPage sides={sides} />;
    case 'quantization':
      return <QuantizationPage sides={sides} />;
    case 'serving':
      return <ServingPage sides={sides} />;
    case 'scaling':
    case 'cost':
      return <ScalingPage sides={sides} isCost={page === 'cost'} />;
  }
}
