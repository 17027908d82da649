/**
 * What the analysis says of logs that real machines left: nothing is planted in them, so what is told above low
 * confidence is printed line by line, for whoever knows the log to agree with or not.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { importFile } from '../../../src/main/engine/imports';
import { openLibrary } from '../../../src/main/store/library';
import { readSession } from '../../../src/main/store/session-data';
import { Failure } from '../../../src/shared/base/failure';
import { formatBytes, formatDuration } from '../../../src/shared/base/format';
import { buildDocument } from '../../../src/shared/session/document';
import type { SessionDocument } from '../../../src/shared/session/session-document';

/** Of files and of the files in folders. */
export async function tellRealLogs(given: readonly string[]): Promise<void> {
  const paths = given.flatMap((one) =>
    statSync(one).isDirectory() ? readdirSync(one).map((name) => join(one, name)) : [one],
  );
  const scratch = mkdtempSync(join(tmpdir(), 'plumbline-logs-'));
  try {
    const library = openLibrary(scratch);
    const read: SessionDocument[] = [];
    for (const path of paths) {
      try {
        const file = library.open(await importFile(library, path));
        read.push(buildDocument(readSession(file)));
        file.close();
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
      }
    }
    print(read, paths.length);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function print(read: readonly SessionDocument[], given: number): void {
  // A few readings are a look at a machine, and show nothing over time.
  const logs = read.filter(({ series, overlay }) =>
    series.some(({ id, count }) => id === overlay.series && count >= 20),
  );
  const isSure = ({ confidence }: SessionDocument['findings'][number]) => confidence !== 'low';
  console.log(
    `\nReal logs: ${given} files, ${read.length} of them read, ${logs.length} with a line of memory over time; ${logs.filter(({ findings }) => findings.some(isSure)).length} with a finding above low confidence`,
  );
  for (const { name, durationUs, overlay, findings } of logs) {
    const { found, period } = overlay;
    const shape = [
      `levels: ${found?.levels.length ?? 0}`,
      ...(period ? [`${period.count} periods of ${formatDuration(period.us)}`] : []),
    ];
    console.log(
      `  ${basename(name).slice(0, 60)}: ${formatDuration(durationUs)}, ${formatBytes(overlay.measuredPeak?.bytes ?? null)} at the peak, ${shape.join(', ')}`,
    );
    for (const { kind, confidence, title } of findings)
      console.log(`      ${kind}, ${confidence}: ${title}`);
  }
}
