/** The cards of a view that is on its way, as high as they will be: what comes takes their place without a jump. */
export function ComingCards({ heights }: { heights: readonly string[] }) {
  return (
    <div className="coming-cards" role="status" aria-label="Loading">
      {heights.map((height) => (
        <div key={height} className="card coming" style={{ height }} />
      ))}
    </div>
  );
}
