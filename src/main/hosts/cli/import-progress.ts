/** How far an import has come, as a line that replaces itself: each stage with its share, its pace and the time it still takes. */
import {
  formatBytes,
  formatDuration,
  formatInteger,
  formatTimeLeft,
} from '../../../shared/base/format';
import type { Millis } from '../../../shared/base/units';
import type { ReadProgress } from '../../engine/imports';
import { progressBar } from './text/bars';

const BAR = 20;
/** Between two lines; and what is over before that is never spoken of. */
const EVERY_MS: Millis = 250;

const AMOUNTS: Readonly<Record<ReadProgress['stage'], (amount: number) => string>> = {
  asking: (seconds) => formatDuration(seconds * 1e6),
  reading: formatBytes,
  storing: (samples) => `${formatInteger(samples)} samples`,
};

export class ImportProgress {
  readonly #say: (line: string) => void;
  readonly #now: () => Millis;
  #stage: ReadProgress['stage'] | null = null;
  #began = 0;
  #said = 0;

  constructor(say: (line: string) => void, now: () => Millis = () => performance.now()) {
    this.#say = say;
    this.#now = now;
    this.#said = now();
  }

  tell({ stage, done, total }: ReadProgress): void {
    const now = this.#now();
    if (stage !== this.#stage) [this.#stage, this.#began] = [stage, now];
    if (now - this.#said < EVERY_MS || done <= 0 || total <= 0) return;
    this.#said = now;
    const share = Math.min(1, done / total);
    const leftMs = ((now - this.#began) * (1 - share)) / share;
    this.#say(
      `${stage} ${progressBar(share, BAR)} ${Math.round(share * 100)}% · ${AMOUNTS[stage](done)} of ${AMOUNTS[stage](total)} · ${formatTimeLeft(leftMs * 1000)} left`,
    );
  }
}
