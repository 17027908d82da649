/** Files to import that are built to cost more than they are worth: each is refused or read within a second's work and little memory. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readTrace } from '../../src/main/import';
import { Failure } from '../../src/shared/base/failure';

const repeat = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join('');
const HOSTILE: Readonly<Record<string, string>> = {
  'deep.xml': `<?xml version="1.0" ?>\n<nvidia_smi_log>${'<a>'.repeat(12_000)}${'</a>'.repeat(12_000)}</nvidia_smi_log>\n`,
  'unclosed.xml': `<?xml version="1.0" ?>\n<nvidia_smi_log>${'<a>'.repeat(500_000)}</nvidia_smi_log>\n`,
  'beginnings.xml': `<?xml version="1.0" ?>\n${'<nvidia_smi_log>'.repeat(900_000)}\n`,
  'wide.xml': `<?xml version="1.0" ?>\n<nvidia_smi_log>${'<gpu/>'.repeat(600_000)}</nvidia_smi_log>\n`,
  'gpus.xml': `<?xml version="1.0" ?>\n<nvidia_smi_log>${repeat(
    40_000,
    (i) =>
      `<gpu id="0000:${i.toString(16).padStart(4, '0')}:00.0"><fb_memory_usage><used>1 MiB</used></fb_memory_usage></gpu>`,
  )}</nvidia_smi_log>\n`,
  'gpus.csv': `index, memory.used [MiB]\n${repeat(100_000, (i) => `${i}, 1 MiB\n`)}`,
  'columns.csv': `index, ${repeat(20_000, (i) => `memory.x${i}, `)}memory.used [MiB]\n0, ${'1, '.repeat(20_000)}1 MiB\n`,
  'commas.csv': `index, memory.used [MiB]\n${','.repeat(10_000_000)}\n`,
  'quotes.csv': `index, memory.used [MiB]\n${'"'.repeat(5_000_000)}\n`,
};

describe('an import that is built to hurt', () => {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-hostile-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(Object.entries(HOSTILE))(
    '%s is read or refused in little time and memory',
    (name, text) => {
      const path = join(folder, name);
      writeFileSync(path, text);
      const [began, before] = [performance.now(), process.memoryUsage().rss];
      try {
        readTrace(path);
      } catch (error) {
        expect(error).toBeInstanceOf(Failure);
      }
      expect(performance.now() - began).toBeLessThan(20_000);
      expect(process.memoryUsage().rss - before).toBeLessThan(600 * 2 ** 20);
    },
  );
});
