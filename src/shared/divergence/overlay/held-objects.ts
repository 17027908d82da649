/**
 * What a script's own objects held, phase by phase, and from that what the rest of a line is made of.
 *
 * Parameters, gradients, optimizer states and buffers are counted from the objects; what else a framework has
 * allocated is activations and work, what it reserved beyond is its allocator's, what the device shows beyond that is
 * context. A split is given only where every part of it is known and none comes out negative.
 */

import type { Bytes } from '../../base/units';
import type { Component, Phase } from '../../base/vocabulary';
import { sumComponents } from '../../budget/tier';
import type { ComponentBytes } from '../../budget/types';
import { carriedOn, type MarkerOf, markersOf } from '../../trace/carried-on';
import { deviceIn, FRAMEWORK_ALLOCATED } from '../../trace/series-ids';
import { TimedLists } from '../../trace/timed-lists';
import type { Marker, MemoryMark, ObjectsMark, PhaseSpan } from '../../trace/types';

type ObjectsMarker = MarkerOf<'objects'>;

const listObjects = carriedOn<ObjectsMarker, TimedLists<ObjectsMarker>>(
  () => new TimedLists<ObjectsMarker>([], ({ rank, phase }) => `${rank}:${phase}`),
);

/** The phase before, within a step: objects that are alike at the ends of both did not change in the later one. */
const BEFORE: Partial<Record<Phase, Phase>> = { backward: 'forward', optimizer: 'backward' };

export class HeldObjects {
  readonly #markers: readonly Marker[];

  /** `markers` may grow: what is asked later is answered by all there are then. */
  constructor(markers: readonly Marker[]) {
    this.#markers = markers;
  }

  /** As told at the end of this phase, or at the last of its kind that told; null where none did by then. */
  atEnd({ rank, phase, t1 }: Pick<PhaseSpan, 'rank' | 'phase' | 't1'>): ObjectsMark | null {
    return listObjects(markersOf(this.#markers, 'objects')).lastBy(`${rank}:${phase}`, t1);
  }

  /** What was held all through the phase; null where it may have changed meanwhile. */
  throughout(span: Pick<PhaseSpan, 'rank' | 'phase' | 't1'>): ObjectsMark | null {
    const own = this.atEnd(span);
    const before = BEFORE[span.phase];
    if (own === null || before === undefined) return own;
    const earlier = this.atEnd({ ...span, phase: before });
    return earlier !== null && JSON.stringify(earlier.parts) === JSON.stringify(own.parts)
      ? own
      : null;
  }
}

/** Bytes by component on the CPU's side of memory or on that of devices. */
export function heldOn(
  { parts }: Pick<ObjectsMark, 'parts'>,
  where: 'device' | 'host',
): ComponentBytes {
  const held: Partial<Record<Component, Bytes>> = {};
  for (const { component, device, bytes } of parts)
    if ((device === 'cpu') === (where === 'host')) held[component] = (held[component] ?? 0) + bytes;
  return held;
}

/** Bytes on a line at one moment: of the line, and as the framework counts them. */
interface Level {
  readonly line: Bytes;
  readonly allocated: Bytes;
  readonly reserved: Bytes | undefined;
}

/** What the line's bytes are made of at a phase's end. */
export function splitEnd(
  series: string,
  objects: ObjectsMark | null,
  memory: MemoryMark | null,
  line: Bytes | null,
): ComponentBytes | null {
  if (objects === null || memory === null || line === null) return null;
  const { allocated, reserved } = memory;
  return split(series, objects, { line, allocated, reserved });
}

/** The same at its highest: the framework's own high-water marks, while the objects stayed as they were. */
export function splitHighest(
  series: string,
  objects: ObjectsMark | null,
  memory: MemoryMark | null,
  line: Bytes | null,
): ComponentBytes | null {
  if (objects === null || memory?.peak === undefined || line === null) return null;
  const reserved = memory.counters?.['reserved_bytes.all.peak'];
  return split(series, objects, { line, allocated: memory.peak, reserved });
}

function split(
  series: string,
  objects: ObjectsMark,
  { line, allocated, reserved }: Level,
): ComponentBytes | null {
  const held = heldOn(objects, 'device');
  const activations = allocated - sumComponents(held);
  if (activations < 0) return null;
  if (series === FRAMEWORK_ALLOCATED) return { ...held, activations };
  if (deviceIn(series) === undefined || reserved === undefined) return null;
  const [reserve, context] = [reserved - allocated, line - reserved];
  return reserve < 0 || context < 0 ? null : { ...held, activations, reserve, context };
}
