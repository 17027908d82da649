#!/usr/bin/env node
/** The launcher: makes a bare clone ready, then runs the terminal host on the pinned Node. */
import { join } from 'node:path';
import { hostFlags, prepare, reportSetupFailure, root, runForeground } from './setup.mjs';

const args = process.argv.slice(2);
try {
  const node = await prepare();
  process.exitCode = await runForeground(node, [
    ...hostFlags,
    join(root, 'out', 'main', 'cli.js'),
    ...args,
  ]);
} catch (error) {
  process.exitCode = reportSetupFailure(error, args.includes('--json'));
}
process.exit();
