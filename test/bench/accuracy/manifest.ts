/** What the captures say they ran: manifest.json of scripts/gpu, one for each call, beside the sessions. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A run of a capture's manifest, as far as it is read here. */
export interface ManifestRun {
  readonly key: string;
  readonly name: string;
  readonly plumbline: boolean;
  readonly status: string;
  /** Seconds a step; null where the sample told none. */
  readonly stepS: number | null;
  readonly intervalMs: number | null;
  readonly environment: Readonly<Record<string, string>>;
  /** The run whose repetitions without Plumbline this one is held to. */
  readonly twin: string;
  /** What was planted: the finding it ought to be, and its bytes where they are known. */
  readonly finding: { readonly kind: string; readonly bytes?: number } | null;
  /** What ran, in the words it is declared with; null for the bundled workload. */
  readonly workload: Readonly<Record<string, string | number>> | null;
  /** Which call it was of, from 0. */
  readonly call: number;
}

/** The rule of scripts/gpu/matrix.py: about a third of all names, chosen before anything was measured. */
export const heldOut = (name: string): boolean =>
  createHash('sha256').update(name).digest()[0]! % 3 === 0;

/** The runs of every `manifest*.json` in the folder; what one call did not come to is left to the others. */
export function readManifests(folder: string): ManifestRun[] {
  if (!existsSync(folder)) return [];
  const runs = readdirSync(folder)
    .filter((name) => /^manifest.*\.json$/.test(name))
    .sort()
    .flatMap((name, call) => {
      const text = readFileSync(join(folder, name), 'utf8');
      return (JSON.parse(text) as { runs: ManifestRun[] }).runs.map((run) => ({ ...run, call }));
    });
  return runs.filter(({ status }) => status !== 'not run');
}
