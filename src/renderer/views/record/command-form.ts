/** A command as it is typed, and what it comes to: its words, its folder, and what it gets of the environment. */
import { Failure } from '../../../shared/base/failure';
import type { RecordRequest } from '../../../shared/contract/api';
import type { WorkloadEnvironment } from '../../../shared/session/types';
import { splitCommand } from '../../components/split-command';

export interface CommandForm {
  readonly command: string;
  readonly cwd: string;
  readonly watchTorch: boolean;
  readonly onlyNeeded: boolean;
  readonly leaveRunning: boolean;
  readonly variables: string;
}
export const FIRST_COMMAND: CommandForm = {
  command: '',
  cwd: '',
  watchTorch: true,
  onlyNeeded: false,
  leaveRunning: false,
  variables: '',
};

const SHELL_WORD = /^(?:[|;&]|\|\||&&|\d?>>?(?:&\d)?|<|\d?>&\d)$/;

/** The first word that a shell would act on, which a program would get as it stands; null where there is none. */
export const findShellWord = ({ command }: CommandForm): string | null =>
  splitCommand(command)?.find((word) => SHELL_WORD.test(word)) ?? null;

/** What is wrong with what is typed. */
export function commandFaults({
  command,
  variables,
}: CommandForm): Partial<Record<'command' | 'variables', Failure>> {
  return {
    ...(splitCommand(command) === null && {
      command: new Failure('bad_input', 'A quote is not closed.', 'Close it, or take it out.'),
    }),
    ...(parseEnvironment(variables, false) === null && {
      variables: new Failure(
        'bad_input',
        'A line is neither NAME=VALUE nor a NAME.',
        'Give one variable a line.',
      ),
    }),
  };
}

/** Null while the form cannot be run. */
export function commandRequest({
  command,
  cwd,
  watchTorch,
  onlyNeeded,
  leaveRunning,
  variables,
}: CommandForm): RecordRequest | null {
  const words = splitCommand(command);
  const environment = parseEnvironment(variables, onlyNeeded);
  if (words === null || words.length === 0 || environment === null) return null;
  return {
    command: words,
    ...(cwd.trim() !== '' && { cwd: cwd.trim() }),
    ...(!watchTorch && { instrument: 'none' as const }),
    ...(leaveRunning && { leaveRunning }),
    ...(Object.keys(environment).length > 0 && { environment }),
  };
}

/** A line is NAME=VALUE, or a NAME alone to be passed on. Null where one is neither. */
function parseEnvironment(variables: string, only: boolean): WorkloadEnvironment | null {
  const lines = variables
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (lines.some((line) => !/^[^\s=]+(=.*)?$/.test(line))) return null;
  const pass = lines.filter((line) => !line.includes('='));
  const set = Object.fromEntries(
    lines
      .filter((line) => line.includes('='))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  return {
    ...(only && { only }),
    ...(pass.length > 0 && { pass }),
    ...(Object.keys(set).length > 0 && { set }),
  };
}
