/** `nvidia-smi -q`: an indented text of `name : value`, one block per GPU; a loop prints one document after another. */
import type { Reading } from '../../shared/base/vocabulary';
import { absentReason, parseProcessMemory, parseQuantity } from '../nvidia-smi-format/query-csv';
import { noteError } from './error';
import type { GpuIdentity } from './imported-trace';
import { metric } from './metrics';
import { migMemory } from './mig';
import { withPowerDraw } from './power';
import { ProcessSum, processReadings } from './process-sum';
import type { ImportFormat, LineSink } from './protocol';
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
  'pci/gpu link info/pcie generation/current': 'pcie.link.gen.current',
  'pci/gpu link info/link width/current': 'pcie.link.width.current',
  'pci/tx throughput': 'pcie.tx',
  'pci/rx throughput': 'pcie.rx',
};

/** How a value ends that has lost nothing. */
const WHOLE = / (MiB|%|W|C|MHz|KB\/s)$|N\/A$/;
const TITLE = /^=+NVSMI LOG=+$/;
const GPU = /^GPU ([0-9A-F]{4,8}:[0-9A-F]{2}:[0-9A-F]{2}\.[0-9A-F])$/i;

export const queryText: ImportFormat = {
  kind: 'query-text',
  recognizes: ({ lines }) => lines.slice(0, 20).some((line) => TITLE.test(line) || GPU.test(line)),
  open: (trace) => new QueryTextReader(trace),
};

/** Of the GPU whose block is being read. */
type MutableIdentity = { -readonly [K in keyof GpuIdentity]: GpuIdentity[K] };

export class QueryTextReader implements LineSink {
  readonly #trace: TraceBuilder;
  #stamp: Stamp | null = null;
  #identity: MutableIdentity | null = null;
  #readings = new Map<string, Reading>();
  #sections: { readonly indent: number; readonly name: string }[] = [];
  #processes: ProcessSum | null = null;
  #instance: string | null = null;
  readonly #instancesOnly: boolean;

  /** `instancesOnly`: the GPU's own readings come from elsewhere in the file. */
  constructor(trace: TraceBuilder, instancesOnly = false) {
    this.#trace = trace;
    this.#instancesOnly = instancesOnly;
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
      if (noteError(this.#trace, line)) return;
      if (name === 'Processes') this.#processes = new ProcessSum();
      this.#sections.push({ indent: space.length, name: name.toLowerCase() });
      return;
    }
    if (this.#identity === null) this.#top(name, value.trim());
    else if (!complete && !WHOLE.test(value)) this.#cut();
    else
      this.#field(
        this.#identity,
        [...this.#sections.map((section) => section.name), name.toLowerCase()].join('/'),
        value.trim(),
      );
  }

  end(): void {
    this.#flush();
  }

  /** The last line lost its end: within the list of processes, nothing can be said of the list. */
  #cut(): void {
    if (this.#sections[0]?.name === 'processes') this.#processes = null;
  }

  /** Newer drivers say in brackets that a line will go; -q and the table give the version otherwise alike. */
  #top(name: string, given: string): void {
    const value = given.replace(/\s+\[.*\]$/, '');
    if (name === 'Timestamp') this.#stamp = parseStamp(value);
    const reason = absentReason(value);
    if (reason !== null) {
      this.#trace.absent(reason);
      return;
    }
    if (name === 'Driver Version' || name === 'DRIVER version') this.#trace.driver ??= value;
    if (name === 'CUDA Version') this.#trace.cuda ??= value;
  }

  #field(identity: MutableIdentity, path: string, value: string): void {
    if (path.startsWith('processes')) {
      this.#process(path, value);
      return;
    }
    const reason = absentReason(value);
    if (reason !== null && !this.#instancesOnly) this.#trace.absent(reason);
    if (reason === null) {
      if (path === 'product name') identity.name ??= value;
      if (path === 'gpu uuid') identity.uuid ??= value;
    }
    if (path === 'fb memory usage/total') {
      const total = parseQuantity(value, 'bytes');
      if (total.kind === 'ok') identity.memoryBytes = total.value;
    }
    if (path === 'mig device/index') this.#instance = /^\d{1,3}$/.test(value) ? value : null;
    if (/^mig device\/(shared )?fb memory usage\/used$/.test(path) && this.#instance !== null) {
      this.#readings.set(...migMemory(this.#instance, parseQuantity(value, 'bytes')));
    }
    const field = Object.hasOwn(PATHS, path) ? PATHS[path] : undefined;
    if (field === undefined || this.#readings.has(field)) return;
    const reading = parseQuantity(value, metric(field).unit);
    if (reading.kind === 'absent' && reason === null && !this.#instancesOnly)
      this.#trace.absent(reading.reason);
    this.#readings.set(field, reading);
  }

  #process(path: string, value: string): void {
    if (path === 'processes' && value === 'None') this.#processes = new ProcessSum();
    if (path !== 'processes/used gpu memory') return;
    const memory = parseProcessMemory(value);
    if (memory.kind === 'absent' && !this.#instancesOnly) this.#trace.absent(memory.reason);
    this.#processes?.add(memory);
  }

  #flush(): void {
    if (this.#identity !== null && this.#instancesOnly) {
      const instances = [...this.#readings].filter(([field]) => field.startsWith('mig'));
      if (instances.length > 0) this.#trace.aside(this.#identity, this.#stamp, instances);
    } else if (this.#identity !== null) {
      const device = withPowerDraw([...this.#readings]);
      this.#trace.row(this.#identity, this.#stamp, [
        ...device,
        ...(this.#processes === null ? [] : processReadings(this.#trace, this.#processes, device)),
      ]);
    }
    this.#identity = null;
    this.#readings = new Map();
    this.#sections = [];
    this.#processes = null;
    this.#instance = null;
  }
}
