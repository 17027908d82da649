/** A chord as keys: Ctrl K. */
import { type Chord, nameKeys } from './chord';

const IS_MAC = /Mac|iPhone|iPad/.test(navigator.userAgent);

export function Keys({ chord }: { chord: Chord }) {
  return (
    <span className="keys">
      {nameKeys(chord, IS_MAC).map((key) => (
        <kbd key={key}>{key}</kbd>
      ))}
    </span>
  );
}
