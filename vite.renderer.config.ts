/** How the window is built: imported by electron-vite's configuration, and usable alone for a browser build. */
import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import type { UserConfig } from 'vite';

export const rendererConfig: UserConfig = {
  root: resolve(import.meta.dirname, 'src/renderer'),
  base: './',
  plugins: [react()],
  build: {
    target: 'chrome140',
    outDir: resolve(import.meta.dirname, 'out/renderer'),
    emptyOutDir: true,
    minify: true,
    assetsInlineLimit: 0,
    // ECharts is one honest megabyte, loaded from this machine.
    chunkSizeWarningLimit: 1500,
  },
};

export default rendererConfig;
