/** `plumbline workloads`: what was saved with `record --save`, to be run again with `record --run`. */
import type { Command } from 'commander';
import type { SavedWorkload } from '../../../../shared/contract/api';
import type { Output } from '../output';
import { savedListText, savedText } from '../text/saved-workloads';
import { withEngine } from '../with-engine';

export function registerWorkloads(program: Command, output: Output): void {
  const workloads = program.command('workloads');
  const list = () =>
    withEngine(async (engine) => {
      const listing = engine.savedListing();
      output.result(listing, () => savedListText(listing.workloads));
      for (const { message } of listing.damaged) output.tell(message);
    });
  workloads.action(list);
  workloads.command('list').description('list the saved workloads').action(list);
  workloads
    .command('show')
    .description('show one saved workload')
    .argument('<name>', 'name of the workload')
    .action((name: string) =>
      withEngine(async (engine) => {
        const saved: SavedWorkload = engine.savedWorkload(name);
        output.result(saved, () => savedText(saved));
      }),
    );
  workloads
    .command('delete')
    .description('delete a saved workload; its sessions stay')
    .argument('<name>', 'name of the workload')
    .action((name: string) =>
      withEngine(async (engine) => {
        await engine.deleteWorkload({ name });
        output.result({ deleted: name }, () => `deleted ${name}`);
      }),
    );
}
