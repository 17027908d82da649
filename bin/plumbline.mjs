#!/usr/bin/env -S node --max-semi-space-size=2
/**
 * The launcher. An installed package brings its build along, and the host runs right here; where this Node is too old for
 * it, on the Node that the package brings. A bare clone is made ready first, and the host runs on the pinned Node. The
 * flag above is `hostFlags` of setup.mjs, for this very process.
 */
import { existsSync } from 'node:fs';
import { isNewEnough } from './minimum-node.mjs';

const isClone = existsSync(new URL('../src', import.meta.url));
if (isClone || !isNewEnough) await runApart();
else await import('./host.mjs');

async function runApart() {
  const { hostEntry, hostFlags, nodePath, prepare, reportSetupFailure, runForeground } =
    await import('./setup.mjs');
  const args = process.argv.slice(2);
  try {
    const node = isClone ? await prepare() : nodePath();
    process.exitCode = await runForeground(node, [...hostFlags, hostEntry, ...args]);
  } catch (error) {
    process.exitCode = reportSetupFailure(error, args.includes('--json'));
  }
  process.exit();
}
