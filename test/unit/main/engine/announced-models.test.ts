import { expect, it } from 'vitest';
import { LiveHeader } from '../../../../src/main/engine/live-header';
import type { RecordingPlan } from '../../../../src/main/engine/recording-plan';
import { countParameters } from '../../../../src/shared/model/parameters';
import { preset } from '../../../../src/shared/model/presets';
import { GPT2_CONFIG } from '../../../support/gpt2-config';

const config = GPT2_CONFIG;
const parameters = countParameters(preset('gpt2')).total;
const base = { config, parameters, parameterBytes: 4 * parameters };
const student = { ...base, name: 'student', modelNumber: 0, trainable: parameters };
const training = { mode: 'train', device: 'NVIDIA H100', batch: 2, seq: 64, modelNumber: 0 };

/** What a recording without a declaration knows of its run by these announcements. */
function heard(...announced: readonly (readonly ['model' | 'run', object, number?])[]) {
  const words: string[] = [];
  const plan = {
    name: 'train.py',
    workload: { kind: 'command' },
    model: null,
    run: null,
    takesAnnouncements: true,
  } as unknown as RecordingPlan;
  const facts = { id: 'x', startedAt: '', simulated: false, environment: {} };
  const header = new LiveHeader(plan, facts as never, (text) => words.push(text));
  for (const [type, fields, rank = 0] of announced)
    header.take({ t: 0, rank, step: null, type, fields: { ...fields } });
  const { model, run } = header.current;
  return { model: model?.name ?? null, run, words };
}

it('a run is of the model that it names, whichever was announced first', () => {
  const small = { name: 'a head', modelNumber: 1, parameters: 100, trainable: 100 };
  const told = heard(['model', small], ['model', student], ['run', training]);
  expect(told).toMatchObject({ model: 'student', run: { mode: 'train', batch: 2 }, words: [] });
});

it('frozen copies of the model that trains are in its budget', () => {
  const copy = { ...student, name: 'reference', modelNumber: 1, trainable: 0 };
  const told = heard(['model', student], ['run', training], ['model', copy]);
  expect(told).toMatchObject({ model: 'student', run: { referenceModels: 1 }, words: [] });
});

it.each([
  ['another that trains too', { ...student, modelNumber: 1 }],
  ['a frozen one of another size', { ...student, modelNumber: 1, trainable: 0, parameters: 1e6 }],
  ['one without a configuration', { name: 'Critic', modelNumber: 1, parameters: 1e8 }],
])('of a run that uses %s there is no budget, and it is said why', (_name, other) => {
  const told = heard(['model', student], ['run', training], ['model', other]);
  expect(told).toMatchObject({ model: 'student', run: null });
  expect(told.words).toEqual([
    expect.stringMatching(/^The workload uses other models beside student/),
  ]);
});

it('the same model of another rank, or told again, is no other', () => {
  const told = heard(
    ['model', student],
    ['run', training],
    ['model', student, 1],
    ['model', student],
  );
  expect(told).toMatchObject({ model: 'student', run: { mode: 'train' }, words: [] });
  expect(told.run).not.toHaveProperty('referenceModels');
});
