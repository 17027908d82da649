/** `nvidia-smi -q`: an indented text of `name : value`, one block per GPU; a loop prints one document after another. */
import type { Reading } from '../../../shared/vocabulary';
import { absentReason, parseQuantity } from '../../telemetry/nvidia-smi/query-csv';
import { metric } from './metrics';
import type { GpuIdentity, ImportFormat, LineSink } from './protocol';
import { parseStamp, type Stamp } from './stamps';
import type { TraceBuilder } from './trace';

/** By path within a GPU's block, in lower case. Older drivers before newer ones. */
const PATHS: Readonly<Record<string, string>> = {
  'fb memory usage/used': 'memory.used',
  'fb memory usage/reserved': 'memory.reserved',
  'fb memory usage/free': 'memory.free',
  'utilization/gpu': 'utilization.gpu',
  'utilization/memory': 'utilization.memory',
  'utilization/encoder': 'utilization.encoder',
  'utilization/decoder': 'utilization.decoder',
  'temperature/gpu current temp': 'temperature.gpu',
  'temperature/memory current temp': 'temperature.memory',
  'power readings/power draw': 'power.draw',
  'gpu power readings/power draw': 'power.draw',
  'gpu power readings/average power draw': 'power.draw',
  'gpu power readings/instantaneous power draw': 'power.draw.instant',
  'clocks/graphics': 'clocks.gr',
  'clocks/sm': 'clocks.sm',
  'clocks/memory': 'clocks.mem',
  'fan speed': 'fan.speed',
};

const TITLE = /^=+NVSMI LOG=+$/;
const GPU = /^GPU ([0-9A-F]{4,8}:[0-9A-F]{2}:[0-9A-F]{2}\.[0-9A-F])$/i;

export const queryText: ImportFormat = {
  kind: 'query-text',
  recognizes: ({ lines }) => lines.slice(0, 20).some((line) => TITLE.test(line) || GPU.test(line)),
  open: (trace) => new QueryTextReader(trace),
};

class QueryTextReader implements LineSink {
  readonly #trace: TraceBuilder;
  #stamp: Stamp | null = null;
  #identity: { -readonly [K in keyof GpuIdentity]: GpuIdentity[K] } | null = null;
  #readings = new Map<string, Reading>();
  #sections: { readonly indent: number; readonly name: string }[] = [];

  constructor(trace: TraceBuilder) {
    this.#trace = trace;
  }

  line(text: string, complete: boolean): void {
    const line = text.trimEnd();
    if (TITLE.test(line.trim())) {
      this.#flush();
      this.#stamp = null;
      return;
    }
    const gpu = GPU.exec(line);
    if (gpu) {
      this.#flush();
      this.#identity = { busId: gpu[1]! };
      return;
    }
    const [, space, name, value] = /^(\s*)(.*?)\s*(?::\s(.*))?$/.exec(line) ?? [];
    if (!name || space === undefined) return;
    while ((this.#sections.at(-1)?.indent ?? -1) >= space.length) this.#sections.pop();
    if (value === undefined) {
      this.#sections.push({ indent: space.length, name: name.toLowerCase() });
      return;
    }
    if (this.#identity === null) this.#top(name, value.trim());
    else if (complete) this.#field([...this.#sections.map((section) => section.name), name.toLowerCase()].join('/'), value.trim());
  }

  end(): void {
    this.#flush();
  }

  #top(name: string, value: string): void {
    if (name === 'Timestamp') this.#stamp = parseStamp(value);
    if (absentReason(value) !== null) return;
    if (name === 'Driver Version' || name === 'DRIVER version') this.#trace.driver ??= value;
    if (name === 'CUDA Version') this.#trace.cuda ??= value;
  }

  #field(path: string, value: string): void {
    const identity = this.#identity!;
    if (absentReason(value) === null) {
      if (path === 'product name') identity.name ??= value;
      if (path === 'gpu uuid') identity.uuid ??= value;
    }
    if (path === 'fb memory usage/total') {
      const total = parseQuantity(value, 'bytes');
      if (total.kind === 'ok') identity.memoryBytes = total.value;
    }
    const field = PATHS[path];
    if (field !== undefined && !this.#readings.has(field)) this.#readings.set(field, parseQuantity(value, metric(field).unit));
  }

  #flush(): void {
    if (this.#identity !== null) this.#trace.row(this.#identity, this.#stamp, [...this.#readings]);
    this.#identity = null;
    this.#readings = new Map();
    this.#sections = [];
  }
}
