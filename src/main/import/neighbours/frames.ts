/** The line of a program that asked for memory, from a stack that PyTorch wrote down. Pure. */
import type { PickleValue } from './pickle';

/** What of a stack is the framework's own or has no source; the innermost line that is neither is who asked. */
const NOT_THE_PROGRAM =
  /(^|[\\/])(torch|site-packages[\\/]torch|contextlib\.py|threading\.py|runpy\.py)([\\/]|$)|^<|^\?\?|\.(cpp|cc|c|cu|cuh|h|hpp|S)$/;
const NO_STACK = 'without a stack';
const FRAMEWORK_ONLY = 'inside the framework';
/** Folders of a path that are shown. */
const SHOWN_FOLDERS = 1;

/** Stacks are shared among events, so each is looked at once. */
export class FrameLabels {
  readonly #known = new WeakMap<object, string>();

  label(frames: PickleValue | undefined): string {
    if (!Array.isArray(frames) || frames.length === 0) return NO_STACK;
    const known = this.#known.get(frames);
    if (known !== undefined) return known;
    const label = describeStack(frames);
    this.#known.set(frames, label);
    return label;
  }
}

function describeStack(frames: readonly PickleValue[]): string {
  for (const frame of frames) {
    if (typeof frame !== 'object' || frame === null || Array.isArray(frame)) continue;
    const { filename, line, name } = frame;
    if (typeof filename !== 'string' || NOT_THE_PROGRAM.test(filename)) continue;
    const short = filename
      .split(/[\\/]/)
      .slice(-1 - SHOWN_FOLDERS)
      .join('/');
    return `${short}:${typeof line === 'number' ? line : 0} ${typeof name === 'string' ? name : ''}`
      .trim()
      .slice(0, 200);
  }
  return FRAMEWORK_ONLY;
}
