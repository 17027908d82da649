/** What a script's own objects held, as a table: a row for each component, type and device, a column for each phase's end. */
import { formatBytes } from '../base/format';
import { COMPONENTS } from '../base/vocabulary';
import type { HeldAtEnd, SessionDocument } from '../session/session-document';
import { componentName } from './names';
import type { WordTable } from './word-table';

export const HELD_TITLE = "Held by the script's own objects, at the end of phases";

/** Null where no objects told. */
export function heldTable({ objects = [] }: Pick<SessionDocument, 'objects'>): WordTable | null {
  if (objects.length === 0) return null;
  const parts = objects.flatMap((each) => each.parts);
  const devices = new Set(parts.map(({ device }) => device));
  const keys = [
    ...new Map(
      parts.map((part) => [`${part.component}:${part.dtype}:${part.device}`, part]),
    ).values(),
  ].sort((a, b) => COMPONENTS.indexOf(a.component) - COMPONENTS.indexOf(b.component));
  const rows = keys.map(({ component, dtype, device }) => [
    componentName(component),
    devices.size > 1 ? `${dtype}, ${device}` : dtype,
    ...objects.map((each) =>
      formatBytes(
        each.parts.find(
          (part) => part.component === component && part.dtype === dtype && part.device === device,
        )?.bytes ?? 0,
      ),
    ),
  ]);
  const hasRest = objects.some(({ rest }) => rest !== null);
  return {
    head: ['component', 'type', ...objects.map(({ phase }) => phase)],
    rows: hasRest
      ? [
          ...rows,
          ['activations and work', 'the rest', ...objects.map(({ rest }) => formatBytes(rest))],
        ]
      : rows,
    words: 2,
    notes: [...new Set(objects.flatMap(({ untold = [] }) => untold))].map((text) => `${text}.`),
  };
}

/**
 * One sentence on what the script's own objects hold when they hold most: "Its own objects held 54 KiB at the end of
 * optimizer: parameters 18 KiB, …". Null where none told.
 */
export function tellHeld({ objects = [] }: Pick<SessionDocument, 'objects'>): string | null {
  const total = ({ parts }: HeldAtEnd) => parts.reduce((sum, { bytes }) => sum + bytes, 0);
  const fullest = objects.reduce<HeldAtEnd | null>(
    (most, one) => (most === null || total(one) > total(most) ? one : most),
    null,
  );
  if (fullest === null) return null;
  const byComponent = COMPONENTS.flatMap((component): string[] => {
    const bytes = total({
      ...fullest,
      parts: fullest.parts.filter((part) => part.component === component),
    });
    return bytes === 0 ? [] : [`${componentName(component)} ${formatBytes(bytes)}`];
  });
  const untold = new Set(objects.flatMap((each) => each.untold ?? []));
  return [
    `The script's own objects held ${formatBytes(total(fullest))} at the end of ${fullest.phase}: ${byComponent.join(', ')}.`,
    ...[...untold].map((text) => `${text}.`),
  ].join(' ');
}
