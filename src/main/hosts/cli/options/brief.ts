/** How much is printed of a session: options of every command that prints one. */

/** Flag and words, as commander takes them. */
export const BRIEF_OPTION = [
  '--brief',
  'in JSON: summaries and counts in place of every phase, marker, gap and log line',
] as const;

export const FULL_OPTION = [
  '--full',
  'in text: every phase, component, ledger and finding in place of a dozen lines',
] as const;
