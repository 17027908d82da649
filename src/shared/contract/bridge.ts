/** The bridge between a page and the desktop: the channels that preload, main process and page speak of by name. */

/** A page asks for a port to the engine. */
export const REQUEST_PORT = 'plumbline:request-port';
/** The port arrives, with this as the type of the window's message. */
export const PORT = 'plumbline:port';
/** What became of the engine, with this as the type of the window's message. */
export const ENGINE_STATE = 'plumbline:engine';
/** `restarted`: a new port follows at once. `lost`: the application must be started again. */
export type EngineState = 'restarted' | 'lost';
