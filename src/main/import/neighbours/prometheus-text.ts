/**
 * Text of Prometheus exporters: DCGM's and nvitop's. A scrape tells each GPU's metrics once; where one comes again, the
 * next scrape has begun. Times are those behind the values (milliseconds), else those around the scrapes.
 */
import type { Reading } from '../../../shared/base/vocabulary';
import type { FieldReadings, GpuIdentity } from '../imported-trace';
import type { ImportFormat, LineSink } from '../protocol';
import { parseStampLine, type Stamp } from '../stamps';
import type { TraceBuilder } from '../trace';
import { ClusterGpus } from './cluster-gpus';

const MiB = 2 ** 20;
/** By the exporter's name of a metric: the field it is, and what it is multiplied by. */
export const EXPORTED: ReadonlyMap<string, readonly [field: string, factor: number]> = new Map([
  ['DCGM_FI_DEV_FB_USED', ['memory.used', MiB]],
  ['DCGM_FI_DEV_FB_FREE', ['memory.free', MiB]],
  ['DCGM_FI_DEV_FB_RESERVED', ['memory.reserved', MiB]],
  ['DCGM_FI_DEV_GPU_UTIL', ['utilization.gpu', 1000]],
  ['DCGM_FI_DEV_MEM_COPY_UTIL', ['utilization.memory', 1000]],
  ['DCGM_FI_DEV_POWER_USAGE', ['power.draw', 1000]],
  ['DCGM_FI_DEV_GPU_TEMP', ['temperature.gpu', 1000]],
  ['DCGM_FI_DEV_MEMORY_TEMP', ['temperature.memory', 1000]],
  ['DCGM_FI_DEV_SM_CLOCK', ['clocks.sm', 1e6]],
  ['DCGM_FI_DEV_MEM_CLOCK', ['clocks.mem', 1e6]],
  ['gpu_memory_used', ['memory.used', MiB]],
  ['gpu_memory_free', ['memory.free', MiB]],
  ['gpu_utilization', ['utilization.gpu', 1000]],
  ['gpu_temperature', ['temperature.gpu', 1000]],
]);
/** Tells the size of a GPU, in MiB like the others, and is no reading. */
export const MEMORY_TOTAL = 'DCGM_FI_DEV_FB_TOTAL';
/** From here on up DCGM's numbers are absences (blank, not found, not supported, no permission). */
const DCGM_BLANK = 2 ** 63;

const LINE = /^([A-Za-z_:][\w:]*)\{([^}]*)\}\s+(\S+)(?:\s+(\d{10,16}))?\s*$/;
const LABEL = /([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g;

export const prometheusText: ImportFormat = {
  kind: 'prometheus-text',
  recognizes: ({ lines }) =>
    lines.some((line) => {
      const name = LINE.exec(line)?.[1];
      return name !== undefined && EXPORTED.has(name);
    }),
  open: (trace) => new ScrapeReader(trace),
};

/** A value as an exporter writes it; what DCGM calls blank is absent. */
export function parseExported(text: string, factor: number): Reading {
  const value = Number(text);
  return text.trim() === '' || !Number.isFinite(value) || value >= DCGM_BLANK
    ? { kind: 'absent', reason: 'not_supported' }
    : { kind: 'ok', value: Math.round(value * factor) };
}

interface Row {
  readonly identity: GpuIdentity;
  readonly stamp: Stamp | null;
  readonly readings: FieldReadings;
}

class ScrapeReader implements LineSink {
  readonly #trace: TraceBuilder;
  #rows = new Map<string, Row>();
  #seen = new Set<string>();
  readonly #gpus: ClusterGpus;

  constructor(trace: TraceBuilder) {
    this.#trace = trace;
    this.#gpus = new ClusterGpus(trace);
  }

  line(text: string, complete: boolean): void {
    if (text.startsWith('#') || text.trim() === '') return;
    // Its number, or its time, may go on behind the cut.
    if (!complete) {
      this.#trace.warn(
        'The last line does not end in a newline, so it may be cut off: it was left out.',
      );
      return;
    }
    const [, name = '', labelText = '', value = '', at] = LINE.exec(text.trim()) ?? [];
    const known = EXPORTED.get(name);
    if (known === undefined) {
      const heading = parseStampLine(text);
      if (heading === null) return;
      this.#flush();
      this.#trace.moment = heading;
      return;
    }
    const labels = Object.fromEntries(
      [...labelText.matchAll(LABEL)].map(([, key = '', word = '']) => [key, word]),
    );
    // A part of a GPU (MIG) has its own memory and is no reading of the whole.
    if (labels.GPU_I_ID !== undefined && labels.GPU_I_ID !== '') return;
    this.#keep(name, labels, known, value, at);
  }

  end(): void {
    this.#flush();
    this.#gpus.end();
  }

  #keep(
    name: string,
    labels: Readonly<Record<string, string>>,
    [field, factor]: readonly [string, number],
    value: string,
    at: string | undefined,
  ): void {
    const identity = this.#gpus.find(labels);
    const gpu = JSON.stringify(identity);
    if (this.#seen.has(`${gpu} ${name}`)) this.#flush();
    this.#seen.add(`${gpu} ${name}`);
    const reading = parseExported(value, factor);
    if (reading.kind === 'absent') this.#trace.absent(reading.reason);
    const row = this.#rows.get(gpu);
    const stamp = at === undefined ? null : { us: Number(at) * 1000, zoned: true };
    this.#rows.set(gpu, {
      identity,
      stamp: row?.stamp ?? stamp,
      readings: [...(row?.readings ?? []), [field, reading]],
    });
  }

  #flush(): void {
    for (const { identity, stamp, readings } of this.#rows.values())
      this.#trace.row(identity, stamp, readings);
    this.#rows = new Map();
    this.#seen = new Set();
  }
}
