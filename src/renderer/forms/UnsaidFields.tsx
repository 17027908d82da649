/** What an imported file does not say of itself; each field is empty where it does. */
import { MiB } from '../../shared/base/units';

export interface UnsaidForm {
  readonly columns: string;
  readonly intervalMs: string;
  readonly baselineMiB: string;
}
export const FIRST_UNSAID: UnsaidForm = { columns: '', intervalMs: '', baselineMiB: '' };

export function unsaidOptions({ columns, intervalMs, baselineMiB }: UnsaidForm) {
  const names = columns
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return {
    ...(names.length > 0 && { columns: names }),
    ...(intervalMs !== '' && { intervalMs: Number(intervalMs) }),
    ...(baselineMiB !== '' && { baselineBytes: Number(baselineMiB) * MiB }),
  };
}

export function UnsaidFields({
  form,
  onChange,
}: {
  form: UnsaidForm;
  onChange(form: UnsaidForm): void;
}) {
  const change = (part: Partial<UnsaidForm>) => onChange({ ...form, ...part });
  return (
    <details className="more">
      <summary>What the file does not say</summary>
      <div className="fields">
        <label>
          Interval, ms
          <input
            inputMode="numeric"
            pattern="[1-9]\d*"
            placeholder="from its timestamps"
            value={form.intervalMs}
            onChange={(event) => change({ intervalMs: event.target.value.trim() })}
          />
        </label>
        <label>
          In use before, MiB
          <input
            inputMode="numeric"
            pattern="\d+"
            placeholder="its first sample"
            value={form.baselineMiB}
            onChange={(event) => change({ baselineMiB: event.target.value.trim() })}
          />
        </label>
      </div>
      <div className="fields single">
        <label>
          Columns of a CSV without a header
          <input
            className="mono"
            spellCheck={false}
            placeholder="timestamp,memory.used,utilization.gpu"
            value={form.columns}
            onChange={(event) => change({ columns: event.target.value })}
          />
        </label>
      </div>
    </details>
  );
}
