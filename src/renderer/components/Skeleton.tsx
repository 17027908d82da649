/** Grey bars in place of rows that are on their way. */

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
