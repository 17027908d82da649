/** Who held what at the peak, as text for a terminal: the largest lines of the program, and what is left. */
import { formatBytes, formatDuration, formatInteger } from '../../../../shared/base/format';
import type { AllocationLedger, AllocationSite } from '../../../../shared/session/allocations';
import { plain } from './columns';

const SHOWN = 12;

export function allocationsText({ at, bytes, sites, categories }: AllocationLedger): string {
  return [
    `Alive at the allocator's peak: ${formatBytes(bytes)}, ${formatDuration(at)}`,
    ...rows(sites),
    ...(categories.length === 0 ? [] : ['  by category', ...rows(categories)]),
  ].join('\n');
}

function rows(sites: readonly AllocationSite[]): string[] {
  const rest = sites.slice(SHOWN);
  const restBytes = rest.reduce((sum, site) => sum + site.bytes, 0);
  return [
    ...sites.slice(0, SHOWN).map(row),
    ...(rest.length === 0
      ? []
      : [`  ${formatBytes(restBytes).padStart(10)}  in ${rest.length} other lines`]),
  ];
}

const row = ({ label, bytes, blocks }: AllocationSite): string =>
  `  ${formatBytes(bytes).padStart(10)}  ${plain(label)}${blocks === 0 ? '' : ` (${formatInteger(blocks)} blocks)`}`;
