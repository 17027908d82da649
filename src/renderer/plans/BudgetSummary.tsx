/** A budget in brief: whether it fits, a bar a phase, and what the peak is made of. */
import type { ReactNode } from 'react';
import { formatBytes } from '../../shared/base/format';
import type { Budget, TierBudget } from '../../shared/budget/types';
import type { GpuHold } from '../../shared/planning/fits';
import { COMPONENT_COLOR, STACK_ORDER } from '../../shared/present/colors';
import { fitSentence } from '../../shared/present/fit-words';
import { componentLabel } from '../../shared/present/names';
import { Bytes } from '../components/Bytes';
import { PhaseStacks } from './PhaseStacks';

export function BudgetSummary({
  budget,
  hold,
  children,
}: {
  budget: Budget;
  /** Null where there is no card to hold it against. */
  hold: GpuHold | null;
  /** What is said where no card is known. */
  children: ReactNode;
}) {
  const { tiers, perRank, answer, run, assumed = [] } = budget;
  const tier = perRank?.refined ?? tiers.refined;
  const textbook = perRank?.textbook ?? tiers.textbook;
  return (
    <>
      <p className="forecast-sentence">
        {hold ? (
          <span data-fits={hold.fits}>{fitSentence(hold, run)}</span>
        ) : (
          <>
            Predicted peak <strong>{formatBytes(answer.bytes)}</strong> in {tier.peak.phase}.{' '}
            {children}
          </>
        )}
      </p>
      <PhaseStacks
        sides={[{ letter: null, phases: tier.phases, memoryBytes: hold?.memoryBytes ?? null }]}
        band={null}
      />
      <PeakParts tier={tier} />
      <p className="muted">The textbook’s list alone says {formatBytes(textbook.peak.bytes)}.</p>
      {assumed.map((text) => (
        <p key={text} className="hint">
          {text}
        </p>
      ))}
    </>
  );
}

function PeakParts({ tier: { components, peak } }: { tier: TierBudget }) {
  const shown = [...STACK_ORDER].reverse().filter((component) => components[component]);
  return (
    <table className="peak-parts" aria-label={`What the peak in ${peak.phase} is made of`}>
      <tbody>
        {shown.map((component) => (
          <tr key={component}>
            <th>
              <i className="swatch" style={{ background: COMPONENT_COLOR[component] }} />
              {componentLabel(component)}
            </th>
            <td className="right">
              <Bytes value={components[component]} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
