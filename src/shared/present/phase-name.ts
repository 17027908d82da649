/** What a phase is called where people read it: one that was found in the trace by its stage. */
import type { OverlayPhase } from '../divergence/overlay/types';

export function phaseName({ phase, stage }: Pick<OverlayPhase, 'phase' | 'stage'>): string {
  if (stage === 'first-step') return 'first step';
  return stage === 'steady' ? 'steady steps' : phase;
}

/** With the step that an announced phase belongs to. */
export function phaseTitle(
  row: Pick<OverlayPhase, 'phase' | 'stage' | 'step'>,
  between = ' ',
): string {
  return row.step === null || row.stage !== undefined
    ? phaseName(row)
    : `${row.phase}${between}${row.step}`;
}
