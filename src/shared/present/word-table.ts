/** A table of words and figures, the same in the window, the terminal and every report. */
export interface WordTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** How many columns, from the left, are words; the others are figures. */
  readonly words: number;
  /** What the reader must know to read it right. */
  readonly notes: readonly string[];
}
