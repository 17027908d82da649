/** `plumbline learned`: what the library's sessions tell of this machine that no theory knows; --forget drops it. */
import type { Command } from 'commander';
import type { Output } from '../output';
import { learnedText } from '../text/learned';
import { withEngine } from '../with-engine';

export function registerLearned(program: Command, output: Output): void {
  program
    .command('learned')
    .option('--forget [id]', 'forget what one session told, or without an id all of it')
    .action(({ forget }: { forget?: string | true }) =>
      withEngine(async (engine) => {
        const told =
          forget === undefined
            ? await engine.learn()
            : await engine.forgetLearned(forget === true ? {} : { id: engine.identify(forget).id });
        output.result(told, () => learnedText(told));
      }),
    );
}
