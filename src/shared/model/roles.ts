/**
 * What a matrix of a layer does: adapters are laid beside matrices by this name. qkv and gateUp are several in one; latent
 * attention's are queryDown, queryUp, kvDown and kvUp; deltaGate, deltaBeta and deltaDecay are the gated delta rule's,
 * layerGate and layerInput those of a vector that each layer is given.
 */
export type Role =
  | 'query'
  | 'key'
  | 'value'
  | 'qkv'
  | 'queryDown'
  | 'queryUp'
  | 'kvDown'
  | 'kvUp'
  | 'deltaGate'
  | 'deltaBeta'
  | 'deltaDecay'
  | 'output'
  | 'layerGate'
  | 'layerInput'
  | 'gate'
  | 'up'
  | 'gateUp'
  | 'down';
