/** What is asked for so that a session is recorded once more. */
import { describe, expect, it } from 'vitest';
import { HIDDEN } from '../../../../src/shared/base/secrets';
import { requestAgain } from '../../../../src/shared/contract/record-again';
import type { WorkloadInfo } from '../../../../src/shared/session/types';
import { documentWith, training } from '../../../support/overlay-scenario';

const recorded = (workload: Partial<WorkloadInfo>) =>
  documentWith(training(2, 0), {
    name: 'mine',
    workload: { kind: 'command', title: 'x', command: [], cwd: '/w', pid: 1, ...workload },
  });

describe('recording again', () => {
  it('is the same command in the same folder under the same name, declared as it was', () => {
    const doc = recorded({ command: ['python', 'train.py'] });
    const { model, run } = doc;
    const again = { command: ['python', 'train.py'], cwd: '/w', name: 'mine' };
    expect(requestAgain(doc, false)).toEqual({ ...again, model, run });
    // What the workload announced itself it will announce again.
    expect(requestAgain(doc, true)).toEqual(again);
  });

  it('is recorded on the terms it was recorded on', () => {
    const terms = {
      instrument: 'none' as const,
      leaveRunning: true,
      environment: { only: true, pass: ['HF_TOKEN'], set: { CUDA_VISIBLE_DEVICES: '1' } },
      intervalMs: 20,
    };
    expect(requestAgain(recorded({ command: ['x'], terms }), false)).toMatchObject(terms);
  });

  it('is the bundled workload from the same checkpoint', () => {
    const task = JSON.stringify({ weights: '/models/gpt2' });
    const doc = recorded({ kind: 'bundled', command: ['node', 'workload.js', task] });
    expect(requestAgain(doc, false)).toMatchObject({
      bundled: 'gpt2',
      weights: '/models/gpt2',
      model: doc.model,
      run: doc.run,
    });
  });

  it.each([
    ['an import', { kind: 'import' as const }, /not launched by Plumbline/],
    ['a process that ran already', { kind: 'pid' as const }, /not launched by Plumbline/],
    ['a command with a secret', { command: ['x', `--token=${HIDDEN}`] }, /held a secret/],
  ])('is refused for %s', (_name, workload, message) => {
    expect(() => requestAgain(recorded(workload), false)).toThrow(message);
  });
});
