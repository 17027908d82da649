/** `plumbline flops`: the arithmetic of a model over a batch, and with --gpu what it costs on a device. */
import type { Command } from 'commander';
import { flopsDocument } from '../../../../shared/present/spec-documents';
import { resolveModel } from '../options/resolve-model';
import { addSpecOptions, resolveSpec, type SpecOptions } from '../options/spec-options';
import type { Output } from '../output';
import { flopsText } from '../text/flops';

interface FlopsOptions extends SpecOptions {
  readonly against?: string;
}

export function registerFlops(program: Command, output: Output): void {
  addSpecOptions(program.command('flops'))
    .option(
      '--against <model>',
      'compare parameters and work with another model, as a student with its teacher',
    )
    .action(async (options: FlopsOptions) => {
      // Sizes are those of one forward pass unless a mode is asked for.
      const spec = await resolveSpec(
        { ...options, mode: options.mode ?? 'infer' },
        { model: 'gpt2', framework: 'pytorch' },
      );
      const other = options.against === undefined ? null : await resolveModel(options.against);
      const document = flopsDocument(spec, other);
      const trains = options.mode === undefined || options.mode === 'train';
      output.result(document, () => flopsText(document, trains));
    });
}
