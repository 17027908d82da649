/** How the window is built: imported by electron-vite's configuration, and usable alone for a browser build. */
import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import type { Plugin, UserConfig } from 'vite';

/**
 * sonner writes its style sheet into the page when it is loaded, which the page's policy refuses; `styles/index.css`
 * takes the same sheet from the package as a file.
 */
const sonnerWithoutStyleElement: Plugin = {
  name: 'plumbline:sonner-style',
  enforce: 'pre',
  transform: (code, id) =>
    /sonner\/dist\/index\.mjs/.test(id)
      ? { code: code.replace('function __insertCSS(code) {', '$& return;'), map: null }
      : null,
};

export const rendererConfig: UserConfig = {
  root: resolve(import.meta.dirname, 'src/renderer'),
  base: './',
  plugins: [sonnerWithoutStyleElement, react()],
  build: {
    target: 'chrome140',
    outDir: resolve(import.meta.dirname, 'out/renderer'),
    emptyOutDir: true,
    minify: true,
    license: { fileName: 'licenses.md' },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1500,
  },
};

export default rendererConfig;
