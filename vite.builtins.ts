/**
 * How the built main part comes by Node's own modules. An `import` of one makes a namespace with each of its exports, and
 * to read them all loads what stands behind getters: for `node:fs` its streams and promises, for `node:process` worker
 * threads and reports. That was a fifth of what a short command takes. Asked for as the object that it is, a module costs
 * what is used of it.
 */
import type { Plugin } from 'vite';

const IMPORT = /^import\s+([^'";]+?)\s+from\s+["'](node:[\w/]+)["'];?$/gm;
const PARTS = /^(?:([\w$]+)\s*,?\s*)?(?:\{([^}]*)\}|\*\s+as\s+([\w$]+))?$/;
const RENAMED = /([\w$]+)\s+as\s+([\w$]+)/g;

/** The same code without imports of builtin modules; each stands on a line of its own in what the bundler writes. */
export function askForBuiltins(code: string): string {
  return code.replace(IMPORT, (all: string, what: string, name: string) => {
    const parts = PARTS.exec(what.trim());
    if (parts === null) return all;
    const [, whole, some, space] = parts;
    const names = [whole, some && `{${some.replace(RENAMED, '$1: $2')}}`, space];
    // A bundled module may have a `process` of its own.
    const module = `globalThis.process.getBuiltinModule('${name}')`;
    return names.flatMap((bound) => (bound ? `const ${bound} = ${module};` : [])).join(' ');
  });
}

export const builtins = (): Plugin => ({
  name: 'plumbline:builtins',
  renderChunk: { order: 'post', handler: (code) => ({ code: askForBuiltins(code), map: null }) },
});
