/** What a cell of a table looks like, before it is known what it means. Pure. */
import { absentReason } from '../nvidia-smi-format/query-csv';
import { isDate, parseAnyStamp } from './stamps';

export type Shape =
  | 'stamp'
  | 'date'
  | 'uuid'
  | 'bus'
  | 'pstate'
  | 'bytes'
  | 'percent'
  | 'watts'
  | 'hertz'
  | 'whole'
  | 'number'
  | 'absent'
  | 'text';

/** What a unit behind a number says; every other unit is one of bytes. */
const UNIT_SHAPES: Readonly<Record<string, Shape>> = { '%': 'percent', W: 'watts', MHz: 'hertz' };

export function classifyCell(cell: string): Shape {
  const text = cell.trim();
  if (absentReason(text) !== null) return 'absent';
  if (parseAnyStamp(text) !== null) return 'stamp';
  if (/\D/.test(text) && isDate(text)) return 'date';
  if (/^(GPU|MIG)-/.test(text)) return 'uuid';
  if (/^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-9a-f]$/i.test(text)) return 'bus';
  if (/^P\d{1,2}$/.test(text)) return 'pstate';
  if (/^\d+$/.test(text)) return 'whole';
  const quantity = /^-?\d+(?:\.\d+)?\s*(MiB|GiB|KiB|%|W|MHz)?$/.exec(text);
  if (!quantity) return 'text';
  const [, unit] = quantity;
  return unit === undefined ? 'number' : (UNIT_SHAPES[unit] ?? 'bytes');
}
