/** The terminal surface: one line per command. */
import type { Command } from 'commander';
import type { Output } from '../output';
import { registerBudget } from './budget';
import { registerChapter } from './chapter';
import { registerDemo } from './demo';
import { registerDoctor } from './doctor';
import { registerExperiment } from './experiment';
import { registerExport } from './export';
import { registerFlops } from './flops';
import { registerImport } from './import';
import { registerInvert } from './invert';
import { registerLogits } from './logits';
import { registerPlan } from './plan';
import { registerRecord } from './record';
import { registerScaling } from './scaling';
import { registerServe } from './serve';
import { registerSessions } from './sessions';
import { registerWorkloads } from './workloads';

export function registerCommands(program: Command, output: Output): void {
  const all = [
    registerRecord,
    registerWorkloads,
    registerSessions,
    registerInvert,
    registerExport,
    registerImport,
    registerBudget,
    registerFlops,
    registerPlan,
    registerScaling,
    registerChapter,
    registerExperiment,
    registerLogits,
    registerDoctor,
    registerServe,
    registerDemo,
  ];
  for (const register of all) register(program, output);
  // Subcommands made before a setting do not inherit it: every failure must reach the one place that prints it.
  for (const command of program.commands) settle(command);
}

function settle(command: Command): void {
  command
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .option('--json', 'print one JSON document and nothing else');
  for (const own of command.commands) settle(own);
}
