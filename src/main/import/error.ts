/** What nvidia-smi prints when it cannot answer: a sentence, instead of readings or among them. */
import { findSmiError, firstLine } from '../nvidia-smi-format/error-text';
import type { ImportFormat } from './protocol';
import type { TraceBuilder } from './trace';

export const errorText: ImportFormat = {
  kind: 'error',
  recognizes: ({ text }) => findSmiError(text) !== null,
  open: (trace, head) => {
    const found = findSmiError(head.text);
    if (found) {
      trace.error = found.text;
      trace.absent(found.reason);
      trace.warn(`nvidia-smi gave no reading: ${found.text}. ${found.remedy}`);
    }
    return { line() {}, end() {} };
  },
};

/** The GPU a sentence is about, as `GPU0: 0000:24:00.0` or `GPU 0000:0B:00.0`. */
const ABOUT = /\bGPU ?(?:(\d{1,3}): )?([0-9A-F]{4,8}:[0-9A-F]{2}:[0-9A-F]{2}\.[0-9A-F])/i;

/** Takes note of an error sentence among readings; false where the line is none. */
export function noteError(trace: TraceBuilder, line: string): boolean {
  const error = findSmiError(line);
  if (error === null) return false;
  const [, index, busId] = ABOUT.exec(line) ?? [];
  if (busId !== undefined)
    trace.silent(index === undefined ? { busId } : { index: Number(index), busId }, error.reason);
  trace.error ??= error.text;
  trace.absent(error.reason);
  trace.warn(`nvidia-smi printed among the readings: ${firstLine(error.text)}.`);
  return true;
}
