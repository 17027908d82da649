#!/usr/bin/env -S node --max-semi-space-size=2
/**
 * The launcher. An installed package brings its build along, and the host runs right here; a bare clone is made ready
 * first, and the host runs on the pinned Node. The flag above is `hostFlags` of setup.mjs, for this very process.
 */
import { existsSync } from 'node:fs';

const isClone = existsSync(new URL('../src', import.meta.url));
if (isClone) await runInClone();
else await import('./host.mjs');

async function runInClone() {
  const { hostEntry, hostFlags, prepare, reportSetupFailure, runForeground } = await import(
    './setup.mjs'
  );
  const args = process.argv.slice(2);
  try {
    const node = await prepare();
    process.exitCode = await runForeground(node, [...hostFlags, hostEntry, ...args]);
  } catch (error) {
    process.exitCode = reportSetupFailure(error, args.includes('--json'));
  }
  process.exit();
}
