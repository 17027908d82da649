/** What a script's own objects held, as a table: a row for each component, type and device, a column for each phase's end. */
import { formatBytes } from '../base/format';
import { COMPONENTS } from '../base/vocabulary';
import type { SessionDocument } from '../session/session-document';
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
