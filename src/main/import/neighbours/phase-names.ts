/** What a program calls a stretch of its work, in Plumbline's words. Pure. */
import type { Phase } from '../../../shared/base/vocabulary';

const NAMES: readonly (readonly [RegExp, Phase])[] = [
  [/^(##\s*)?forward\b/i, 'forward'],
  [/^(##\s*)?backward\b/i, 'backward'],
  [/^(##\s*)?optimizer(\.step\b|_step\b|\b(?!\.))/i, 'optimizer'],
  [/^prefill\b/i, 'prefill'],
  [/^decode\b/i, 'decode'],
  [/^load(ing|_model)?\b/i, 'load'],
];

/** Null where the name is none that a phase has. */
export const parsePhaseName = (name: string): Phase | null =>
  NAMES.find(([pattern]) => pattern.test(name.trim()))?.[1] ?? null;

/** The number of a step in `ProfilerStep#3`, `step 3`; null where the name is no step's. */
export function parseStepName(name: string): number | null {
  const found = /^(?:ProfilerStep#|(?:training |train |global )?step[ #:=_]*)(\d{1,9})$/i.exec(
    name.trim(),
  );
  return found ? Number(found[1]) : null;
}
