/** Bytes in a table or a figure. */
import { formatBytes, formatExactBytes, formatSignedBytes } from '../../shared/base/format';

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
