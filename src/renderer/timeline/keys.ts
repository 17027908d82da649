/** Keys of the timeline while it has the focus, by their place on the keyboard, so that W A S D lie together on every layout. */
import { type RefObject, useEffect } from 'react';
import { findViewCommand } from '../chart/view';
import type { TimelineActions } from './timeline-actions';

const PAN_SHARE = 0.2;
const ZOOM_FACTOR = 0.7;

export function useTimelineKeys(
  root: RefObject<HTMLElement | null>,
  actions: TimelineActions,
): void {
  useEffect(() => {
    const element = root.current;
    if (!element) return;
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      const command = findViewCommand(event.code);
      if (command === null) return;
      event.preventDefault();
      const act = {
        in: () => actions.zoom(ZOOM_FACTOR),
        out: () => actions.zoom(1 / ZOOM_FACTOR),
        left: () => actions.pan(-PAN_SHARE),
        right: () => actions.pan(PAN_SHARE),
        fit: actions.fit,
        peak: actions.showPeak,
      }[command];
      act();
    };
    element.addEventListener('keydown', press);
    return () => element.removeEventListener('keydown', press);
  }, [root, actions]);
}
