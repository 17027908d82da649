/**
 * Nsight Systems' SQLite export (`nsys export --type sqlite`). Tables are made only where there is something to put in,
 * so each is looked for: the GPUs, the bytes that CUDA's allocation calls hold on each device (recorded with
 * `--cuda-memory-usage=true`), and NVTX ranges that name steps and phases. Event times are nanoseconds from the start of
 * the recording.
 *
 * What the driver takes beside the calls (context, modules) is no event, so the sum is less than nvidia-smi shows.
 *
 * Source: https://docs.nvidia.com/nsight-systems/UserGuide/index.html, "SQLite Schema Reference".
 */
import type { SeriesInfo } from '../../../shared/trace/types';
import type { FileFormat } from '../protocol';
import type { TraceBuilder } from '../trace';
import { type ForeignTables, hasTables, readForeign } from './foreign-database';
import { describeFramework } from './framework';
import { parsePhaseName, parseStepName } from './phase-names';

const KIND = 'nsight-systems';
const EVENTS = 'CUDA_GPU_MEMORY_USAGE_EVENTS';
/** ENUM_CUDA_MEM_KIND: device memory, and what a module's own variables take on the device. */
const ON_DEVICE: ReadonlySet<unknown> = new Set([2, 5]);
const ALLOCATION = 0;
/** NvtxPushPopRange and NvtxStartEndRange. */
const RANGES: ReadonlySet<unknown> = new Set([59, 60]);

export const nsightSystems: FileFormat = {
  kind: KIND,
  recognizes: (path, head) =>
    hasTables(path, head, ['EXPORT_META_DATA']) || hasTables(path, head, ['META_DATA_EXPORT']),
  read(path, _name, trace) {
    readForeign(path, (tables) => {
      const [[epoch] = []] = tables.rows('TARGET_INFO_SESSION_START_TIME', ['utcEpochNs']);
      if (typeof epoch === 'number') trace.epochUs = epoch / 1000;
      readGpus(tables, trace);
      readMemory(tables, trace);
      readRanges(tables, trace);
    });
  },
};

function readGpus(tables: ForeignTables, trace: TraceBuilder): void {
  for (const [id, name, memory, uuid] of tables.rows('TARGET_INFO_GPU', [
    'id',
    'name',
    'totalMemory',
    'uuid',
  ]))
    if (isIndex(id))
      trace.gpu({
        index: id,
        ...(typeof name === 'string' && { name }),
        ...(typeof memory === 'number' && { memoryBytes: memory }),
        ...(typeof uuid === 'string' && { uuid: uuid.startsWith('GPU-') ? uuid : `GPU-${uuid}` }),
      });
}

/** Live bytes of each device: what was allocated and not freed. A free tells the bytes of what it frees. */
function readMemory(tables: ForeignTables, trace: TraceBuilder): void {
  const held = new Map<number, { readonly info: SeriesInfo; bytes: number; lowest: number }>();
  const columns = ['start', 'deviceId', 'memKind', 'memoryOperationType', 'bytes'];
  for (const [start, device, kind, operation, bytes] of tables.rows(EVENTS, columns, 'start')) {
    if (typeof start !== 'number' || typeof bytes !== 'number' || !isIndex(device)) continue;
    if (!ON_DEVICE.has(kind)) continue;
    const about = 'bytes that CUDA calls allocated and did not free';
    const info = describeFramework(KIND, 'allocated', device, about);
    const one = held.get(device) ?? { info, bytes: 0, lowest: 0 };
    held.set(device, one);
    one.bytes += operation === ALLOCATION ? bytes : -bytes;
    one.lowest = Math.min(one.lowest, one.bytes);
    trace.point(info, start / 1000, one.bytes);
  }
  for (const { info, lowest } of held.values()) {
    if (lowest === 0) continue;
    trace.raise(info.id, -lowest);
    trace.warn(
      'Memory was freed that the recording did not see allocated: it counts as held from the beginning.',
    );
  }
  if (held.size === 0)
    trace.warn(
      'The report holds no memory events: record it with nsys profile --cuda-memory-usage=true.',
    );
}

function readRanges(tables: ForeignTables, trace: TraceBuilder): void {
  const words = new Map(tables.columns('NVTX_EVENTS').length > 0 ? readStrings(tables) : []);
  const columns = ['start', 'end', 'eventType', 'text', 'textId'];
  for (const [start, end, type, text, textId] of tables.rows('NVTX_EVENTS', columns, 'start')) {
    const name = typeof text === 'string' ? text : words.get(textId);
    if (!RANGES.has(type) || name === undefined) continue;
    if (typeof start !== 'number' || typeof end !== 'number') continue;
    const step = parseStepName(name);
    const phase = step === null ? parsePhaseName(name) : null;
    for (const [event, ns] of [
      ['begin', start],
      ['end', end],
    ] as const) {
      const at = { t: ns / 1000, rank: 0, event };
      if (step !== null) trace.mark({ type: 'step', step, ...at });
      if (phase !== null) trace.mark({ type: 'phase', step: null, name: phase, ...at });
    }
  }
}

/** Texts of ranges that could be a step's or a phase's. */
function* readStrings(tables: ForeignTables): Iterable<readonly [unknown, string]> {
  for (const [id, value] of tables.rows('StringIds', ['id', 'value']))
    if (typeof value === 'string' && (parseStepName(value) ?? parsePhaseName(value)) !== null)
      yield [id, value];
}

const isIndex = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 10_000;
