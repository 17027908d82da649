/**
 * `node --import register.mjs ENTRY`: the double of Electron for the process that ENTRY runs in. The entry is loaded
 * here, and ready fires only after it: an entry that awaits readiness at its top level hangs, as it does in Electron.
 */
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const utility = process.env.PLUMBLINE_DOUBLE_UTILITY === '1';
const double = new URL(utility ? './utility-main.ts' : './main.ts', import.meta.url).href;

process.versions.electron = '0.0.0-double';
process.versions.chrome = '0.0.0-double';
process.type = utility ? 'utility' : 'browser';

registerHooks({
  resolve(specifier, context, next) {
    if (
      specifier === 'electron' ||
      specifier === 'electron/main' ||
      specifier === 'electron/utility'
    )
      return { url: double, format: 'module-typescript', shortCircuit: true };
    return next(specifier, context);
  },
});

let loaded = false;
process.on('exit', () => {
  if (loaded || process.exitCode !== undefined) return; // it left by itself
  console.error(
    `${process.argv[1]} never finished loading: does it await readiness at its top level?`,
  );
  process.exitCode = 13;
});

const own = await import(double);
await import(pathToFileURL(resolve(process.argv[1])).href);
loaded = true;
own.entryLoaded();
