/** Imports of Node's own modules in what is built: asked for as objects, under the names that the code uses. */
import { expect, it } from 'vitest';
import { askForBuiltins } from '../../../vite.builtins';

it('binds every name that was imported, and leaves other imports as they are', () => {
  const ask = (name: string) => `globalThis.process.getBuiltinModule('node:${name}')`;
  const code = [
    'import { existsSync, readFileSync as read$1 } from "node:fs";',
    "import process$1 from 'node:process';",
    'import * as path from "node:path";',
    'import events, { EventEmitter as E } from "node:events";',
    'import { promises } from "node:fs/promises";',
    'import Database from "better-sqlite3";',
    'import { t as table } from "./columns-a1.js";',
    'const text = `import { x } from "node:os"`;',
  ];
  expect(askForBuiltins(code.join('\n')).split('\n')).toEqual([
    `const { existsSync, readFileSync: read$1 } = ${ask('fs')};`,
    `const process$1 = ${ask('process')};`,
    `const path = ${ask('path')};`,
    `const events = ${ask('events')}; const { EventEmitter: E } = ${ask('events')};`,
    `const { promises } = ${ask('fs/promises')};`,
    ...code.slice(5),
  ]);
});
