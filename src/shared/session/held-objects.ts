/** What a script's objects held at the ends of its phases, as a session's document tells it: one row a kind of phase. */

import { PHASES, type Phase } from '../base/vocabulary';
import { sumComponents } from '../budget/tier';
import { HeldObjects, heldOn } from '../divergence/overlay/held-objects';
import type { Marker, PhaseSpan } from '../trace/types';
import type { HeldAtEnd } from './session-document';

/** Of the rank whose spans these are. */
export function listHeld(
  markers: readonly Marker[],
  spans: readonly PhaseSpan[],
): { readonly objects?: readonly HeldAtEnd[] } {
  const held = new HeldObjects(markers);
  const ended = lastEnded(spans);
  const objects = PHASES.flatMap((phase): HeldAtEnd[] => {
    const last = ended.get(phase);
    const mark = last && held.atEnd(last);
    if (!last || !mark) return [];
    const counted = sumComponents(heldOn(mark, 'device'));
    const rest = last.memory === null ? null : last.memory.allocated - counted;
    return [
      {
        phase,
        step: last.step,
        rank: last.rank,
        parts: mark.parts,
        ...(mark.untold && { untold: mark.untold }),
        rest: rest === null || rest < 0 ? null : rest,
      },
    ];
  });
  return objects.length > 0 ? { objects } : {};
}

/** Of each phase the last that is over. */
function lastEnded(spans: readonly PhaseSpan[]): ReadonlyMap<Phase, PhaseSpan> {
  const found = new Map<Phase, PhaseSpan>();
  for (const span of spans) if (!span.isOpen) found.set(span.phase, span);
  return found;
}
