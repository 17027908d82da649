/** A table of words and figures, the same in the window, the terminal and every report. */
export interface WordTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** How many columns, from the left, are words; the others are figures. */
  readonly words: number;
  /** How cells stand out, row by row, where some do; a word in the cell says it too. */
  readonly tones?: readonly (readonly (Tone | null)[])[];
  /** What the reader must know to read it right. */
  readonly notes: readonly string[];
}

/** A figure that is better or worse than what it is compared with, or says nothing to look at. */
export type Tone = 'better' | 'worse' | 'faint';
