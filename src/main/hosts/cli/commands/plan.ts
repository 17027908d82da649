/** `plumbline plan`: which GPUs hold a run, how large it may be, and what would make it fit; `--from` begins with a session. */

import type { Command } from 'commander';
import { planDocument } from '../../../../shared/present/spec-documents';
import { openAsPlan } from '../../../../shared/session/as-plan';
import { constantsOfLibrary } from '../../../engine/learned-constants';
import { addSpecOptions, resolveSpec, type SpecOptions } from '../options/spec-options';
import type { Output } from '../output';
import { planText } from '../text/plan';
import { withEngine } from '../with-engine';

interface PlanOptions extends SpecOptions {
  readonly allGpus?: boolean;
  readonly from?: string;
}

export function registerPlan(program: Command, output: Output): void {
  addSpecOptions(program.command('plan'))
    .option(
      '--from <id>',
      'begin with a recorded session: its model, its run and its GPU, and what it measured beyond theory',
    )
    .option('--all-gpus', 'show every GPU of the catalogue beside the one named')
    .action(async ({ from, allGpus, ...options }: PlanOptions) => {
      const plan =
        from === undefined ? await planAnew(options) : await planFrom(from, options, output);
      output.result(plan, () => planText(plan, allGpus === true));
    });
}

async function planAnew(options: SpecOptions) {
  const spec = await resolveSpec(options, { model: 'gpt2', framework: 'pytorch' });
  return planDocument(spec, null, spec.card === null ? [] : await constantsOfLibrary());
}

/** "The same at batch 16": what the options say comes before what the session was. */
async function planFrom(id: string, options: SpecOptions, output: Output) {
  const session = await withEngine((engine) => engine.brief({ id }));
  const { model, run, card, residual, without } = openAsPlan(session);
  const spec = await resolveSpec(options, { model, framework: run.framework, run });
  if (without !== null) output.tell(`nothing of ${session.name} is carried along: ${without}.`);
  // What the session was seen to add holds what sessions like it have taught.
  const constants = residual === null ? await constantsOfLibrary() : [];
  return planDocument({ ...spec, card: spec.card ?? card }, residual, constants);
}
