/** Granite: Llama with multipliers at its ends, and experts of one fused matrix each. */
import { LLAMA_IMPLEMENTATION, readDecoder } from './decoder';
import type { Family } from './family';
import { LLAMA_DEFAULTS } from './llama';
import { localExperts } from './local-experts';

export const GRANITE: Family = {
  name: 'granite',
  implementation: { ...LLAMA_IMPLEMENTATION, routesInHalf: true },
  configs: [
    {
      types: ['granite'],
      classes: /^Granite(For|Model)/,
      read: (file) => readDecoder(file, LLAMA_DEFAULTS, { family: 'granite' }),
    },
    {
      types: ['granitemoe', 'granitemoeshared'],
      classes: /^GraniteMoe(Shared)?(For|Model)/,
      read(file) {
        const { shared_intermediate_size: shared } = file.parse(({ z }) =>
          z.object({ shared_intermediate_size: z.number().int().nonnegative().default(0) }),
        );
        const experts = localExperts(file, { total: 8, active: 2, ffn: 11_008 });
        return readDecoder(file, LLAMA_DEFAULTS, {
          family: 'granite',
          differences: { experts: { ...experts, ...(shared > 0 && { sharedFfn: shared }) } },
        });
      },
    },
  ],
};
