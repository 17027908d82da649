/** What is typed into the record view becomes the request the terminal would make, or is told to be wrong. */
import { describe, expect, it } from 'vitest';
import { resolveSpec } from '../../../../src/main/hosts/cli/options/spec-options';
import { EMPTY_DRAFT } from '../../../../src/renderer/plans/draft';
import { findShellWord } from '../../../../src/renderer/views/record/command-form';
import {
  BUNDLED_MODELS,
  FIRST_FORM,
  type RecordForm,
  readForm,
} from '../../../../src/renderer/views/record/record-form';

const form = (part: Partial<RecordForm>): RecordForm => ({ ...FIRST_FORM, ...part });
const command = (line: string, part: Partial<RecordForm['command']> = {}) => ({
  ...FIRST_FORM.command,
  command: line,
  ...part,
});

describe('the record form', () => {
  it('begins with a recording of the bundled GPT-2, the same as the terminal’s', async () => {
    const { request } = readForm(FIRST_FORM);
    const { model, run } = await resolveSpec(
      { framework: 'tfjs' },
      { model: 'gpt2', framework: 'tfjs' },
    );
    expect(request).toEqual({ bundled: 'gpt2', model, run });
  });

  it('takes every model that the bundled workload can be, and refuses others where they are named', () => {
    for (const model of BUNDLED_MODELS)
      expect(readForm(form({ bundled: { ...EMPTY_DRAFT, model } })).request, model).not.toBeNull();
    const { request, reading } = readForm(
      form({ bundled: { ...EMPTY_DRAFT, model: 'llama-3-8b' } }),
    );
    expect(request).toBeNull();
    expect(reading?.faults.model?.message).toContain('learned positions');
  });

  it('declares model and run of a command only where a model is named', async () => {
    const plain = readForm(form({ kind: 'command', command: command('python t.py "a b"') }));
    expect(plain.request).toEqual({ command: ['python', 't.py', 'a b'] });
    const declared = readForm(
      form({
        kind: 'command',
        command: command('python t.py', { cwd: ' /tmp ', onlyNeeded: true }),
        declared: { ...EMPTY_DRAFT, model: 'gpt2', settings: { mode: 'train', batch: '8' } },
        interval: '20',
        session: ' night ',
      }),
    );
    const { model, run } = await resolveSpec(
      { mode: 'train', batch: '8' },
      { model: 'gpt2', framework: 'pytorch' },
    );
    expect(declared.request).toEqual({
      command: ['python', 't.py'],
      cwd: '/tmp',
      environment: { only: true },
      model,
      run,
      intervalMs: 20,
      name: 'night',
    });
  });

  it('watches a process by its id', () => {
    expect(readForm(form({ kind: 'pid', pid: '4711' })).request).toEqual({ pid: 4711 });
    const wrong = readForm(form({ kind: 'pid', pid: 'python' }));
    expect(wrong.request).toBeNull();
    expect(wrong.faults.pid?.message).toBe('The process id cannot be "python".');
  });

  it('says what is missing, and tells all that is wrong at once', () => {
    expect(readForm(form({ kind: 'command' })).missing).toBe('Give a command line.');
    expect(readForm(form({ kind: 'saved' })).missing).toBe('Choose a saved workload.');
    const { request, faults, reading } = readForm(
      form({
        kind: 'command',
        command: command('say "x', { variables: 'not a name' }),
        interval: '0',
        declared: { ...EMPTY_DRAFT, model: 'gpt2', settings: { batch: '-1', tp: '5' } },
      }),
    );
    expect(request).toBeNull();
    expect(Object.keys(faults).sort()).toEqual(['command', 'interval', 'variables']);
    expect(Object.keys(reading?.faults ?? {}).sort()).toEqual(['batch', 'tp']);
  });

  it('leaves a saved workload as it was saved, but for name and interval', () => {
    expect(readForm(form({ kind: 'saved', saved: 'nightly', interval: '50' })).request).toEqual({
      saved: 'nightly',
      intervalMs: 50,
    });
  });

  it.each([
    ['python train.py | tee log', '|'],
    ['python train.py > log 2>&1', '>'],
    ['cd runs && python train.py', '&&'],
    ['python train.py 2>&1', '2>&1'],
    ["sh -c 'python train.py | tee log'", null],
    ['python train.py --pattern a|b', null],
    ['python train.py "', null],
  ])('sees what a shell would act on in %s', (line, word) => {
    expect(findShellWord(command(line))).toBe(word);
  });
});
