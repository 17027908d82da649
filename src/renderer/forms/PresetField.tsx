/** Which model: one of `names`, or none where `unknown` says what that is called. */
export function PresetField({
  names,
  unknown,
  value,
  onChange,
}: {
  names: readonly string[];
  unknown?: string;
  /** Empty where it is not known. */
  value: string;
  onChange(value: string): void;
}) {
  return (
    <label>
      Model
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        {unknown !== undefined && <option value="">{unknown}</option>}
        {names.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  );
}
