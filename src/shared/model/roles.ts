/**
 * What a matrix of a layer does: adapters are laid beside matrices by this name. qkv and gateUp are several in one; latent
 * attention's are queryDown, queryUp, kvDown and kvUp.
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
  | 'output'
  | 'gate'
  | 'up'
  | 'gateUp'
  | 'down';
