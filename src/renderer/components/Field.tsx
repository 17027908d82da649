/** A field of a form: its label above, what is wrong with it beneath, tied together for who listens to it. */
import { type ReactNode, useId } from 'react';

/** What the control of a field carries, so that it is told to be wrong and why. */
export interface Described {
  readonly id: string;
  readonly 'aria-invalid': boolean;
  readonly 'aria-describedby': string | undefined;
}

export function Field({
  label,
  problem,
  about,
  extra,
  children,
}: {
  label: ReactNode;
  /** Null where nothing is wrong. */
  problem: string | null;
  about?: string;
  /** Stands between the control and what is wrong. */
  extra?: ReactNode;
  children(described: Described): ReactNode;
}) {
  const id = useId();
  const described = [about && `${id}-about`, problem !== null && id].filter(Boolean).join(' ');
  return (
    <div className="plan-field">
      <label htmlFor={`${id}-control`}>
        {typeof label === 'string' ? <span>{label}</span> : label}
        {children({
          id: `${id}-control`,
          'aria-invalid': problem !== null,
          'aria-describedby': described === '' ? undefined : described,
        })}
      </label>
      {extra}
      {problem !== null && (
        <p className="field-error" id={id} role="alert">
          {problem}
        </p>
      )}
      {about && (
        <p className="hint" id={`${id}-about`}>
          {about}
        </p>
      )}
    </div>
  );
}

export function CheckField({
  label,
  checked,
  onChange,
}: {
  label: string;
  checked: boolean;
  onChange(checked: boolean): void;
}) {
  return (
    <label className="check-line">
      <input
        type="checkbox"
        checked={checked}
        onChange={(event) => onChange(event.target.checked)}
      />
      {label}
    </label>
  );
}
