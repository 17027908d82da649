/** A group of fields that is folded until it is asked for or something in it is touched; it never folds by itself. */
import { type ReactNode, useEffect, useState } from 'react';

export function Fold({
  title,
  count = 0,
  isTouched,
  children,
}: {
  title: string;
  /** Fields of it that are typed in. */
  count?: number;
  isTouched: boolean;
  children: ReactNode;
}) {
  const [isOpen, setOpen] = useState(isTouched);
  useEffect(() => {
    if (isTouched) setOpen(true);
  }, [isTouched]);
  return (
    <details
      className="plan-group"
      open={isOpen}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>
        {title}
        {count > 0 && <span className="count num">{count}</span>}
      </summary>
      {children}
    </details>
  );
}
