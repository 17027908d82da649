/**
 * What the main process and the engine's process say to each other beside the contract. The contract itself flows over
 * ports, directly between a window and the engine: the main process is never in its way.
 */
export type ToEngine =
  /** A window's end of a new connection comes with it. */
  | { readonly type: 'port' }
  | { readonly type: 'recordings' }
  /** Stop every recording, release the library and exit. */
  | { readonly type: 'close' };

export type FromEngine =
  /** Names of the sessions being recorded here, in answer to `recordings`. */
  { readonly type: 'recordings'; readonly names: readonly string[] };
