/** The bar at the bottom while a session is replayed or recorded: play, scrub, pace, speed, loop, and back to now. */
import { Pause, Play, Repeat, SkipBack, SkipForward, X } from 'lucide-react';
import { type CSSProperties, useEffect, useRef } from 'react';
import { formatDuration } from '../../../shared/base/format';
import type { Micros } from '../../../shared/base/units';
import { Segmented } from '../../components/Segmented';
import { PACES, type Pace, SPEEDS } from './replay-clock';
import type { ReplayControl } from './useReplay';

const PACE_LABELS: Readonly<Record<Pace, string>> = {
  time: 'Time',
  phase: 'Phase',
  step: 'Step',
  token: 'Token',
};

export function Transport({
  control,
  isLive,
  selection,
}: {
  control: ReplayControl;
  isLive: boolean;
  selection: readonly [Micros, Micros] | null;
}) {
  const { replay, end } = control;
  const at = replay?.at ?? end;
  const share = end > 0 ? (at / end) * 100 : 100;
  return (
    <section className="transport" aria-label="Replay">
      <PlayButtons control={control} isPlaying={replay?.isPlaying ?? false} takesFocus={!isLive} />
      <output className="num moment" data-testid="replay-at">
        {formatDuration(Math.round(at))} <span>of {formatDuration(end)}</span>
      </output>
      <input
        type="range"
        className="scrubber"
        aria-label="Moment of the session"
        aria-valuetext={formatDuration(Math.round(at))}
        min={0}
        max={end}
        step={Math.max(1, Math.round(end / 2000))}
        value={at}
        style={{ '--share': `${share}%` } as CSSProperties}
        onChange={(event) => control.seek(Number(event.target.value))}
      />
      <PaceAndSpeed control={control} />
      <button
        type="button"
        className="icon-button"
        aria-label="Loop the selection"
        aria-pressed={replay?.loop != null}
        disabled={replay?.loop == null && selection === null}
        title={selection === null ? 'Select a span to loop it' : 'Loop the selected span'}
        onClick={() => control.loop(replay?.loop != null ? null : selection)}
      >
        <Repeat size={15} />
      </button>
      <LeaveButton isLive={isLive} isPast={replay !== null} onLeave={control.leave} />
    </section>
  );
}

function PlayButtons({
  control,
  isPlaying,
  takesFocus,
}: {
  control: ReplayControl;
  isPlaying: boolean;
  /** The bar has just come up: what Space acts on is no longer what called it. */
  takesFocus: boolean;
}) {
  const play = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (takesFocus) play.current?.focus();
  }, [takesFocus]);
  return (
    <>
      <button
        type="button"
        className="icon-button"
        aria-label="To the one before"
        title="To the marker before (,)"
        onClick={() => control.seekStop(-1)}
      >
        <SkipBack size={16} />
      </button>
      <button
        type="button"
        className="icon-button play"
        ref={play}
        aria-label={isPlaying ? 'Pause' : 'Play'}
        title={isPlaying ? 'Pause (K or Space)' : 'Play (Space)'}
        onClick={control.toggle}
      >
        {isPlaying ? <Pause size={18} /> : <Play size={18} />}
      </button>
      <button
        type="button"
        className="icon-button"
        aria-label="To the one after"
        title="To the marker after (.)"
        onClick={() => control.seekStop(1)}
      >
        <SkipForward size={16} />
      </button>
    </>
  );
}

/** Back to now while it is recorded; out of the replay where it is over. */
function LeaveButton({
  isLive,
  isPast,
  onLeave,
}: {
  isLive: boolean;
  isPast: boolean;
  onLeave(): void;
}) {
  return isLive ? (
    <button
      type="button"
      className="button small live"
      aria-pressed={!isPast}
      title="Follow what is recorded now"
      onClick={onLeave}
    >
      <i /> Live
    </button>
  ) : (
    <button type="button" className="icon-button" aria-label="Leave the replay" onClick={onLeave}>
      <X size={16} />
    </button>
  );
}

function PaceAndSpeed({ control }: { control: ReplayControl }) {
  const { replay } = control;
  return (
    <>
      <Segmented
        label="Play by"
        value={replay?.pace ?? 'time'}
        onChange={control.setPace}
        options={PACES.map((pace) => ({
          value: pace,
          label: PACE_LABELS[pace],
          title:
            pace === 'time' ? 'Session time at the chosen speed' : `One ${pace} a second at 1×`,
        }))}
      />
      <select
        aria-label="Speed"
        title="Speed (J slower, L faster)"
        value={replay?.speed ?? 1}
        onChange={(event) => control.setSpeed(Number(event.target.value))}
      >
        {SPEEDS.map((speed) => (
          <option key={speed} value={speed}>
            {speed}×
          </option>
        ))}
      </select>
    </>
  );
}
