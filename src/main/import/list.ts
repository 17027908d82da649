/** What tells of GPUs or fields and holds no reading: `nvidia-smi -L`, and the help on what can be queried. */
import type { ImportFormat } from './protocol';

const GPU = /^GPU (\d+): (.+?) \(UUID: (GPU-[^)\s]+)\)$/;
const HELP = /List of valid properties to query for the switch/;

export const list: ImportFormat = {
  kind: 'list',
  recognizes: ({ lines }) =>
    GPU.test(lines[0] ?? '') && lines.every((line) => GPU.test(line) || /^MIG /.test(line)),
  open: (trace) => ({
    line(text) {
      const [, index, name = '', uuid = ''] = GPU.exec(text.trim()) ?? [];
      if (index !== undefined) trace.gpu({ index: Number(index), name, uuid });
    },
    end() {},
  }),
};

export const help: ImportFormat = {
  kind: 'help',
  recognizes: ({ lines }) => HELP.test(lines.slice(0, 5).join('\n')),
  open: () => ({ line() {}, end() {} }),
};
