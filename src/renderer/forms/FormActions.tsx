/** What ends a dialog with a form: leave it, or send it. */
export function FormActions({
  label,
  disabled,
  onCancel,
}: {
  label: string;
  disabled: boolean;
  onCancel(): void;
}) {
  return (
    <>
      <button type="button" className="button" onClick={onCancel}>
        Cancel
      </button>
      <button type="submit" className="button primary" disabled={disabled}>
        {label}
      </button>
    </>
  );
}
