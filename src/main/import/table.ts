/**
 * The table `nvidia-smi` prints without arguments, once or again and again: two lines for each GPU, one for each MIG
 * instance, one for each process.
 */
import type { AbsentReason, Reading } from '../../shared/base/vocabulary';
import { absentReason, parseProcessMemory, parseQuantity } from '../nvidia-smi-format/query-csv';
import { noteError } from './error';
import type { GpuIdentity } from './imported-trace';
import { metric } from './metrics';
import { migMemory } from './mig';
import { ProcessSum, processReadings } from './process-sum';
import type { ImportFormat, LineSink } from './protocol';
import { parseAnyStamp, type Stamp } from './stamps';
import type { TraceBuilder } from './trace';

const BANNER =
  /^\|\s*NVIDIA-SMI\s+(\S+).*?(?:Driver Version|KMD Version):\s*(\S+)(?:.*?CUDA (?:UMD )?Version:\s*([\d.]+))?/;
const GPU_LINE =
  /^\|\s*(\d+)\s+(.*?)\s*\|\s*([0-9A-F]{4,8}:[0-9A-F]{2}:[0-9A-F]{2}\.[0-9A-F])\s[^|]*(?:\|\s*(\S+))?/i;
const STATE_LINE =
  /^\|\s*(\S+)\s+(\S+?)C?\s+(P\d+|N\/A|ERR!)\s+([^|/]+)\/([^|]*)\|([^|]*)\|\s*(\S+)/;
const MIG_LINE = /^\|\s*(\d+)\s+\d+\s+\d+\s+(\d{1,3})\s*\|\s*(\S+)\s*\/\s*\S+\s*\|/;
const PROCESS_LINE =
  /^\|\s*(\d+)\s+(?:(?:N\/A|\d+)\s+(?:N\/A|\d+)\s+)?\d+\s+(?:C|G|C\+G|M\+C|M)\s+.*?(\S+)\s*\|$/;
const PROCESSES = /^\|\s*(?:Processes:|Compute processes:)/;

export const table: ImportFormat = {
  kind: 'table',
  recognizes: ({ lines }) => lines.some((line) => BANNER.test(line) || GPU_LINE.test(line)),
  open: (trace) => new TableReader(trace),
};

interface TableGpu {
  readonly identity: GpuIdentity;
  readonly readings: (readonly [string, Reading])[];
  readonly processes: ProcessSum;
  /** The line with its readings has been seen. */
  isRead: boolean;
}

class TableReader implements LineSink {
  readonly #trace: TraceBuilder;
  /** Of the table at hand; and one that was printed since its banner, for the next. */
  #stamp: Stamp | null = null;
  #next: Stamp | null = null;
  #gpus = new Map<number, TableGpu>();
  #open: TableGpu | null = null;
  /** The list of processes: a file that is cut off may end within it. */
  #list: 'none' | 'open' | 'whole' = 'none';
  #isWsl = false;

  constructor(trace: TraceBuilder) {
    this.#trace = trace;
  }

  line(text: string, complete: boolean): void {
    const line = text.trim();
    // A line cut off may have lost digits.
    if (!complete && !/[|+]$/.test(line)) return;
    const stamp = parseAnyStamp(line);
    const banner = stamp === null ? BANNER.exec(line) : null;
    if (stamp !== null) {
      this.#flush();
      this.#next = stamp;
      return;
    }
    if (banner) {
      this.#flush();
      this.#banner(banner);
      return;
    }
    if (!line.startsWith('|')) {
      if (line.startsWith('+') && this.#list === 'open') this.#list = 'whole';
      else noteError(this.#trace, line);
      return;
    }
    if (PROCESSES.test(line)) this.#list = 'open';
    else if (this.#list === 'none') this.#gpu(line);
    else this.#process(line);
  }

  end(): void {
    this.#flush();
  }

  /** On one system the two versions are the same; under WSL2 the driver is the Windows host's. */
  #banner([, program, driver = '', cuda]: RegExpExecArray): void {
    this.#isWsl = program !== driver;
    this.#stamp = this.#next ?? this.#trace.moment;
    this.#next = null;
    this.#trace.driver ??= driver;
    this.#trace.cuda ??= cuda ?? null;
  }

  #gpu(line: string): void {
    const gpu = GPU_LINE.exec(line);
    if (gpu) {
      const [, index, title = '', busId = '', ecc] = gpu;
      if (this.#gpus.has(Number(index))) this.#flush();
      const name = title.replace(/\s+(On|Off|N\/A|WDDM|TCC|MCDM)$/i, '');
      this.#open = {
        identity: { index: Number(index), busId, name },
        readings: [],
        processes: new ProcessSum(),
        isRead: false,
      };
      this.#gpus.set(Number(index), this.#open);
      this.#count(ecc);
      return;
    }
    const state = STATE_LINE.exec(line);
    if (state && this.#open) {
      this.#state(this.#open, state);
      this.#open = null;
      return;
    }
    const [, index, instance, used = ''] = MIG_LINE.exec(line) ?? [];
    if (instance !== undefined)
      this.#gpus
        .get(Number(index))
        ?.readings.push(migMemory(instance, this.#read(used, 'memory.used')));
  }

  #state(
    gpu: TableGpu,
    [
      ,
      fan = '',
      temperature = '',
      ,
      power = '',
      cap,
      memory = '',
      utilization = '',
    ]: RegExpExecArray,
  ): void {
    const [used, total] = memory.split('/').map((part) => part.trim());
    const size = parseQuantity(total ?? '', 'bytes');
    if (size.kind === 'ok') Object.assign(gpu.identity, { memoryBytes: size.value });
    this.#count(cap);
    gpu.readings.push(
      ['fan.speed', this.#read(fan, 'fan.speed')],
      ['temperature.gpu', this.#read(temperature, 'temperature.gpu')],
    );
    gpu.readings.push(
      ['power.draw', this.#read(power, 'power.draw')],
      ['memory.used', this.#read(used ?? '', 'memory.used')],
    );
    gpu.readings.push([
      'utilization.gpu',
      this.#read(utilization, 'utilization.gpu', this.#isWsl ? 'hidden' : 'not_supported'),
    ]);
    gpu.isRead = true;
  }

  #process(line: string): void {
    const [, index, used = ''] = PROCESS_LINE.exec(line) ?? [];
    if (index === undefined) return;
    const memory = parseProcessMemory(used);
    if (memory.kind === 'absent') this.#trace.absent(memory.reason);
    this.#gpus.get(Number(index))?.processes.add(memory);
  }

  /** One cell; `unsupported` is what N/A stands for in it. */
  #read(cell: string, field: string, unsupported: AbsentReason = 'not_supported'): Reading {
    const reading = parseQuantity(cell.trim(), metric(field).unit);
    if (reading.kind === 'ok') return reading;
    const reason = reading.reason === 'not_supported' ? unsupported : reading.reason;
    this.#trace.absent(reason);
    return { kind: 'absent', reason };
  }

  #count(cell: string | undefined): void {
    const reason = cell === undefined ? null : absentReason(cell);
    if (reason !== null) this.#trace.absent(reason);
  }

  /** One table is done. A GPU whose second line is missing is known, but nothing of it was read. */
  #flush(): void {
    for (const { identity, readings, processes, isRead } of this.#gpus.values()) {
      if (!isRead) this.#trace.gpu(identity);
      else
        this.#trace.row(
          identity,
          this.#stamp,
          this.#list === 'whole'
            ? [...readings, ...processReadings(this.#trace, processes, readings)]
            : readings,
        );
    }
    this.#gpus = new Map();
    this.#open = null;
    this.#list = 'none';
  }
}
