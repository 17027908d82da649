/** What nvidia-smi prints when it cannot answer: a sentence, and no reading. */
import { findSmiError } from '../../telemetry/nvidia-smi/error-text';
import type { ImportFormat } from './protocol';

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
