/**
 * What one session tells of its machine that no theory knows: the context with its libraries, what stays allocated
 * between steps, and what the allocator keeps beyond. Only a session that ended well, on a real device, about which
 * nothing was found, tells anything; each figure is what was read, or null where it was not.
 */
import type { Bytes } from '../base/units';
import { ABOVE_RESERVED } from '../divergence/ledger/ledger';
import type { LedgerKind } from '../divergence/overlay/types';
import type { Observation } from '../learned/types';
import { deviceIn } from '../trace/series-ids';
import type { BriefDocument } from './session-document';

/** Or in a few words why the session tells nothing. */
export function observeSession(document: BriefDocument): Observation | string {
  const { id, status, simulated, findings, overlay, environment, run, workload } = document;
  if (status !== 'complete') return 'it did not run to its end';
  if (simulated) return 'its device is simulated';
  if (workload.kind === 'import') return 'it was recorded elsewhere';
  if (findings.length > 0) return 'something was found about it';
  const device = deviceIn(overlay.series ?? '');
  const gpu = environment.gpus.find(({ index }) => device === `gpu${index}`);
  const version = environment.workload.torch;
  if (gpu === undefined || run === null || version === undefined)
    return 'it tells no GPU with a framework and its version';
  const entries = overlay.ledger?.peak.entries ?? [];
  const sum = (...kinds: readonly LedgerKind[]) => {
    const own = entries.filter(({ kind }) => kinds.includes(kind));
    return own.reduce((bytes, entry) => bytes + entry.bytes, 0);
  };
  const context = entries.find(
    ({ kind, source }) => kind === 'context' && source.endsWith(ABOVE_RESERVED),
  );
  const hasReserve = entries.some(({ source }) => source.includes('framework.reserved'));
  // Of the most that was ever allocated: what is free at the moment of the peak, and was in tensors before, is the run's.
  const reserved = sum('fragmentation');
  const measured = overlay.ledger?.peak.measured ?? 0;
  const allocated = measured - reserved - sum('context', 'other_process');
  const observed: Observation = {
    session: id,
    gpu: gpu.name,
    driver: gpu.driver,
    framework: `${run.framework} ${version}`,
    ranks: document.ranks?.length ?? 1,
    context: context?.bytes ?? null,
    workspace: restBetweenSteps(document),
    reserve: hasReserve && allocated > 0 ? { bytes: reserved, allocated } : null,
  };
  const { workspace, reserve } = observed;
  return observed.context === null && workspace === null && reserve === null
    ? 'its framework did not say what it holds'
    : observed;
}

/** Less the inputs, which belong to the run. */
function restBetweenSteps({ objects = [], overlay }: BriefDocument): Bytes | null {
  const rests = objects.flatMap(({ phase, rest }) =>
    phase === 'optimizer' && rest !== null ? [rest] : [],
  );
  if (rests.length === 0) return null;
  const inputs = overlay.ledger?.peak.entries.find(({ component }) => component === 'inputs');
  return Math.max(0, Math.min(...rests) - (inputs?.bytes ?? 0));
}
