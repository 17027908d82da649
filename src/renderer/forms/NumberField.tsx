/** A whole number from 1 to `max`. What is typed past either end becomes that end, and what is no number becomes 1. */
export function NumberField({
  label,
  value,
  max,
  onChange,
}: {
  label: string;
  value: number;
  max: number;
  onChange(value: number): void;
}) {
  return (
    <label>
      {label}
      <input
        type="number"
        min={1}
        max={max}
        step={1}
        required
        value={value}
        onChange={(event) =>
          onChange(Math.max(1, Math.min(max, Math.trunc(Number(event.target.value)) || 1)))
        }
      />
    </label>
  );
}
