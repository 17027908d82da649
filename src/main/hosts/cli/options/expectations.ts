/**
 * `--fail-on` and `--junit`, alike for record and compare. The document comes first and whole on stdout; what was not
 * met is named on stderr, since stdout holds one document, and in the document's field `expectations`.
 */
import { resolve } from 'node:path';
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
import { prepareFile, writeFile } from '../write-file';

export interface ExpectationOptions {
  readonly failOn?: string;
  readonly junit?: string;
}

export function addExpectationOptions(command: Command, example: string): Command {
  return command
    .option('--fail-on <expectations>', `exit with 4 when one is not met, for example ${example}`)
    .option('--junit <file>', 'write the expectations as JUnit XML');
}

const JUNIT = { what: 'JUnit file', option: '--junit' };

/** Refused before anything is recorded, a JUnit file that could not be written among them; empty where none were given. */
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
  if (failOn === undefined) return [];
  const expectations = parseExpectations(failOn, relation);
  if (junit !== undefined) prepareFile(resolve(junit), JUNIT);
  return expectations;
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
    writeFile(
      resolve(junit),
      renderOutcomes('junit', { suite, outcomes, seconds: durationUs / 1e6 }),
      JUNIT,
    );
  const failure = unmet(outcomes);
  if (failure === null) return 0;
  output.tell(failure.message, failure.remedy);
  return failure.exitCode;
}
