/** What an imported file does not say of itself; each field is empty where it does. */
import { Fold } from '../plans/Fold';
import { TextControl } from '../plans/SettingField';
import type { ImportForm, ReadImport } from './import-form';

export function UnsaidFields({
  form,
  faults,
  onChange,
}: {
  form: ImportForm;
  faults: ReadImport['faults'];
  onChange(part: Partial<ImportForm>): void;
}) {
  const { intervalMs, baselineMiB, columns } = form;
  const typed = [intervalMs, baselineMiB, columns].filter((text) => text !== '').length;
  return (
    <Fold title="What the file does not say" count={typed} isTouched={typed > 0}>
      <div className="plan-fields">
        <div className="plan-row">
          <TextControl
            label="Interval, ms"
            text={intervalMs}
            usual="from its timestamps"
            fault={faults.intervalMs}
            isNumber
            onChange={(text) => onChange({ intervalMs: text })}
          />
          <TextControl
            label="In use before, MiB"
            text={baselineMiB}
            usual="its first sample"
            fault={faults.baselineMiB}
            isNumber
            onChange={(text) => onChange({ baselineMiB: text })}
          />
        </div>
        <TextControl
          label="Columns of a CSV without a header"
          text={columns}
          usual="timestamp,memory.used,utilization.gpu"
          fault={undefined}
          onChange={(text) => onChange({ columns: text })}
        />
      </div>
    </Fold>
  );
}
