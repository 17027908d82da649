/**
 * Which blocks of the code under trial have been reached, as V8 counts them in this process. A look takes milliseconds,
 * so it is taken after some inputs together, and inputs that reached something new are worth mutating further.
 */
import { type Profiler, Session } from 'node:inspector';

export class Coverage {
  readonly #session = new Session();
  readonly #reached = new Set<string>();

  constructor() {
    this.#session.connect();
    this.#post('Profiler.enable');
    this.#post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** Blocks reached so far. */
  get size(): number {
    return this.#reached.size;
  }

  /** How many blocks were reached for the first time since the last look. */
  look(): number {
    const before = this.#reached.size;
    const { result } = this.#post(
      'Profiler.takePreciseCoverage',
    ) as Profiler.TakePreciseCoverageReturnType;
    for (const { scriptId, url, functions } of result) {
      if (!url.startsWith('file:')) continue;
      for (const { ranges } of functions)
        for (const { startOffset, endOffset, count } of ranges)
          if (count > 0) this.#reached.add(`${scriptId}:${startOffset}:${endOffset}`);
    }
    return this.#reached.size - before;
  }

  end(): void {
    this.#session.disconnect();
  }

  /** A session of the same thread answers before `post` returns. */
  #post(method: string, params: object = {}): unknown {
    let answer: unknown;
    this.#session.post(method, params, (error: Error | null, result: unknown) => {
      if (error !== null) throw error;
      answer = result;
    });
    return answer;
  }
}
