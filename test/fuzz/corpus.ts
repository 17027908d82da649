/**
 * What a trial's inputs are made of: the area's own examples, what earlier trials found worth keeping, and what this one
 * found to lead further. The kept ones lie in test/fixtures/fuzz, a file an area, one input a line in base64.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Area } from './areas';
import { Coverage } from './coverage';
import type { Chance } from './mutate';

/** Inputs that led further and are mutated again, at most: later ones take the place of earlier ones. */
const MAX_LED = 400;
/** Of what is kept for later trials: the repository is no place for large inputs. */
const MAX_KEPT_BYTES = 2000;
const MAX_KEPT = 60;

export class Corpus {
  readonly #file: string;
  readonly #given: readonly Buffer[];
  readonly #led: Buffer[] = [];
  #count = 0;

  constructor(root: string, area: Area, folder: string) {
    this.#file = join(root, 'test', 'fixtures', 'fuzz', `${area.id}.txt`);
    this.#given = [...area.seeds(root, folder), ...readKept(this.#file)];
  }

  get led(): number {
    return this.#led.length;
  }

  pick(chance: Chance): Buffer {
    const at = chance.whole(this.#given.length + this.#led.length);
    return this.#given[at] ?? this.#led[at - this.#given.length]!;
  }

  lead(inputs: readonly Buffer[]): void {
    for (const input of inputs) this.#led[this.#count++ % MAX_LED] = input;
  }

  /** Writes the smallest inputs that together reach, beyond the area's own examples, all that this trial's reached. */
  async keep(area: Area, root: string, folder: string): Promise<number> {
    const coverage = new Coverage();
    const reaches = async (input: Buffer): Promise<boolean> => {
      try {
        await area.read(input, folder);
      } catch {
        // Refused or broken, it has reached what it reached.
      }
      return coverage.look() > 0;
    };
    for (const input of area.seeds(root, folder)) await reaches(input);
    const kept: Buffer[] = [];
    const small = [...readKept(this.#file), ...this.#led]
      .filter(({ length }) => length > 0 && length <= MAX_KEPT_BYTES)
      .sort((a, b) => a.length - b.length);
    for (const input of small)
      if (kept.length < MAX_KEPT && (await reaches(input))) kept.push(input);
    coverage.end();
    mkdirSync(dirname(this.#file), { recursive: true });
    writeFileSync(this.#file, kept.map((input) => `${input.toString('base64')}\n`).join(''));
    return kept.length;
  }
}

const readKept = (file: string): Buffer[] =>
  existsSync(file)
    ? readFileSync(file, 'latin1')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => Buffer.from(line, 'base64'))
    : [];
