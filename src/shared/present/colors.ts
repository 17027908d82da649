/**
 * The colours of data, one table for window, report and terminal. Components are grouped by family (weights blue,
 * optimizer violet, gradients vermilion, activations amber, cache green, overhead grey); members of a family differ in
 * lightness, and neighbours in the stack differ in both, so that the order reads without colour vision: a test holds
 * them apart as deuteranopes and protanopes see them. Bands have one colour in light and dark.
 */
import { COMPONENTS, type Component, type Phase } from '../base/vocabulary';
import { RESTING } from '../budget/tier';

export const COMPONENT_COLOR: Readonly<Record<Component, string>> = {
  params: '#3f74b5',
  master_params: '#7da7d9',
  buffers: '#a9c4e4',
  gradients: '#c65d45',
  adam_m: '#6f55a3',
  adam_v: '#a48cc9',
  momentum: '#8a70b8',
  optimizer_other: '#c6b7de',
  activations: '#e0a03a',
  logits: '#f0c977',
  inputs: '#d9c6a5',
  kv_cache: '#2f9c83',
  workspace: '#7f8896',
  communication: '#cf94b8',
  context: '#5f6875',
  reserve: '#aeb6c2',
};
/** Predicted bytes without a split by component. */
export const WHOLE_COLOR = '#8d98a8';

/** From the ground up: what lives longest lies lowest, so that the upper bands are the ones that move. */
export const STACK_ORDER: readonly Component[] = [
  ...RESTING,
  'kv_cache',
  'gradients',
  'inputs',
  'activations',
  'logits',
  'communication',
  'workspace',
  'reserve',
];
if (STACK_ORDER.length !== COMPONENTS.length)
  throw new Error('The stack does not order every component.');

/** White is read on each but idle, which has no name painted on it in white. */
export const PHASE_COLOR: Readonly<Record<Phase, string>> = {
  load: '#6b7686',
  prefill: '#1f7f7a',
  decode: '#3c8049',
  forward: '#3f74b5',
  backward: '#b85a39',
  optimizer: '#7a5fae',
  idle: '#9aa3af',
};

/** One line per compared session; white is read on each, and each is seen on the dark surface. */
export const LINE_COLORS = [
  '#3f74b5',
  '#bd5239',
  '#1d826c',
  '#8a62b5',
  '#98690c',
  '#5f6875',
  '#a85c8a',
  '#3c8049',
] as const;

/** Lines of compared sessions differ in their strokes too: in pixels drawn and left out, in turn. */
export const LINE_DASHES: readonly (readonly number[])[] = [[], [7, 3], [2, 3], [9, 3, 2, 3]];
