/**
 * What one session tells of its machine that no theory knows: the context with its libraries, what stays allocated
 * between steps, and the reserve its allocator settled at. Only a session that ended well, on a real device, and in
 * whose figures nothing is in doubt tells anything; each figure is what was read, or null where it was not.
 */
import type { Bytes } from '../base/units';
import type { FindingKind } from '../base/vocabulary';
import { ABOVE_RESERVED } from '../divergence/ledger/ledger';
import type { AllocatorLevel, Finding } from '../divergence/overlay/types';
import type { Observation } from '../learned/types';
import { deviceIn } from '../trace/series-ids';
import type { BriefDocument } from './session-document';

/**
 * What is learned itself, as a finding: a context or a reserve that was read and is another than the published one. A
 * machine where that is so is the one to learn of; the finding says what the figure is, not that it is in doubt.
 */
const OF_THE_MACHINE: ReadonlySet<FindingKind> = new Set(['context', 'fragmentation']);
const isOfMachine = ({ kind, confidence }: Finding): boolean =>
  OF_THE_MACHINE.has(kind) && confidence === 'high';

/** Or in a few words why the session tells nothing. */
export function observeSession(document: BriefDocument): Observation | string {
  const { id, status, simulated, findings, overlay, environment, run, workload } = document;
  if (status !== 'complete') return 'it did not run to its end';
  if (simulated) return 'its device is simulated';
  if (workload.kind === 'import') return 'it was recorded elsewhere';
  if (!findings.every(isOfMachine)) return 'something was found about it';
  const device = deviceIn(overlay.series ?? '');
  const gpu = environment.gpus.find(({ index }) => device === `gpu${index}`);
  const version = environment.workload.torch;
  if (gpu === undefined || run === null || version === undefined)
    return 'it tells no GPU with a framework and its version';
  const { ledger, allocator } = overlay;
  const context = ledger?.peak.entries.find(
    ({ kind, source }) => kind === 'context' && source.endsWith(ABOVE_RESERVED),
  );
  const ranks = document.ranks?.length ?? 1;
  const observed: Observation = {
    session: id,
    gpu: gpu.name,
    driver: gpu.driver,
    framework: `${run.framework} ${version}`,
    ranks,
    // Of several processes on one device it is not known whose context is whose.
    context: ranks > environment.gpus.length ? null : (context?.bytes ?? null),
    workspace: restBetweenSteps(document),
    reserve: allocator === undefined ? null : reserveOf(allocator),
  };
  const { workspace, reserve } = observed;
  return observed.context === null && workspace === null && reserve === null
    ? 'its framework did not say what it holds'
    : observed;
}

function reserveOf({ allocated, reserved }: AllocatorLevel): Observation['reserve'] {
  return allocated === 0 ? null : { bytes: Math.max(0, reserved - allocated), allocated };
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
