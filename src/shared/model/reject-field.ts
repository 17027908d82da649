/**
 * How a model, a run or an option of the terminal is refused: by its name, the value it had and what would be valid; a
 * field says besides why it cannot have the value.
 */
import { Failure } from '../base/failure';

export function rejectField(field: string, value: unknown, why: string, remedy: string): never {
  const shown = typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : String(value);
  throw new Failure('bad_input', `${field} cannot be ${shown}: ${why}.`, remedy);
}

export function rejectOption(option: string, text: string, remedy: string): never {
  throw new Failure('bad_input', `${option} cannot be "${text}".`, remedy);
}

export function wholeNumber(field: string, value: unknown, least = 1): void {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return;
  rejectField(
    field,
    value,
    `it counts things, so it is a whole number of at least ${least}`,
    `Give a whole number from ${least} to ${Number.MAX_SAFE_INTEGER}.`,
  );
}

export function requireOneOf(field: string, value: unknown, allowed: readonly unknown[]): void {
  if (!allowed.includes(value))
    rejectField(field, value, 'it is not a known choice', `Use one of ${allowed.join(', ')}.`);
}
