/**
 * The bridge between page and desktop, and all of it: a page asks for a port, and the port arrives as a window message
 * `{type:'plumbline:port'}`. What becomes of the engine arrives as `{type:'plumbline:engine', state}`. Sandboxed: one
 * file, and of Electron only contextBridge and ipcRenderer.
 */
import { contextBridge, ipcRenderer } from 'electron';
import { ENGINE_STATE, type EngineState, PORT, REQUEST_PORT } from '../shared/contract/bridge';

/** A port is the engine itself: it goes to the page that was loaded, and to no other that may have taken its place. */
const { origin } = window.location;

ipcRenderer.on(PORT, (event) => window.postMessage({ type: PORT }, origin, [...event.ports]));
ipcRenderer.on(ENGINE_STATE, (_event, state: EngineState) =>
  window.postMessage({ type: ENGINE_STATE, state }, origin),
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
