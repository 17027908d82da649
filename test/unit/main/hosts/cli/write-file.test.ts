/** Where `--out` writes to. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { outputPath } from '../../../../../src/main/hosts/cli/write-file';
import { temporaryHome } from '../../../../support/cli';

const home = temporaryHome();
afterAll(() => home.dispose());

test('what has an ending is a file, whichever it is; a folder that is there and a name without one take the file', () => {
  const at = (name: string) => join(home.dir, name);
  mkdirSync(at('reports.html'));
  for (const name of ['a.html', 'a.chrome-trace.txt', 'a.TXT', 'a.parquet'])
    expect(outputPath(at(name), 'made.csv')).toBe(at(name));
  for (const name of ['reports.html', 'out', 'out-1.2', '2026.11.30', '.'])
    expect(outputPath(at(name), 'made.csv')).toBe(join(at(name), 'made.csv'));
});
