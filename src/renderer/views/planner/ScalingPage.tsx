/** Scaling laws, time and money: how a training budget is best spent, where a model stands, and what it takes on cards. */
import { useMemo, useSyncExternalStore } from 'react';
import { formatPercent } from '../../../shared/base/format';
import type { AllocationStanding } from '../../../shared/compute/scaling';
import { scaled, scientific, short, trimmed, whole } from '../../../shared/present/numbers';
import type { ScalingDocument } from '../../../shared/present/scaling-document';
import { FailureNote } from '../../components/FailureNote';
import { TextControl } from '../../plans/SettingField';
import { readParameters, setParameters, subscribe } from '../../state/router';
import { PlanTable } from './PlanTable';
import type { Planned } from './planned';
import {
  answerScaling,
  SCALING_FIELDS,
  SCALING_NAMES,
  type ScalingField,
  type ScalingTexts,
} from './scaling-draft';

/** Of the parameters of the address: a run has tokens and GPUs of its own. */
const PREFIX = 's.';

type Fields = readonly ScalingField[];
const LAW: Fields = ['compute', 'params', 'tokens', 'inferenceTokens'];
const COST: Fields = ['params', 'tokens', 'compute', 'gpus', 'utilization', 'price'];

/** `isCost`: the page of time and money; else that of the laws. */
export function ScalingPage({
  sides: [side],
  isCost,
}: {
  sides: readonly Planned[];
  isCost: boolean;
}) {
  const texts = useTexts();
  const spec = side?.spec ?? null;
  const { document, faults } = useMemo(() => answerScaling(texts, spec), [texts, spec]);
  return (
    <section className="plan-page" aria-label={isCost ? 'Time and money' : 'Scaling laws'}>
      <div className="scaling-fields">
        {(isCost ? COST : LAW).map((name) => (
          <TextControl
            key={name}
            label={SCALING_FIELDS[name].label}
            text={texts[name] ?? ''}
            usual={SCALING_FIELDS[name].usual}
            fault={faults[name]}
            onChange={(text) =>
              setParameters({ [`${PREFIX}${name}`]: text === '' ? null : text }, 'scaling')
            }
          />
        ))}
      </div>
      {faults.all && <FailureNote error={faults.all} />}
      {document && (isCost ? <Cost document={document} /> : <Laws document={document} />)}
    </section>
  );
}

/** As the address has them. */
function useTexts(): ScalingTexts {
  const hash = useSyncExternalStore(subscribe, () => location.hash);
  return useMemo(() => {
    const parameters = readParameters(hash);
    return Object.fromEntries(
      SCALING_NAMES.flatMap((name) => {
        const text = parameters.get(`${PREFIX}${name}`);
        return text === null ? [] : [[name, text]];
      }),
    );
  }, [hash]);
}

function Laws({
  document: { compute, optimum, given, gpt3, lifetime },
}: {
  document: ScalingDocument;
}) {
  return (
    <>
      <PlanTable
        caption={`How ${scientific(compute, 3)} FLOPs are best spent`}
        head={['', 'Parameters', 'Tokens', 'Tokens each', 'N grows as', 'Loss']}
        rows={optimum.map(({ method, N, D, tokensPerParameter, exponent, loss }) => [
          method,
          short(N),
          short(D),
          trimmed(tokensPerParameter),
          `C^${exponent.toFixed(2)}`,
          loss.toFixed(3),
        ])}
      />
      {given && <Standing name="This model" standing={given} />}
      <Standing name="GPT-3" standing={gpt3} />
      {lifetime && (
        <p>
          Serving {short(lifetime.inferenceTokens)} tokens at a loss of {lifetime.loss.toFixed(3)}{' '}
          is cheapest with {short(lifetime.N)} parameters on {short(lifetime.D)} tokens:{' '}
          {scientific(lifetime.trainingFlops)} FLOPs of training and{' '}
          {scientific(lifetime.inferenceFlops)} of inference (Sardana and Frankle 2024).
        </p>
      )}
      <p className="muted">
        Loss is that of Chinchilla’s approach 3 for every row, in nats a token (Hoffmann et al.
        2022, arXiv 2203.15556). Its constants are published rounded, which moves its optimum by a
        third; the refit by Besiroglu et al. (2024) agrees with approaches 1 and 2. Kaplan (2020)
        counts no embeddings in N.
      </p>
    </>
  );
}

function Standing({ name, standing }: { name: string; standing: AllocationStanding }) {
  const { params, tokens, tokensPerParameter, sizeOverOptimum, verdict, loss } = standing;
  const size =
    sizeOverOptimum >= 1
      ? `${trimmed(sizeOverOptimum)} times the best size`
      : `a ${trimmed(1 / sizeOverOptimum)}th of the best size`;
  return (
    <p>
      {name}: {short(params)} parameters on {short(tokens)} tokens, {trimmed(tokensPerParameter)}{' '}
      each; {size} for its compute, <strong>{verdict}</strong>, loss {loss.toFixed(3)}.
    </p>
  );
}

function Cost({ document: { compute, training } }: { document: ScalingDocument }) {
  if (training === null)
    return <p>Name a GPU by its name: a budget takes time and money on a card.</p>;
  const { gpu, gpus, precision, utilization, days, gpuHours, cost, energyKWh } = training;
  return (
    <>
      <p>
        {scientific(compute, 2)} FLOPs on {whole(gpus)} × {gpu} at{' '}
        {formatPercent(100 * utilization)} of the {precision} peak take{' '}
        <strong>{trimmed(days)} days</strong>.
      </p>
      <PlanTable
        caption="What it takes"
        head={['', '']}
        rows={[
          ['GPU hours', scaled(gpuHours)],
          ['Money', cost === null ? 'no price given' : whole(Math.round(cost))],
          ['Energy, at the cards’ rated power', `${scaled(1000 * energyKWh)}Wh at most`],
        ]}
      />
    </>
  );
}
