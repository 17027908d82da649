/** What of a session file does not match its checksums, in sentences: what is doubtful, and what was left out. */
import { formatInteger, formatList } from '../../shared/base/format';
import { PART_NAMES } from './row-checks';
import type { MetaDocuments } from './session-meta';
import type { LostRows } from './session-rows';

interface Damage extends LostRows {
  readonly documents: MetaDocuments['damaged'];
  /** Ids of those whose description is damaged. */
  readonly series: readonly string[];
}

/** Damaged phases are not told: they are made again from the markers. */
const TOLD = ['marker', 'gap', 'note', 'warning'] as const;

/** At most two; none where nothing is damaged. */
export function describeDamage({ documents, series, ...lost }: Damage): string[] {
  const doubtful = [
    ...documents.taken.map((key) => `its document "${key}"`),
    ...series.map((id) => `the description of ${id}`),
  ];
  const leftOut = [
    ...TOLD.flatMap((part) => {
      const [one, many] = PART_NAMES[part];
      const count = lost[part];
      return count === 0 ? [] : [`${formatInteger(count)} ${count === 1 ? one : many}`];
    }),
    ...documents.leftOut.map((key) => `the document "${key}"`),
  ];
  return [
    ...(doubtful.length === 0
      ? []
      : [
          `The file is damaged: ${listed(doubtful)} may be wrong, for what is stored does not match its checksum.`,
        ]),
    ...(leftOut.length === 0
      ? []
      : [
          `The file is damaged: left out, for what is stored does not match its checksum: ${listed(leftOut)}; the rest is shown.`,
        ]),
  ];
}

function listed(parts: readonly string[]): string {
  const shown = parts.length > 8 ? [...parts.slice(0, 7), `${parts.length - 7} more`] : parts;
  return formatList(shown);
}
