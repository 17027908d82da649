/** Model and run of a command or of a process that runs already: said here, or left to the workload, which may announce them. */
import type { Failure } from '../../../shared/base/failure';
import { ModelFields, ModelLine } from '../../plans/ModelFields';
import type { Reading } from '../../plans/read-draft';
import { TextControl } from '../../plans/SettingField';
import { SettingFields } from '../../plans/SettingFields';
import type { RecordForm } from './record-form';

export function DeclaredFields({
  form: { declared: draft, edited },
  reading,
  onChange,
}: {
  form: RecordForm;
  reading: Reading;
  onChange(part: Partial<RecordForm>): void;
}) {
  const setDraft = (declared: RecordForm['declared']) => onChange({ declared });
  return (
    <>
      <h2 className="record-part">Model and run</h2>
      <ModelFields
        draft={draft}
        reading={reading}
        unknown={edited?.request.model?.name ?? 'as the workload announces'}
        onChange={setDraft}
      />
      <ModelLine reading={reading} />
      {reading.model !== null && (
        <SettingFields sides={[{ draft, reading, suffix: '', base: null, onChange: setDraft }]} />
      )}
    </>
  );
}

export function PidField({
  form,
  fault,
  onChange,
}: {
  form: RecordForm;
  fault: Failure | undefined;
  onChange(part: Partial<RecordForm>): void;
}) {
  return (
    <div className="plan-fields">
      <TextControl
        label="Process id"
        text={form.pid}
        usual="as ps or nvidia-smi shows it"
        fault={fault}
        isNumber
        onChange={(pid) => onChange({ pid })}
      />
      <p className="hint">
        It and what it starts are watched until it ends. It is never ended from here.
      </p>
    </div>
  );
}
