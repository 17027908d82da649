/** How a session stands, as a badge. */
import {
  CircleAlert,
  CircleCheck,
  CircleDot,
  CircleSlash,
  LifeBuoy,
  type LucideIcon,
} from 'lucide-react';
import type { Status } from '../../shared/base/vocabulary';

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
