/** What a command to be recorded needs: its line, its folder, and what it gets of the environment. */
import type { Failure } from '../../../shared/base/failure';
import { CheckField, Field } from '../../components/Field';
import { faultText } from '../../plans/labels';
import { TextControl } from '../../plans/SettingField';
import { type CommandForm, commandFaults, findShellWord } from './command-form';
import type { Refused } from './record-form';

export function CommandFields({
  form,
  refused,
  onChange,
}: {
  form: CommandForm;
  refused: Refused;
  onChange(form: CommandForm): void;
}) {
  const change = (part: Partial<CommandForm>) => onChange({ ...form, ...part });
  const faults = commandFaults(form);
  const shellWord = findShellWord(form);
  return (
    <div className="plan-fields">
      <AreaControl
        label="Command line"
        rows={3}
        placeholder="python train.py --batch 8"
        text={form.command}
        fault={faults.command ?? refused.command}
        onChange={(command) => change({ command })}
      />
      {shellWord !== null && (
        <p className="hint" role="status">
          No shell reads this: the program gets “{shellWord}” as it stands. For a shell’s work,
          write <code>sh -c '…'</code>.
        </p>
      )}
      <TextControl
        label="Working folder"
        text={form.cwd}
        usual="where Plumbline was started"
        fault={refused.cwd}
        onChange={(cwd) => change({ cwd })}
      />
      <AreaControl
        label="Variables, one a line: NAME=VALUE, or a NAME that must be passed on"
        rows={2}
        placeholder={'CUDA_VISIBLE_DEVICES=0\nHF_TOKEN'}
        text={form.variables}
        fault={faults.variables}
        onChange={(variables) => change({ variables })}
      />
      <CheckField
        checked={form.onlyNeeded}
        onChange={(onlyNeeded) => change({ onlyNeeded })}
        label="Pass on nothing else but what any program needs"
      />
      <CheckField
        checked={form.watchTorch}
        onChange={(watchTorch) => change({ watchTorch })}
        label="Watch PyTorch: phases and its allocator’s figures, without changing the script"
      />
      <CheckField
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

function AreaControl({
  label,
  rows,
  placeholder,
  text,
  fault,
  onChange,
}: {
  label: string;
  rows: number;
  placeholder: string;
  text: string;
  fault: Failure | undefined;
  onChange(text: string): void;
}) {
  return (
    <Field label={label} problem={faultText(fault)}>
      {(described) => (
        <textarea
          {...described}
          className="mono"
          rows={rows}
          spellCheck={false}
          placeholder={placeholder}
          value={text}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
