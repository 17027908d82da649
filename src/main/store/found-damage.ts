/**
 * What of a session file was found not to match its checksums, and the sentences for it: what is doubtful, and what was
 * left out. Each thing counts once, however often and by however many readers of the file it is come upon.
 */
import { formatInteger, formatList } from '../../shared/base/format';
import { PART_NAMES } from './row-checks';
import type { MetaDocuments } from './session-meta';

/** Damaged phases are not told: they are made again from the markers. */
const TOLD = ['marker', 'gap', 'note', 'warning'] as const;

export class FoundDamage {
  /** Places of the rows that were left out. */
  readonly rows = {
    marker: new Set<number>(),
    gap: new Set<number>(),
    phase: new Set<number>(),
    note: new Set<number>(),
    warning: new Set<number>(),
  };
  /** Ids of the series whose description is damaged. */
  readonly series = new Set<string>();

  /** At most two sentences; none where nothing is damaged. */
  describe(documents: MetaDocuments['damaged']): string[] {
    return describeDamage(this, documents);
  }
}

function describeDamage(
  { rows, series }: FoundDamage,
  documents: MetaDocuments['damaged'],
): string[] {
  const doubtful = [
    ...documents.taken.map((key) => `its document "${key}"`),
    ...Array.from(series, (id) => `the description of ${id}`),
  ];
  const leftOut = [
    ...TOLD.flatMap((part) => {
      const [one, many] = PART_NAMES[part];
      const count = rows[part].size;
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
