/** What to do about a finding, in words, and the command that does it apart: a command is copied, so it is never wrapped as words. */
import type { Finding } from '../divergence/overlay/types';

export interface Remedy {
  readonly words: string;
  readonly command: string | null;
}

/** Null where nothing is known to be done. */
export function remedyOf({ remedy, command }: Pick<Finding, 'remedy' | 'command'>): Remedy | null {
  if (remedy === undefined) return null;
  return command !== undefined && remedy.endsWith(command)
    ? { words: remedy.slice(0, -command.length).trimEnd(), command }
    : { words: remedy, command: null };
}
