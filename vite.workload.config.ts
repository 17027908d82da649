/**
 * Builds the bundled workload into out/workload: one file with a single copy of tfjs-core, and the WebAssembly
 * binaries beside it. The packages with native addons (webgpu, koffi) stay outside.
 */
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';
import loadWabt from 'wabt';

const root = dirname(fileURLToPath(import.meta.url));
const wasmBinaries = [
  'tfjs-backend-wasm.wasm',
  'tfjs-backend-wasm-simd.wasm',
  'tfjs-backend-wasm-threaded-simd.wasm',
];
/** The emscripten loader inside tfjs-backend-wasm is CommonJS: it asks for `require` and `__dirname`. */
const banner = [
  "import { createRequire as __createRequire } from 'node:module';",
  "import { dirname as __dirnameOf } from 'node:path';",
  "import { fileURLToPath as __fileOf } from 'node:url';",
  'const require = __createRequire(import.meta.url);',
  'const __filename = __fileOf(import.meta.url);',
  'const __dirname = __dirnameOf(__filename);',
].join('\n');

export default defineConfig({
  root,
  publicDir: false,
  logLevel: 'warn',
  resolve: { mainFields: ['module', 'main'] },
  ssr: { noExternal: true, external: ['webgpu', 'koffi'], target: 'node' },
  build: {
    ssr: 'src/workload/index.ts',
    outDir: 'out/workload',
    license: { fileName: 'licenses.md' },
    emptyOutDir: true,
    target: 'node24',
    minify: false,
    sourcemap: false,
    chunkSizeWarningLimit: 10_000,
    rolldownOptions: {
      external: ['webgpu', 'koffi'],
      output: { format: 'es', entryFileNames: 'index.js', chunkFileNames: '[name].js', banner },
    },
  },
  plugins: [wasmBinariesBeside(), webAssemblyText()],
});

function wasmBinariesBeside(): Plugin {
  let out = '';
  return {
    name: 'plumbline-wasm-binaries',
    configResolved(config) {
      out = resolve(config.root, config.build.outDir);
    },
    closeBundle() {
      mkdirSync(out, { recursive: true });
      for (const file of wasmBinaries) {
        copyFileSync(
          join(root, 'node_modules/@tensorflow/tfjs-backend-wasm/dist', file),
          join(out, file),
        );
      }
    },
  };
}

/** Importing a .wat file gives its assembled bytes. */
function webAssemblyText(): Plugin {
  return {
    name: 'plumbline-webassembly-text',
    async load(id) {
      if (!id.endsWith('.wat')) return null;
      const { parseWat } = await loadWabt();
      const { buffer } = parseWat(id, readFileSync(id, 'utf8'), { simd: true }).toBinary({});
      return `export default new Uint8Array(Buffer.from('${Buffer.from(buffer).toString('base64')}', 'base64'));`;
    },
  };
}
