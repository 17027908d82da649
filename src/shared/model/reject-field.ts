/**
 * How a model, a run or an option of the terminal is refused: by its name, the value it had and what would be valid; a
 * field says besides why it cannot have the value. A setting goes by its option, also within reasons and remedies; the
 * window puts its labels in their place.
 */
import { Failure } from '../base/failure';

export function rejectField(field: string, value: unknown, why: string, remedy: string): never {
  throw refusedField(field, value, why, remedy);
}

export function refusedField(field: string, value: unknown, why: string, remedy: string): Failure {
  return new Failure('bad_input', `${field} cannot be ${shown(value)}: ${why}.`, remedy);
}

/** A switch as it is set. */
function shown(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : String(value);
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
