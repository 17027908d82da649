/**
 * How far a recording is: the steps or tokens it has done of those it was declared or announced to do, and what time is
 * left at the pace so far. Where nobody said how many there are, it is told what is done and no more.
 */
import { formatBytes, formatDuration, formatTimeLeft } from '../../../shared/base/format';
import type { Bytes, Micros } from '../../../shared/base/units';
import type { RunSpec } from '../../../shared/model/spec';
import type { Marker } from '../../../shared/trace/types';
import { progressBar } from './text/bars';

const BAR = 16;
/** The first steps compile and warm up: before this share the time left is only a guess. */
const TELL_FROM = 0.03;

export class RunProgress {
  #phase = '';
  #allocated: Bytes | null = null;
  #done = 0;
  #total: number | null;
  /** When the first step or token was begun: what came before it is not repeated. */
  #from: Micros | null = null;

  constructor(run: Pick<RunSpec, 'mode' | 'steps' | 'tokens'> | undefined) {
    this.#total = run === undefined ? null : totalOf(run);
  }

  tell(marker: Marker): void {
    if (marker.type === 'phase' && marker.event === 'begin') {
      this.#phase = marker.step === null ? marker.name : `${marker.name} ${marker.step}`;
      if (marker.name !== 'load') this.#from ??= marker.t;
    } else if (marker.type === 'token') {
      this.#phase = `decode, token ${marker.index + 1}`;
      this.#done = Math.max(this.#done, marker.index + 1);
    } else if (marker.type === 'step' && marker.event === 'end' && marker.step !== null)
      this.#done = Math.max(this.#done, marker.step);
    else if (marker.type === 'memory') this.#allocated = marker.memory.allocated;
    else if (marker.type === 'run' && typeof marker.fields.steps === 'number')
      this.#total ??= marker.fields.steps;
  }

  /** Share of the run that is done, from 0 to 1; null where it is not known how much there is to do. */
  get share(): number | null {
    return this.#total === null || this.#total <= 0 ? null : Math.min(1, this.#done / this.#total);
  }

  /** Time left at the pace so far; null where that cannot be said yet. */
  timeLeft(now: Micros): Micros | null {
    const { share } = this;
    if (share === null || share < TELL_FROM || this.#from === null) return null;
    return ((now - this.#from) * (1 - share)) / share;
  }

  line(label: string, now: Micros): string {
    const { share } = this;
    const left = this.timeLeft(now);
    return [
      share === null ? label : `${label} ${progressBar(share, BAR)} ${Math.round(share * 100)}%`,
      formatDuration(now),
      left === null ? '' : `${formatTimeLeft(left)} left`,
      this.#phase,
      this.#allocated === null ? '' : formatBytes(this.#allocated),
    ]
      .filter((part) => part !== '')
      .join(' · ');
  }
}

const totalOf = ({
  mode,
  steps,
  tokens,
}: Pick<RunSpec, 'mode' | 'steps' | 'tokens'>): number | null =>
  (mode === 'generate' ? tokens : steps) || null;
