import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { SavedWorkloads } from '../../../../src/main/workloads/saved';
import type { RecordRequest } from '../../../../src/shared/contract/api';

const library = mkdtempSync(join(tmpdir(), 'plumbline-saved-'));
afterAll(() => rmSync(library, { recursive: true, force: true }));

it.each<[string, RecordRequest, RegExp]>([
  ['runs already', { pid: 1 }, /process that runs already/],
  ['runs elsewhere', { prometheus: { url: 'http://gpus:9090' } }, /other machines/],
  ['is saved under another name', { saved: 'other' }, /"other" cannot be saved again/],
  [
    'has too long a name',
    { command: ['true'], name: 'x'.repeat(501) },
    /name is not as it must be/,
  ],
  ['has no command', { command: [] }, /command is not as it must be/],
])('what %s is refused in words, and nothing is written', (_, request, message) => {
  const saved = new SavedWorkloads(library);
  expect(() => saved.save('w', request)).toThrow(
    expect.objectContaining({
      name: 'Failure',
      code: 'bad_input',
      message: expect.stringMatching(message),
    }),
  );
  expect(readdirSync(library)).toEqual([]);
});
