/** A count by a slider: each quarter of a doubling is a stop, so that small counts are all there and large ones within reach. */

/** Stops of one doubling. */
const STOPS = 4;

export function CountSlider({
  label,
  value,
  most,
  onChange,
}: {
  label: string;
  /** As typed; what is no count stands at the start. */
  value: string;
  most: number;
  onChange(text: string): void;
}) {
  const last = Math.round(Math.log2(most) * STOPS);
  const count = Number(value);
  const at = count >= 1 ? Math.min(last, Math.round(Math.log2(count) * STOPS)) : 0;
  return (
    <input
      type="range"
      className="count-slider"
      aria-label={`${label}, slider`}
      aria-valuetext={value}
      min={0}
      max={last}
      value={at}
      onChange={(event) => onChange(String(countAt(Number(event.target.value), at, count)))}
    />
  );
}

/** The count of a stop; stops that fall on the count there is are passed by. */
function countAt(stop: number, from: number, count: number): number {
  const step = Math.sign(stop - from);
  let reached = stop;
  while (step !== 0 && reached > 0 && Math.round(2 ** (reached / STOPS)) === count) reached += step;
  return Math.max(1, Math.round(2 ** (reached / STOPS)));
}
