/** What is said on the terminal of who else may read what was recorded. */
import type { Engine } from '../../engine/engine';
import type { Output } from './output';

/** Formats whose files hold what the workload printed. */
const WITH_LOG: ReadonlySet<string> = new Set(['html', 'json', 'plumbline']);

/** Before something is recorded: a library that other accounts may look into. */
export function warnOfAccess(engine: Engine, output: Output): void {
  const access = engine.libraryAccess();
  if (access !== null) output.tell(access.message, access.remedy);
}

/** Before a file is handed on: it holds the words of the workload and of the machine. */
export async function warnOfSharing(
  engine: Engine,
  ids: readonly string[],
  format: string,
  output: Output,
): Promise<void> {
  if (!WITH_LOG.has(format)) return;
  const logs = await Promise.all(ids.map((id) => engine.logs({ id, limit: 1 })));
  if (logs.some(({ total }) => total > 0))
    output.tell(
      'the file holds what the workload printed, its command with the variables set for it, and its folder: look through it before you share it.',
    );
}
