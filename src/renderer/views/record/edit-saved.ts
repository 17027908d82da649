/** A saved workload in the form, to be changed: what is typed comes before what was saved, which holds where nothing is. */
import type { SavedWorkload } from '../../../shared/contract/api';
import type { WorkloadEnvironment } from '../../../shared/session/types';
import { joinCommand } from '../../components/split-command';
import { EMPTY_DRAFT } from '../../plans/draft';
import { FIRST_COMMAND } from './command-form';
import { FIRST_FORM, type RecordForm } from './record-form';

export function editSaved(edited: SavedWorkload): RecordForm {
  const { name, request } = edited;
  const {
    command,
    cwd,
    environment = {},
    instrument,
    leaveRunning,
    weights,
    saveWeights,
  } = request;
  return {
    ...FIRST_FORM,
    edited,
    kind: command === undefined ? 'bundled' : 'command',
    bundled: EMPTY_DRAFT,
    command: {
      ...FIRST_COMMAND,
      command: joinCommand(command ?? []),
      cwd: cwd ?? '',
      watchTorch: instrument !== 'none',
      onlyNeeded: environment.only ?? false,
      leaveRunning: leaveRunning ?? false,
      variables: writeVariables(environment),
    },
    weights: weights ?? '',
    saveWeights: saveWeights ?? '',
    interval: String(request.intervalMs ?? ''),
    session: request.name ?? '',
    workload: name,
  };
}

/** A line a variable, as `commandRequest` reads them. */
const writeVariables = ({ pass = [], set = {} }: WorkloadEnvironment): string =>
  [...pass, ...Object.entries(set).map(([name, value]) => `${name}=${value}`)].join('\n');
