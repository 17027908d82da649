/** What a command to be recorded needs: its line, its folder, and what it gets of the environment. */
import type { RecordRequest, WorkloadEnvironment } from '../../shared/contract/api';
import { splitCommand } from '../components/split-command';

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

export function CommandFields({
  form,
  onChange,
}: {
  form: CommandForm;
  onChange(form: CommandForm): void;
}) {
  const change = (part: Partial<CommandForm>) => onChange({ ...form, ...part });
  return (
    <div className="fields single">
      <label>
        Command line
        <textarea
          className="mono"
          rows={3}
          spellCheck={false}
          placeholder="python train.py --batch 8"
          value={form.command}
          onChange={(event) => change({ command: event.target.value })}
        />
      </label>
      {splitCommand(form.command) === null && <FieldError>A quote is not closed.</FieldError>}
      <label>
        Working directory
        <input
          className="mono"
          spellCheck={false}
          placeholder="where Plumbline was started"
          value={form.cwd}
          onChange={(event) => change({ cwd: event.target.value })}
        />
      </label>
      <EnvironmentFields form={form} onChange={change} />
      <CheckLine
        checked={form.watchTorch}
        onChange={(watchTorch) => change({ watchTorch })}
        label="Watch PyTorch: phases and its allocator’s figures, without changing the script"
      />
      <CheckLine
        checked={form.leaveRunning}
        onChange={(leaveRunning) => change({ leaveRunning })}
        label="Leave running what the command leaves behind; otherwise it is ended with the command"
      />
      <p className="hint">
        Run without a shell. Values of variables whose names look like keys, tokens or passwords are
        never stored.
      </p>
    </div>
  );
}

function EnvironmentFields({
  form,
  onChange,
}: {
  form: CommandForm;
  onChange(part: Partial<CommandForm>): void;
}) {
  return (
    <>
      <label>
        Variables, one a line: NAME=VALUE, or a NAME that must be passed on
        <textarea
          className="mono"
          rows={2}
          spellCheck={false}
          placeholder={'CUDA_VISIBLE_DEVICES=0\nHF_TOKEN'}
          value={form.variables}
          onChange={(event) => onChange({ variables: event.target.value })}
        />
      </label>
      {parseEnvironment(form.variables, false) === null && (
        <FieldError>A line is neither NAME=VALUE nor a NAME.</FieldError>
      )}
      <CheckLine
        checked={form.onlyNeeded}
        onChange={(onlyNeeded) => onChange({ onlyNeeded })}
        label="Pass on nothing else but what any program needs"
      />
    </>
  );
}

function FieldError({ children }: { children: string }) {
  return (
    <p className="field-error" role="alert">
      {children}
    </p>
  );
}

function CheckLine({
  label,
  checked,
  onChange,
}: {
  label: string;
  checked: boolean;
  onChange(checked: boolean): void;
}) {
  return (
    <p className="check-line">
      <label>
        <input
          type="checkbox"
          checked={checked}
          onChange={(event) => onChange(event.target.checked)}
        />
        {label}
      </label>
    </p>
  );
}
