/** Two to eight sessions beside each other: what differs, the lines on one axis, every figure. */
import { ArrowLeft } from 'lucide-react';
import { useState } from 'react';
import { toast } from 'sonner';
import { Failure } from '../../../shared/base/failure';
import { ALIGNMENTS, type AlignBy, usualAlignment } from '../../../shared/session/align';
import { type Comparison, MAX_COMPARED } from '../../../shared/session/comparison';
import { useCommands } from '../../commands/useCommands';
import { ComingCards } from '../../components/ComingCards';
import { FailureNote } from '../../components/FailureNote';
import { Segmented } from '../../components/Segmented';
import { ReportButtons } from '../../forms/ReportButtons';
import { useQuery } from '../../state/engine';
import { useParameter } from '../../state/router';
import { CompareChart } from './CompareChart';
import { Compared, Figures } from './ComparisonTables';
import type { Layout } from './compare-lanes';

/** What it comes to, what is compared, and the picture. */
const CARDS = ['49px', '166px', '470px'];

export function Compare({ ids }: { ids: readonly string[] }) {
  const [base, setBase] = useParameter('base', 'change of the base');
  const isPossible = ids.length >= 2 && ids.length <= MAX_COMPARED;
  const place = base === null ? 0 : Math.max(0, ids.indexOf(base));
  const comparison = useQuery(`compare ${ids.join()} ${place}`, async (engine) =>
    isPossible ? engine.compare({ ids, ...(place > 0 && { base: ids[place] ?? '' }) }) : null,
  );
  const documents = useQuery(`briefs ${ids.join()}`, async (engine) =>
    isPossible ? Promise.all(ids.map((id) => engine.brief({ id }))) : null,
  );
  // The comparison with another base stays in sight until the new one is here.
  const [latest, setLatest] = useState<Comparison | null>(null);
  if (comparison.data !== null && comparison.data !== latest) setLatest(comparison.data);
  const shown = comparison.data ?? latest;
  const error = comparison.error ?? documents.error;
  return (
    <main className="page compare">
      <div className="page-head">
        <a className="icon-button" href="#/" aria-label="Back to all sessions">
          <ArrowLeft size={17} />
        </a>
        <h1>Compare</h1>
        <span className="grow" />
        {shown && <ReportButtons ids={ids} base={ids[place]} attempt={attempt} />}
      </div>
      {!isPossible && (
        <p className="empty-line">
          Select two to {MAX_COMPARED} sessions in <a href="#/">the library</a> to compare them.
        </p>
      )}
      {error !== null && <FailureNote error={error} onRetry={comparison.refresh} />}
      {isPossible && shown === null && error === null && <ComingCards heights={CARDS} />}
      {shown && (
        <>
          <p className="verdict">{shown.verdict}</p>
          <Compared comparison={shown} onBase={(i) => setBase(i === 0 ? null : (ids[i] ?? null))} />
          {documents.data && <Picture comparison={shown} sessions={documents.data} />}
          <Figures comparison={shown} />
        </>
      )}
    </main>
  );
}

/** What fails is told in passing: it is a file that was not saved, and all that is shown stays true. */
async function attempt(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    toast.error(error instanceof Error ? error.message : String(error), {
      ...(error instanceof Failure && { description: error.remedy }),
    });
  }
}

const ALIGNMENT_NAMES: Readonly<Record<AlignBy, string>> = {
  time: 'Start',
  phase: 'Phases',
  step: 'Steps',
  peak: 'Peaks',
};

/** The chart, and in plain sight how it is aligned and laid out. */
function Picture({
  comparison,
  sessions,
}: Pick<Parameters<typeof CompareChart>[0], 'comparison' | 'sessions'>) {
  const [alignText, setAlign] = useParameter('align', 'alignment');
  const [layoutText, setLayout] = useParameter('layout', 'layout');
  const isAlignable = (by: AlignBy) => comparison.alignment[by].every((each) => each !== null);
  const usual = usualAlignment(
    comparison.alignment,
    comparison.base,
    sessions.map(({ durationUs }) => durationUs),
  );
  const align = ALIGNMENTS.find((by) => by === alignText && isAlignable(by)) ?? usual;
  const layout: Layout = layoutText === 'beside' ? 'beside' : 'overlaid';
  const alignBy = (by: AlignBy) => setAlign(by === usual ? null : by);
  const layOut = (next: Layout) => setLayout(next === 'overlaid' ? null : next);
  useCommands([
    ...ALIGNMENTS.map((by) => ({
      id: `compare.align-${by}`,
      title: `Align the sessions by their ${ALIGNMENT_NAMES[by].toLowerCase()}`,
      group: 'Compare' as const,
      isDisabled: !isAlignable(by),
      run: () => alignBy(by),
    })),
    {
      id: 'compare.layout',
      title: layout === 'overlaid' ? 'Lay the lines out side by side' : 'Overlay the lines',
      group: 'Compare',
      keys: ['KeyO'],
      run: () => layOut(layout === 'overlaid' ? 'beside' : 'overlaid'),
    },
  ]);
  return (
    <section className="card chart-card">
      <div className="chart-tools">
        <span className="muted">Aligned by</span>
        <Segmented
          label="Aligned by"
          value={align}
          onChange={alignBy}
          options={ALIGNMENTS.map((by) => ({
            value: by,
            label: ALIGNMENT_NAMES[by],
            ...(!isAlignable(by) && {
              isDisabled: true,
              title: 'The sessions have none in common with the base',
            }),
          }))}
        />
        <span className="grow" />
        <Segmented
          label="Lines"
          value={layout}
          onChange={layOut}
          options={[
            { value: 'overlaid', label: 'Overlaid' },
            { value: 'beside', label: 'Side by side' },
          ]}
        />
      </div>
      <CompareChart comparison={comparison} sessions={sessions} align={align} layout={layout} />
    </section>
  );
}
