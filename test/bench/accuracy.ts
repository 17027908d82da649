/**
 * How near the prediction comes to real GPUs: the sessions under resources/ground-truth, predicted by the theory as it is
 * now. `npm run bench:accuracy`; another folder can be given, and `--json` prints the rows. Allocated, reserved and the
 * process's memory on the GPU are told apart, each against the budget as it shows in that line, the held-out third by
 * itself. Sessions whose names begin with `fault-` were declared falsely on purpose, and a run that did not end well
 * measured no whole run: both are listed and left out of the sums. Simulated ones say so.
 * Where the captures' manifests lie beside them, it also tells which planted faults were found, whether the trace alone
 * gives away batch, sequence and precision, and what recording cost a step.
 */
import { join } from 'node:path';
import { recordingCosts, scoreFaults, scoreInversions } from './accuracy/judged';
import { readManifests } from './accuracy/manifest';
import { accuracyOf } from './accuracy/sessions';
import { accuracyText } from './accuracy/text';

async function main(args: readonly string[]): Promise<void> {
  const folder = args.find((arg) => !arg.startsWith('--')) ?? join('resources', 'ground-truth');
  const runs = readManifests(folder);
  const rows = await accuracyOf(folder, runs);
  if (args.includes('--json')) {
    const judged = {
      faults: scoreFaults(rows, runs),
      inversions: scoreInversions(rows, runs),
      costs: recordingCosts(runs),
    };
    console.log(JSON.stringify({ sessions: rows, ...judged }));
  } else if (rows.length > 0) console.log(accuracyText(rows, runs));
  else
    console.log(
      `There are no recorded sessions in ${folder}, so there is no accuracy to tell. scripts/gpu/README.md says how to record them.`,
    );
}

await main(process.argv.slice(2));
