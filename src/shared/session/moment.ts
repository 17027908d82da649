/** What a session is doing at its newest moment: the phase, the step, the token. */
import type { Micros } from '../base/units';
import type { Marker } from '../trace/types';

export interface Now {
  /** The innermost phase that is open; null between phases. */
  readonly phase: string | null;
  readonly step: number | null;
  /** The last token of a generation; null where none came. */
  readonly token: number | null;
}

/** Of the first rank that announces anything, at `t`. `markers` are in order of arrival. */
export function doingAt(markers: readonly Marker[], t: Micros): Now {
  const rank = markers[0]?.rank;
  const open: { readonly name: string; readonly step: number | null }[] = [];
  let step: number | null = null;
  let token: number | null = null;
  for (const marker of markers) {
    if (marker.rank !== rank || marker.t > t) continue;
    step = marker.step ?? step;
    if (marker.type === 'token') token = marker.index;
    if (marker.type !== 'phase') continue;
    if (marker.event === 'begin') open.push({ name: marker.name, step: marker.step });
    else {
      const at = open.findLastIndex(({ name }) => name === marker.name);
      if (at >= 0) open.splice(at, 1);
    }
  }
  return { phase: open.at(-1)?.name ?? null, step, token };
}

/** "backward, step 3"; empty where nothing was announced. */
export function describeNow({ phase, step, token }: Now): string {
  const parts = [
    ...(phase === null ? [] : [phase]),
    ...(step === null ? [] : [`step ${step}`]),
    ...(token === null ? [] : [`token ${token}`]),
  ];
  return parts.join(', ');
}
