/** What a serving engine makes of the card: weights, what it sets aside, the cache that is left, and how far that reaches. */
import { useMemo } from 'react';
import { unlessFailure } from '../../../shared/base/failure';
import { formatBytes, formatInteger } from '../../../shared/base/format';
import { SERVER_NAMES } from '../../../shared/model/choices';
import { runDefaults } from '../../../shared/model/run';
import { checkRun } from '../../../shared/model/validate';
import type { ResolvedSpec } from '../../../shared/planning/resolve-run';
import { planServing, type ServingPlan } from '../../../shared/planning/serving';
import { PlanTable } from './PlanTable';
import type { Planned } from './planned';

export function ServingPage({ sides }: { sides: readonly Planned[] }) {
  return (
    <div className="plan-columns" data-sides={sides.length}>
      {sides.map((side) => (
        <Engine key={side.letter} side={side} />
      ))}
    </div>
  );
}

const LENGTHS = [512, 1024, 2048, 4096, 8192, 16_384, 32_768, 131_072] as const;

function Engine({ side: { letter, spec } }: { side: Planned }) {
  const told = useMemo(() => spec && serve(spec), [spec]);
  return (
    <section className="plan-page" aria-label={letter ? `Serving ${letter}` : 'Serving'}>
      {letter && <b className="side-letter">{letter}</b>}
      {typeof told === 'string' ? <p>{told}</p> : told && <Told told={told} />}
    </section>
  );
}

interface Served {
  readonly engine: string;
  readonly seq: number;
  readonly plan: ServingPlan;
  readonly byLength: readonly (readonly [tokens: number, sequences: number])[];
}

/** The model served on the run's card, whatever the run's own mode; or what is missing for that. */
function serve({ model, run, card }: ResolvedSpec): Served | string {
  if (card === null) return 'Name a GPU: an engine gives the cache what is left of its card.';
  const asked = run.mode === 'serve' ? run : runDefaults(model, servedLike(run));
  const possible = unlessFailure(() => {
    checkRun(model, asked);
    return true;
  });
  if (!possible) return `${model.name} is not served: engines serve decoders.`;
  const plan = (seq: number) => planServing(model, { ...asked, seq }, card.memoryBytes);
  return {
    engine: SERVER_NAMES[asked.engine ?? 'vllm'],
    seq: asked.seq,
    plan: plan(asked.seq),
    byLength: LENGTHS.filter((length) => length <= model.maxPositions).map(
      (length) => [length, plan(length).sequences] as const,
    ),
  };
}

/** What serving shares with another mode. */
const servedLike = ({ precision, kvPrecision, gpu, tp, pp, seq }: ResolvedSpec['run']) => ({
  mode: 'serve' as const,
  framework: 'pytorch' as const,
  precision,
  kvPrecision,
  seq,
  ...(gpu !== undefined && { gpu }),
  ...(tp !== undefined && { tp }),
  ...(pp !== undefined && { pp }),
});

function Told({ told: { engine, seq, plan, byLength } }: { told: Served }) {
  return (
    <>
      <p>
        {engine} holds {formatBytes(plan.weightBytes)} of weights and sets{' '}
        {formatBytes(plan.passBytes)} aside for passes;{' '}
        <strong>{formatBytes(plan.cacheBytes)}</strong> are left for the cache,{' '}
        {formatInteger(plan.cacheTokens)} tokens: {formatInteger(plan.sequences)} sequences of{' '}
        {formatInteger(seq)} at once, or one of {formatInteger(plan.longestContext)}.
      </p>
      <PlanTable
        caption="Sequences at once, by their length"
        head={['Tokens each', 'Sequences']}
        rows={byLength.map(([tokens, sequences]) => [
          formatInteger(tokens),
          sequences === 0 ? 'none' : formatInteger(sequences),
        ])}
      />
    </>
  );
}
