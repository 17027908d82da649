/** By what, and how often, it is measured; and what the session and the workload are called. */
import type { Failure } from '../../../shared/base/failure';
import type { DoctorReport } from '../../../shared/contract/api';
import { TextControl } from '../../plans/SettingField';
import { useQuery } from '../../state/engine';
import { useSettings } from '../../state/settings';
import { isSavable, type RecordForm, type Refused } from './record-form';

interface PartProps {
  form: RecordForm;
  onChange(part: Partial<RecordForm>): void;
}

export function RateFields({ form, fault, onChange }: PartProps & { fault: Failure | undefined }) {
  const { settings } = useSettings();
  const { data } = useQuery('sources', (engine) => engine.sources());
  return (
    <>
      <h2 className="record-part">Measured by</h2>
      <p className="muted">{data ? describeSources(data) : 'Looking for GPUs…'}</p>
      <div className="plan-fields">
        <TextControl
          label="A sample every … ms"
          text={form.interval}
          usual={form.kind === 'saved' ? 'as saved' : String(settings.interval)}
          fault={fault}
          isNumber
          onChange={(interval) => onChange({ interval })}
        />
      </div>
    </>
  );
}

/** The best source there is; the others only stand in for it. */
function describeSources({ checks, gpus }: DoctorReport): string {
  const isThere = (id: string) => checks.some((check) => check.id === id && check.ok);
  const names = gpus.map(({ name }) => name).join(', ');
  if (isThere('nvml')) return `${names || 'GPU memory'} through NVML, to the byte.`;
  if (isThere('nvidia-smi')) return `${names || 'GPU memory'} through nvidia-smi.`;
  return 'No NVIDIA GPU can be read here: what the framework reports, and host memory. Doctor says why.';
}

export function NameFields({ form, refused, onChange }: PartProps & { refused: Refused }) {
  return (
    <div className="plan-row">
      <TextControl
        label="Name of the session"
        text={form.session}
        usual="chosen for you"
        fault={undefined}
        onChange={(session) => onChange({ session })}
      />
      {isSavable(form) && (
        <TextControl
          label="Save this workload as"
          text={form.workload}
          usual="not saved"
          fault={refused.workload}
          onChange={(workload) => onChange({ workload })}
        />
      )}
    </div>
  );
}
