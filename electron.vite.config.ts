import { resolve } from 'node:path';
import { defineConfig } from 'electron-vite';
import { version } from './package.json';
import { builtins } from './vite.builtins';
import { rendererConfig } from './vite.renderer.config';

const define = { __PLUMBLINE_VERSION__: JSON.stringify(version) };
const from = (path: string) => resolve(import.meta.dirname, path);

export default defineConfig({
  main: {
    define,
    plugins: [builtins()],
    build: {
      target: 'node22',
      outDir: 'out/main',
      license: { fileName: 'licenses.md' },
      // A command loads what it uses of these, in one file, and not a hundred of theirs.
      externalizeDeps: { exclude: ['zod', 'commander'] },
      rolldownOptions: {
        input: {
          index: from('src/main/hosts/desktop/index.ts'),
          'engine-process': from('src/main/hosts/desktop/engine-process.ts'),
          cli: from('src/main/hosts/cli/index.ts'),
          supervisor: from('src/main/workloads/supervisor.ts'),
          'inventory-helper': from('src/main/telemetry/nvidia-smi/inventory-helper.ts'),
          'import-thread': from('src/main/engine/import-thread.ts'),
          'check-thread': from('src/main/engine/check-thread.ts'),
          'query-thread': from('src/main/engine/query-thread.ts'),
          'sampling-thread': from('src/main/telemetry/sampling-thread.ts'),
        },
        output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      outDir: 'out/preload',
      // A sandboxed preload is one CommonJS file and can require nothing but electron.
      externalizeDeps: false,
      rolldownOptions: {
        input: { index: from('src/preload/index.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    ...rendererConfig,
    root: from('src/renderer'),
    build: {
      ...rendererConfig.build,
      outDir: from('out/renderer'),
      rolldownOptions: { input: from('src/renderer/index.html') },
    },
  },
});
