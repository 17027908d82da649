/** The timeline's commands, for palette, sheet of keys and keys; W A S D by their place on the keyboard. */
import { useCommands } from '../commands/useCommands';
import { useDerived } from '../state/store';
import type { TimelineActions } from './timeline-actions';
import type { TimelineState } from './timeline-state';

const PAN_SHARE = 0.2;
const ZOOM_FACTOR = 0.7;

export function useTimelineCommands(actions: TimelineActions, state: TimelineState): void {
  const hasSelection = useDerived(state.selection, (span) => span !== null);
  const step = { group: 'View', isByKeyOnly: true } as const;
  const view = { group: 'View' } as const;
  useCommands([
    {
      ...step,
      id: 'view.zoomIn',
      title: 'Zoom in',
      keys: ['KeyW', 'Equal', 'NumpadAdd'],
      run: () => actions.zoom(ZOOM_FACTOR),
    },
    {
      ...step,
      id: 'view.zoomOut',
      title: 'Zoom out',
      keys: ['KeyS', 'Minus', 'NumpadSubtract'],
      run: () => actions.zoom(1 / ZOOM_FACTOR),
    },
    {
      ...step,
      id: 'view.panLeft',
      title: 'Move to earlier',
      keys: ['KeyA', 'ArrowLeft'],
      run: () => actions.pan(-PAN_SHARE),
    },
    {
      ...step,
      id: 'view.panRight',
      title: 'Move to later',
      keys: ['KeyD', 'ArrowRight'],
      run: () => actions.pan(PAN_SHARE),
    },
    {
      ...view,
      id: 'view.fit',
      title: 'Fit the whole run',
      keys: ['KeyF', 'Digit0', 'Numpad0'],
      words: 'everything all reset zoom',
      run: actions.fit,
    },
    { ...view, id: 'view.peak', title: 'Show the peak', keys: ['KeyP'], run: actions.showPeak },
    {
      ...view,
      id: 'marker.next',
      title: 'Go to the next marker',
      keys: ['.'],
      run: actions.nextMarker,
    },
    {
      ...view,
      id: 'marker.previous',
      title: 'Go to the previous marker',
      keys: [','],
      run: actions.previousMarker,
    },
    {
      ...view,
      id: 'selection.range',
      title: hasSelection ? 'Clear the selection' : 'Select what is in sight',
      keys: ['KeyR'],
      words: 'range',
      run: hasSelection ? () => actions.select(null) : actions.selectView,
    },
    {
      ...view,
      id: 'selection.fit',
      title: 'Zoom to the selection',
      keys: ['Shift+KeyF'],
      isDisabled: !hasSelection,
      run: actions.fitSelection,
    },
  ]);
}
