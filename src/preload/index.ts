/**
 * The bridge between page and desktop, and all of it: a page asks for a port, and the port arrives as a window message
 * `{type:'plumbline:port'}`. What becomes of the engine arrives as `{type:'plumbline:engine', state}`. Sandboxed: one
 * file, and of Electron only contextBridge and ipcRenderer.
 */
import { contextBridge, ipcRenderer } from 'electron';
import { ENGINE_STATE, type EngineState, PORT, REQUEST_PORT } from '../shared/contract/bridge';

ipcRenderer.on(PORT, (event) => window.postMessage({ type: PORT }, '*', [...event.ports]));
ipcRenderer.on(ENGINE_STATE, (_event, state: EngineState) =>
  window.postMessage({ type: ENGINE_STATE, state }, '*'),
);

contextBridge.exposeInMainWorld('plumbline', {
  requestPort: (): void => ipcRenderer.send(REQUEST_PORT),
  platform: process.platform,
  versions: {
    electron: process.versions.electron,
    chrome: process.versions.chrome,
    node: process.versions.node,
  },
});
