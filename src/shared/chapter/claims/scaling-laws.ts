/** The chapter's section on scaling laws in brief. */

import { chinchillaOptimum } from '../../compute/chinchilla';
import { type Claim, claimsIn } from './claim';

export function scalingLawClaims(): readonly Claim[] {
  const claim = claimsIn('Scaling Laws');
  const slope = (quantity: 'N' | 'D') =>
    Math.log10(chinchillaOptimum(1e25, 1)[quantity] / chinchillaOptimum(1e24, 1)[quantity]);
  return [
    claim(
      'scaling-n-exponent',
      '$N_{\\text{opt}} \\propto C^{0.5}$',
      '0.5',
      'exponent',
      slope('N'),
      'Approach 1 of Hoffmann et al., from its published table.',
    ),
    claim(
      'scaling-d-exponent',
      '$D_{\\text{opt}} \\propto C^{0.5}$',
      '0.5',
      'exponent',
      slope('D'),
      'Approach 1 of Hoffmann et al., from its published table.',
    ),
  ];
}
