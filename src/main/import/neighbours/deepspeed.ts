/** DeepSpeed's `see_memory_usage` in a training log: `MA 1.2 GB  Max_MA 3.4 GB  CA 5.6 GB  Max_CA 6 GB`. */

import type { ImportFormat } from '../protocol';
import { parseAnyStamp } from '../stamps';
import { describeFramework } from './framework';

const LINE = /\bMA ([\d.]+) GB\s+Max_MA ([\d.]+) GB\s+CA ([\d.]+) GB\s+Max_CA ([\d.]+) GB/;
const STAMP = /\b(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:[.,](\d{1,6}))?/;
/** It divides by 1024³ and writes GB. */
const GiB = 2 ** 30;

export const deepspeed: ImportFormat = {
  kind: 'deepspeed',
  recognizes: ({ lines }) => lines.some((line) => LINE.test(line)),
  open(trace) {
    let rows = 0;
    return {
      line(text) {
        const [, now, most, cached] = LINE.exec(text) ?? [];
        if (now === undefined) return;
        const [, whole = '', fraction = '0'] = STAMP.exec(text) ?? [];
        const stamp = parseAnyStamp(whole === '' ? '' : `${whole}.${fraction}`);
        const at = stamp?.us ?? rows * 1e6;
        rows++;
        const allocated = describeFramework(
          'deepspeed',
          'allocated',
          0,
          'MA, and Max_MA before it',
        );
        // The highest since the line before was reached at some time until this one.
        trace.point(allocated, at, Math.round(Number(most) * GiB));
        trace.point(allocated, at + 1, Math.round(Number(now) * GiB));
        trace.point(
          describeFramework('deepspeed', 'reserved', 0),
          at,
          Math.round(Number(cached) * GiB),
        );
      },
      end() {},
    };
  },
};
