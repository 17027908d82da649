/** Runs the bundled workload for an answer instead of a recording; what it refuses is refused here in its own words. */
import { execFile } from 'node:child_process';
import { Failure, type FailureInfo } from '../../shared/base/failure';
import type { ModelSpec, RunSpec } from '../../shared/model/spec';
import { workloadEntry, workloadNode } from '../install/paths';

interface Question {
  readonly model: ModelSpec;
  readonly run: RunSpec;
  /** Absolute path of a checkpoint. */
  readonly weights?: string;
  readonly tokenIds?: readonly number[];
  readonly position?: number;
  /** Only whether the weights are the model's. */
  readonly check?: true;
  /** Only which backend the run takes. */
  readonly room?: true;
}

const LONGEST_ANSWER = 256 * 2 ** 20;

export function askWorkload<T extends object>(question: Question): Promise<T> {
  const { PLUMBLINE_SOCKET: _socket, PLUMBLINE_FAULT: _fault, ...env } = process.env;
  return new Promise((fulfil, reject) => {
    execFile(
      workloadNode(),
      [workloadEntry, JSON.stringify(question)],
      { env, maxBuffer: LONGEST_ANSWER },
      (error, stdout, stderr) => {
        const answer = stdout.startsWith('{')
          ? (JSON.parse(stdout) as T | { readonly error: FailureInfo })
          : null;
        if (answer && 'error' in answer) reject(Failure.from(answer.error));
        else if (answer && !error) fulfil(answer as T);
        else
          reject(
            new Failure(
              'workload_failed',
              'The bundled workload failed.',
              `It said: ${stderr.trim().split('\n')[0] || 'nothing'}`,
              error ?? undefined,
            ),
          );
      },
    );
  });
}
