/** `plumbline demo`, in a clone `npm run demo`: two recordings of the bundled GPT-2, laid over their budgets, with reports to open. */
import type { Command } from 'commander';
import { preset } from '../../../../shared/model/presets';
import { runDefaults } from '../../../../shared/model/run';
import type { ModelSpec, RunSpec } from '../../../../shared/model/spec';
import { isClone } from '../../../install/paths';
import { describeSession } from '../describe-session';
import { recordBundled } from '../options/record-bundled';
import type { Output } from '../output';
import { compareText } from '../text/comparison';
import { withEngine } from '../with-engine';
import { renderReport, writeReport } from './sessions';

const recordings: readonly { name: string; model: ModelSpec; run: Partial<RunSpec> }[] = [
  {
    name: 'demo: GPT-2 124M, generation',
    model: preset('gpt2'),
    run: { mode: 'generate', promptTokens: 16, tokens: 32, kvCache: true },
  },
  {
    name: 'demo: small GPT-2, training',
    model: preset('gpt2-nano'),
    run: { mode: 'train', optimizer: 'adam', batch: 4, seq: 64, steps: 5 },
  },
];

export function registerDemo(program: Command, output: Output): void {
  program
    .command('demo')
    .option('--out <folder>', 'folder for the reports', 'demo-output')
    .action((options: { out: string }) =>
      withEngine(async (engine) => {
        const docs = [];
        const paths: string[] = [];
        for (const [index, { name, model, run }] of recordings.entries()) {
          const label = `${index + 1}/${recordings.length} ${name}`;
          const data = await recordBundled(
            engine,
            { name, model, run: runDefaults(model, { ...run, framework: 'tfjs' }) },
            output,
            label,
            'The demo',
          );
          const doc = await engine.show({ id: data.id });
          docs.push(doc);
          output.part(`${await describeSession(engine, doc, false)}\n`);
          paths.push(writeReport(await renderReport(engine, [data.id], 'html'), options.out));
        }
        const ids = docs.map(({ id }) => id);
        const comparison = await engine.compare({ ids });
        output.part(`${compareText(comparison)}\n`);
        paths.push(writeReport(await renderReport(engine, ids, 'html'), options.out));
        output.result(
          { sessions: docs, comparison, reports: paths },
          () =>
            `Reports:\n${paths.map((path) => `  ${path}`).join('\n')}\n\nNext, see how the second run was made up, moment by moment:\n  ${isClone ? 'npm start' : 'plumbline serve --open'}`,
        );
      }),
    );
}
