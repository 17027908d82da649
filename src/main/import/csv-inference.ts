/**
 * What the columns of a CSV file without a header mean, by the shape of their cells. A column whose meaning cannot be
 * told stays without one. Pure.
 */
import { absentReason } from '../nvidia-smi-format/query-csv';
import { classifyCell, type Shape } from './cells';
import type { CsvColumn, Role } from './csv-columns';

/** Columns of rows without a header, from what the first rows look like. */
export function inferColumns(rows: readonly (readonly string[])[]): CsvColumn[] {
  const width = rows[0]?.length ?? 0;
  const cells = Array.from({ length: width }, (_, i) => rows.map((row) => row[i] ?? ''));
  const shapes = cells.map((column) => commonShape(column));
  const roles = new Map<number, readonly [Role, string]>();
  const take = (i: number | undefined, role: Role, field = '') => {
    if (i !== undefined && i >= 0 && !roles.has(i)) roles.set(i, [role, field]);
  };
  const withShape = (shape: Shape) => shapes.flatMap((each, i) => (each === shape ? [i] : []));
  take(withShape('stamp')[0], 'timestamp');
  take(withShape('date')[0], 'date');
  take(withShape('uuid')[0], 'uuid');
  take(withShape('bus')[0], 'busId');
  take(
    withShape('text').find((i) =>
      cells[i]!.every((cell) =>
        /nvidia|tesla|quadro|geforce|titan|rtx|gtx|\b[ABHLPTV]\d{1,4}\b/i.test(cell),
      ),
    ),
    'name',
  );
  for (const i of withShape('pstate')) take(i, 'other');
  if (withShape('watts').length === 1) take(withShape('watts')[0], 'metric', 'power.draw');
  for (const [i, field] of memoryColumns(withShape('bytes'), cells))
    take(i, field === 'memory.total' ? 'memoryTotal' : 'metric', field);
  const percents = withShape('percent');
  if (percents.length === 1 || (percents.length === 2 && percents[1] === percents[0]! + 1)) {
    take(percents[0], 'metric', 'utilization.gpu');
    take(percents[1], 'metric', 'utilization.memory');
  }
  for (const [i, field] of bareMemoryColumns(shapes, cells))
    take(i, field === 'memory.total' ? 'memoryTotal' : 'metric', field);
  const first = shapes.findIndex((shape) => shape !== 'stamp' && shape !== 'date');
  const isSmall =
    shapes[first] === 'whole' && cells[first]!.every((cell) => Number(cell) < MAX_INDEX);
  const stamps = cells[shapes.indexOf('stamp')] ?? [];
  if (isSmall && (roles.get(first + 1)?.[0] === 'name' || countsGpus(cells[first]!, stamps)))
    take(first, 'index');
  const wholes = withShape('whole').filter((i) => !roles.has(i));
  const withUnits = shapes.some(
    (shape) => shape === 'bytes' || shape === 'percent' || shape === 'watts',
  );
  if (
    withUnits &&
    wholes.length === 1 &&
    cells[wholes[0]!]!.every((cell) => Number(cell) >= 5 && Number(cell) <= 110)
  )
    take(wholes[0], 'metric', 'temperature.gpu');
  return shapes.map((_, i) => {
    const [role, field] = roles.get(i) ?? ['unnamed', ''];
    return { role, field, label: String(i + 1), unit: null };
  });
}

/** What a column of inferred meaning is called in a warning. */
export function meaningWords({ role, field }: CsvColumn): string {
  return role === 'metric'
    ? field
    : ({ memoryTotal: 'memory.total', busId: 'pci.bus_id' }[role as string] ?? role);
}

function commonShape(column: readonly string[]): Shape {
  const shapes = [...new Set(column.map(classifyCell))].filter((shape) => shape !== 'absent');
  if (shapes.length === 0) return 'absent';
  if (shapes.every((shape) => shape === 'whole' || shape === 'number'))
    return shapes.length === 1 ? shapes[0]! : 'number';
  return shapes.length === 1 ? shapes[0]! : 'text';
}

/**
 * One or two columns of memory: the one in use, and total or free where the rows can tell them apart. With a constant
 * total the other is what is in use; two that move against each other are used and free, the lower at first in use.
 */
function memoryColumns(
  found: readonly number[],
  cells: readonly (readonly string[])[],
): (readonly [number, string])[] {
  const values = found.map((i) =>
    cells[i]!.map((cell) => (absentReason(cell) === null ? Number.parseFloat(cell) : Number.NaN)),
  );
  const isConstant = (column: readonly number[]) => column.every((value) => value === column[0]);
  if (found.length === 1) return [[found[0]!, 'memory.used']];
  if (found.length !== 2) return [];
  const [a, b] = values as [number[], number[]];
  const low = a[0]! <= b[0]! ? 0 : 1;
  const [lower, higher] = low === 0 ? [a, b] : [b, a];
  const used = [found[low]!, 'memory.used'] as const;
  if (isConstant(lower)) return [used];
  if (isConstant(higher) && lower.every((value) => !(value > higher[0]!)))
    return [used, [found[1 - low]!, 'memory.total']];
  const complementary = lower.every(
    (value, i) => !(Math.abs(value + higher[i]! - (lower[0]! + higher[0]!)) > 2),
  );
  return complementary ? [used, [found[1 - low]!, 'memory.free']] : [];
}

/**
 * Without units: three columns of which two add up to the third, or nearly (a driver keeps some), and the third is always
 * the same, are what is in use, what is free, and the total. The lower of the two at first is in use.
 */
function bareMemoryColumns(
  shapes: readonly Shape[],
  cells: readonly (readonly string[])[],
): (readonly [number, string])[] {
  for (let i = 0; i + 2 < shapes.length; i++) {
    if (![i, i + 1, i + 2].every((at) => shapes[at] === 'whole')) continue;
    const [a = [], b = [], total = []] = [i, i + 1, i + 2].map((at) => cells[at]!.map(Number));
    const addsUp = total.every((sum, row) => {
      const parts = a[row]! + b[row]!;
      return sum >= MIN_TOTAL && parts <= sum && parts >= MIN_PARTS * sum;
    });
    if (!addsUp || new Set(total).size > 1 || total.length < 2) continue;
    const used = a[0]! <= b[0]! ? 0 : 1;
    return [
      [i + used, 'memory.used'],
      [i + 1 - used, 'memory.free'],
      [i + 2, 'memory.total'],
    ];
  }
  return [];
}
/** MiB: no GPU of these days has less, and no percentage is more. */
const MIN_TOTAL = 256;
/** Of the total, what is in use and free make up so much at least. */
const MIN_PARTS = 0.9;
const MAX_INDEX = 64;

/** Numbers that come round, 0 1 2 0 1 2, or that count the GPUs of one moment. */
function countsGpus(column: readonly string[], stamps: readonly string[]): boolean {
  const distinct = [...new Set(column)];
  const comesRound = column.every((cell, i) => cell === distinct[i % distinct.length]);
  if (distinct.length > 1 && distinct.length < column.length) return comesRound;
  const isOneMoment = new Set(stamps.map((stamp) => stamp.split(/[.,]/)[0])).size <= 1;
  return isOneMoment && column.length > 1 && column.every((cell, i) => Number(cell) === i);
}
