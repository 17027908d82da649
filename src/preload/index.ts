/**
 * The bridge between page and desktop, and all of it: a page asks for a port, and the port arrives as a window message
 * `{type:'plumbline:port'}`. What becomes of the engine arrives as `{type:'plumbline:engine', state}`. Sandboxed: one
 * file, and of Electron only contextBridge and ipcRenderer.
 */
import { contextBridge, ipcRenderer } from 'electron';

// The same names as in the desktop host's messages; a preload shares no module with the main process.
ipcRenderer.on('plumbline:port', (event) =>
  window.postMessage({ type: 'plumbline:port' }, '*', [...event.ports]),
);
ipcRenderer.on('plumbline:engine', (_event, state: 'restarted' | 'lost') =>
  window.postMessage({ type: 'plumbline:engine', state }, '*'),
);

contextBridge.exposeInMainWorld('plumbline', {
  requestPort: (): void => ipcRenderer.send('plumbline:request-port'),
  platform: process.platform,
  versions: {
    electron: process.versions.electron,
    chrome: process.versions.chrome,
    node: process.versions.node,
  },
});
