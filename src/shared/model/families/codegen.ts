/** CodeGen: GPT-J with one matrix for queries, keys and values, and a mask in every layer. */
import type { Family } from './family';
import { GPTJ, readGptj } from './gptj';

export const CODEGEN: Family = {
  name: 'codegen',
  implementation: { ...GPTJ.implementation, fusedProjection: true, buffers: 'causal-masks' },
  configs: [{ types: ['codegen'], classes: /^CodeGen/, read: (file) => readGptj(file, 'codegen') }],
};
