/** Runs an experiment and stops it; whatever was recorded stays. */
import { Play, RotateCcw, Square } from 'lucide-react';
import type { BundledSweep } from '../../../shared/chapter/sweeps/bundled-sweep';
import { pointsFor } from '../../../shared/chapter/sweeps/sweep';
import type { SweepState } from '../../../shared/contract/sweeps';
import { useQuery } from '../../state/engine';

export function SweepControls({
  sweep,
  full,
  state,
  onStart,
  onStop,
}: {
  sweep: BundledSweep;
  full: boolean;
  state: SweepState | null;
  onStart(isAnew: boolean): void;
  onStop(): void;
}) {
  const info = useQuery('info', (engine) => engine.info());
  if (state === null || info.data === null) return null;
  if (!info.data.mayLaunch)
    return (
      <span className="muted">
        This server launches nothing. In a terminal:{' '}
        <code>
          plumbline experiment {sweep.name}
          {full ? ' --full' : ''}
        </code>
      </span>
    );
  const { running, outcome } = state;
  if (running?.name === sweep.name && running.full === full)
    return (
      <button type="button" className="button" onClick={onStop}>
        <Square size={12} fill="currentColor" aria-hidden="true" />
        Stop
      </button>
    );
  const done = outcome?.points.filter(({ runs }) => runs > 0).length ?? 0;
  const isWhole = done === pointsFor(sweep.axes(full)).length;
  const isBusy = running !== null;
  const reason = isBusy ? `“${running.name}” is running` : undefined;
  return (
    <button
      type="button"
      className={isWhole ? 'button' : 'button primary'}
      disabled={isBusy}
      title={reason}
      onClick={() => onStart(isWhole)}
    >
      {isWhole ? (
        <RotateCcw size={13} aria-hidden="true" />
      ) : (
        <Play size={13} fill="currentColor" aria-hidden="true" />
      )}
      {nameAction(done, isWhole)}
    </button>
  );
}

function nameAction(done: number, isWhole: boolean): string {
  if (isWhole) return 'Run again';
  return done > 0 ? 'Go on' : 'Run';
}
