/** `--brief`: of every command that prints a session document. */

/** Flag and words, as commander takes them. */
export const BRIEF_OPTION = [
  '--brief',
  'in JSON: summaries and counts in place of every phase, marker, gap and log line',
] as const;
