/** How the figures of a session came about: which line they are read from, how it was sampled, what flagged means. */
import { formatBytes, formatDuration } from '../base/format';
import type { Micros } from '../base/units';
import { FLAG_LIMITS } from '../divergence/overlay/flags';
import type { SessionDocument } from '../session/session-document';
import {
  deviceIn,
  FRAMEWORK_ALLOCATED,
  isFrameworkSeries,
  isMigDevice,
  processMemory,
  rankIn,
  TREE_RSS,
  usedMemory,
  withoutRank,
  workloadMemory,
} from '../trace/series-ids';
import { describeConfinement } from './environment';
import { judgedByLearned } from './learned-words';
import { planKept } from './plan-kept';
import { ranksNote } from './ranks';

/**
 * Of a session whose line is not that of a GPU although there is one; null of any other, and where the answer itself says
 * that a GPU was predicted and none used.
 */
export function whyNoGpu({
  overlay,
  environment: { gpus, workload },
}: SessionDocument): string | null {
  if (overlay.hostBesideGpu) return null;
  if (overlay.usedNoGpu)
    return 'The workload held nothing on a GPU of this machine, so the line is of the memory that it did use.';
  return gpus.length > 0 && workload.device === 'cpu' && overlay.series !== null
    ? 'The script ran on the CPU, though this machine has a GPU: the line is of the memory that it did use.'
    : null;
}

const UNDESCRIBED = 'as its source reports it';

/** What a series counts, as half a sentence that follows its id. */
function describeLine(series: string): string {
  const device = deviceIn(series);
  if (device !== undefined) return describeDeviceLine(series, device);
  if (withoutRank(series) === FRAMEWORK_ALLOCATED)
    return 'bytes of live tensors as the framework itself counts them, with the high-water mark of every phase';
  const rank = rankIn(series);
  if (rank !== null && series.endsWith('.rss'))
    return `resident host memory of ${series.startsWith('process') ? 'one process and what it started' : 'the processes of one rank'}, runtime and libraries included`;
  return series === TREE_RSS
    ? 'resident host memory of the process tree, runtime and libraries included'
    : UNDESCRIBED;
}

function describeDeviceLine(series: string, device: string): string {
  const isMig = isMigDevice(device);
  switch (series) {
    case workloadMemory(device):
      return isMig
        ? 'memory of the MIG device that the workload was confined to, less the baseline and less what other processes took there meanwhile'
        : 'GPU memory of the workload: device memory less the baseline and less what other processes took meanwhile';
    case usedMemory(device):
      return isMig
        ? 'memory of one MIG device less the baseline, all processes on it together'
        : 'device memory less the baseline, all processes together';
    case processMemory(device):
      return "GPU memory the driver counts for the workload's own processes";
    default:
      return UNDESCRIBED;
  }
}

function describeSampling(series: string, intervalUs: Micros | null): string {
  if (intervalUs !== null)
    return `It was sampled every ${formatDuration(intervalUs)}; a spike shorter than that can be missed.`;
  return isFrameworkSeries(series)
    ? 'It is reported by the workload as it happens, so no peak falls between two samples.'
    : 'How often it was sampled is not known; what lay between two samples was not seen.';
}

/** Of a line of the whole device where its processes were read, and none of them was the workload's; null elsewhere. */
function whyOthersStay({ overlay, series }: SessionDocument): string | null {
  const device = deviceIn(overlay.series ?? '');
  if (device === undefined || overlay.series !== usedMemory(device)) return null;
  const count = series.find(({ id }) => id === processMemory(device));
  return count !== undefined && count.count > 0 && count.max === 0
    ? 'The driver lists no process of the workload, as in a container that knows processes by other numbers: what other processes took is not known, and not taken off.'
    : null;
}

/** How the figures came about: the line, its interval, the baseline, and what flagged means. */
export function methodNotes(doc: SessionDocument): string[] {
  const { overlay, ranks, simulated, workload, environment } = doc;
  const notes: string[] = [];
  if (ranks) notes.push(ranksNote(doc));
  if (overlay.series !== null) {
    notes.push(`The measured line is ${overlay.series}: ${describeLine(overlay.series)}.`);
    for (const { index, instances = [] } of environment.gpus) {
      for (const instance of instances)
        notes.push(`The workload was ${describeConfinement(instance)} of GPU ${index}.`);
    }
    const unlisted = whyOthersStay(doc);
    if (unlisted !== null) notes.push(unlisted);
    const unused = whyNoGpu(doc);
    if (unused !== null) notes.push(unused);
    notes.push(describeSampling(overlay.series, overlay.measuredPeak?.intervalUs ?? null));
    if (overlay.period) {
      const { us, count, swing } = overlay.period;
      notes.push(
        `It repeats every ${formatDuration(us)}, ${count} times, and swings by ${formatBytes(swing)}: steps, as far as a line can tell that was read as often as this one.`,
      );
    }
    if (overlay.baselineBytes > 0)
      notes.push(`${formatBytes(overlay.baselineBytes)} in use before launch are taken off.`);
  }
  if (overlay.predictedPeak.refined !== null) {
    const { percent, bytes, samples } = overlay.limits ?? FLAG_LIMITS;
    notes.push(
      'Textbook is the list of parameters, gradients, optimizer states, activations and KV cache; refined is the model of the framework that ran. A residual is measured less refined.',
      workload.kind === 'bundled' && overlay.series === FRAMEWORK_ALLOCATED
        ? 'Flagged means any difference at all: for the bundled workload the prediction claims to be exact.'
        : `Flagged means a residual beyond ${percent}% of the prediction or ${formatBytes(bytes)}, whichever is more, for at least ${samples} samples.`,
    );
  }
  const kept = planKept(doc);
  if (kept !== null) notes.push(kept);
  const learned = judgedByLearned(doc);
  if (learned !== null) notes.push(learned);
  if (overlay.observed !== undefined)
    notes.push(
      'Expected is what the objects of the script hold, which is certain, and the rest as it was in the second to fourth phase of its kind (the tier called observed).',
    );
  if (overlay.predictedPeak.refined === null && environment.workload.device === 'cpu')
    notes.push(
      'The script ran on the CPU. The budget of a GPU is not laid over it: that is one of CUDA kernels, of a caching allocator and of a device context, and host memory has none of them.',
    );
  if (workload.terms?.instrument === 'none')
    notes.push(
      'The command was left alone, as it was asked to be (--no-instrument, PLUMBLINE_INSTRUMENT=0 or its saved definition): it told only what it announces by itself.',
    );
  if (simulated) notes.push('The device was SIMULATED: no figure here is of real hardware.');
  return notes;
}
