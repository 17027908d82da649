/** `plumbline invert`: what a recorded run must have been, by its trace alone. */
import type { Command } from 'commander';
import { Failure } from '../../../../shared/base/failure';
import { resolveModel } from '../options/resolve-model';
import { SESSION_ID } from '../options/session-id';
import { addSpecOptions, givenOptions, type SpecOptions } from '../options/spec-options';
import type { Output } from '../output';
import { inversionText } from '../text/session';
import { withEngine } from '../with-engine';

export function registerInvert(program: Command, output: Output): void {
  addSpecOptions(program.command('invert').argument('<id>', SESSION_ID)).action(
    (id: string, options: SpecOptions) =>
      withEngine(async (engine) => {
        const { model: name } = options;
        const model = name === undefined ? {} : { model: await resolveModel(name) };
        const inversion = await engine.invert({ id, ...model, given: givenOptions(options) });
        if (inversion === null) {
          throw new Failure(
            'bad_input',
            'The trace does not tell what kind of run it is, or nothing was measured that a budget could be held against.',
            'Give --mode train, generate or infer; a trace of GPU memory or of framework bytes is needed.',
          );
        }
        output.result(inversion, () => inversionText(inversion));
      }),
  );
}
