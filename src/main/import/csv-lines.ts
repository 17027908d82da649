/** Lines of CSV as nvidia-smi and loggers write them: which of them may be rows, and what a cut one has lost. Pure. */
import { findSmiError } from '../nvidia-smi-format/error-text';
import { absentReason } from '../nvidia-smi-format/query-csv';
import { classifyCell } from './cells';
import { parseHeaderColumns } from './csv-columns';
import type { Head } from './protocol';
import { parseStampLine } from './stamps';

/** Lines of the head that may be rows: what nvidia-smi says of errors, and a time by itself, is not. */
export function candidateLines(head: Head): string[] {
  return head.lines
    .filter((line) => findSmiError(line) === null && !/^NVML library version/i.test(line))
    .filter((line) => parseStampLine(line) === null)
    .map(withCommas);
}

/** Some loggers write semicolons or tabs, with a comma in their numbers, or quote their cells. */
export function withCommas(line: string): string {
  const bare = line.includes('"') ? line.replaceAll('"', '') : line;
  if (!/[;\t]/.test(bare)) return bare;
  const separator = [';', '\t'].find(
    (each) =>
      bare.split(each).length > 1 &&
      bare.split(each).length >= bare.replaceAll(/\d,\d/g, '').split(',').length,
  );
  if (separator === undefined) return bare;
  return bare.replaceAll(/(\d),(?=\d)/g, '$1.').replaceAll(separator, ',');
}

/** How far into a file its header may be looked for: scripts print before they log. */
const HEADER_WITHIN = 50;
export const findHeader = (lines: readonly string[]) =>
  lines
    .slice(0, HEADER_WITHIN)
    .map(parseHeaderColumns)
    .find((columns) => columns !== null);

export function usualWidth(lines: readonly string[]): number {
  const counts = new Map<number, number>();
  for (const line of lines.slice(0, 200)) {
    const width = line.split(',').length;
    counts.set(width, (counts.get(width) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0;
}

/**
 * Whether the last cell of a line without an end lost something: its unit, or digits that the cell above it has. With
 * no cell above, a bare number may or may not be whole.
 */
export function looksCut(cell: string, above: string | undefined): boolean | 'perhaps' {
  if (absentReason(cell) !== null) return cell === '';
  const bare = /^-?[\d.]+$/.test(cell);
  if (above === undefined || absentReason(above) !== null) return bare ? 'perhaps' : false;
  return classifyCell(cell) !== classifyCell(above) || (bare && cell.length < above.length);
}
