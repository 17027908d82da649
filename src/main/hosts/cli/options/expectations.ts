/**
 * `--fail-on` and `--junit`, alike for record and compare. The document comes first and whole on stdout; what was not
 * met is named on stderr, since stdout holds one document, and in the document's field `expectations`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { Failure } from '../../../../shared/base/failure';
import {
  type Expectation,
  type Outcome,
  parseExpectations,
  unmet,
} from '../../../../shared/session/expectations';
import { renderOutcomes } from '../../../engine/exports';
import type { Output } from '../output';

export interface ExpectationOptions {
  readonly failOn?: string;
  readonly junit?: string;
}

export function addExpectationOptions(command: Command, example: string): Command {
  return command
    .option('--fail-on <expectations>', `exit with 4 when one is not met, for example ${example}`)
    .option('--junit <file>', 'write the expectations as JUnit XML');
}

/** Refused before anything is recorded; empty where none were given. */
export function parseExpectationOptions(
  { failOn, junit }: ExpectationOptions,
  relation: Expectation['relation'],
): Expectation[] {
  if (failOn === undefined && junit !== undefined) {
    throw new Failure(
      'bad_input',
      '--junit was given without expectations to report.',
      'Add --fail-on, for example --fail-on peak=8GiB.',
    );
  }
  return failOn === undefined ? [] : parseExpectations(failOn, relation);
}

/** Writes the JUnit file, names what was not met and returns the exit code: 0 or 4. */
export function reportOutcomes(
  outcomes: readonly Outcome[],
  { junit }: ExpectationOptions,
  output: Output,
  suite: string,
  durationUs: number,
): number {
  if (junit !== undefined)
    writeJunit(
      resolve(junit),
      renderOutcomes('junit', { suite, outcomes, seconds: durationUs / 1e6 }),
    );
  const failure = unmet(outcomes);
  if (failure === null) return 0;
  output.tell(failure.message, failure.remedy);
  return failure.exitCode;
}

function writeJunit(path: string, xml: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, xml);
  } catch (cause) {
    throw new Failure(
      'unwritable',
      `The JUnit file cannot be written to ${path}.`,
      'Give a path you may write to with --junit.',
      cause,
    );
  }
}
