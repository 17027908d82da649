/** Small parts that every view uses. */
import {
  CircleAlert,
  CircleCheck,
  CircleDot,
  CircleSlash,
  LifeBuoy,
  type LucideIcon,
  TriangleAlert,
} from 'lucide-react';
import { Component, type ReactNode } from 'react';
import { Failure } from '../../shared/base/failure';
import { formatBytes, formatExactBytes, formatSignedBytes } from '../../shared/base/format';
import type { Status } from '../../shared/base/vocabulary';

/** Bytes for reading, with the exact count a pointer's rest away. */
export function Bytes({
  value,
  signed = false,
}: {
  value: number | null | undefined;
  signed?: boolean;
}) {
  return (
    <span
      className="num"
      title={value === null || value === undefined ? 'not known' : formatExactBytes(value)}
    >
      {signed ? formatSignedBytes(value) : formatBytes(value)}
    </span>
  );
}

const STATUS_ICON: Readonly<Record<Status, LucideIcon>> = {
  recording: CircleDot,
  complete: CircleCheck,
  failed: CircleAlert,
  interrupted: CircleSlash,
  recovered: LifeBuoy,
};
export function StatusBadge({ status }: { status: Status }) {
  const Icon = STATUS_ICON[status];
  return (
    <span className="badge" data-status={status}>
      <Icon size={13} aria-hidden="true" />
      {status}
    </span>
  );
}

/** An expected failure, where the person is looking: the fact, then what can be done. */
export function FailureNote({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const message = error instanceof Error ? error.message : String(error);
  const remedy =
    error instanceof Failure
      ? error.remedy
      : 'This is a fault of Plumbline; the engine’s log has the details.';
  return (
    <div className="failure" role="alert">
      <TriangleAlert size={18} aria-hidden="true" />
      <div>
        <p className="failure-message">{message}</p>
        <p className="failure-remedy">{remedy}</p>
      </div>
      {onRetry && (
        <button type="button" className="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Bugs of a view end here; the rest of the window lives on. A new `place` clears it. */
export class Boundary extends Component<
  { place: string; children: ReactNode },
  { error: unknown; place: string }
> {
  override state = { error: null as unknown, place: this.props.place };
  static getDerivedStateFromError(error: unknown) {
    return { error };
  }
  static getDerivedStateFromProps(
    props: { place: string },
    state: { error: unknown; place: string },
  ) {
    return props.place === state.place ? null : { error: null, place: props.place };
  }
  override render() {
    if (this.state.error === null) return this.props.children;
    return (
      <main className="page narrow">
        <FailureNote error={this.state.error} onRetry={() => this.setState({ error: null })} />
      </main>
    );
  }
}

/** A choice among few, as a row of buttons. */
export function Segmented<T extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: T;
  options: readonly {
    readonly value: NoInfer<T>;
    readonly label: string;
    readonly title?: string;
  }[];
  onChange(value: NoInfer<T>): void;
}) {
  return (
    <fieldset className="segmented" aria-label={label}>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          title={option.title}
          onClick={() => onChange(option.value)}
        >
          {option.label}
        </button>
      ))}
    </fieldset>
  );
}

export function Skeleton({ rows = 5 }: { rows?: number }) {
  const widths = Array.from({ length: rows }, (_, i) => 92 - ((i * 17) % 40) + i / 100);
  return (
    <div className="skeleton" role="status" aria-label="Loading">
      {widths.map((width) => (
        <div key={width} style={{ width: `${width}%` }} />
      ))}
    </div>
  );
}
