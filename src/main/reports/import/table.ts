/** The table `nvidia-smi` prints without arguments, once or again and again. Two lines speak of one GPU. */
import type { Reading } from '../../../shared/vocabulary';
import { parseQuantity } from '../../telemetry/nvidia-smi/query-csv';
import { metric } from './metrics';
import type { GpuIdentity, ImportFormat, LineSink } from './protocol';
import { parseStamp, type Stamp } from './stamps';
import type { TraceBuilder } from './trace';

const BANNER = /^\|\s*NVIDIA-SMI\s+\S+.*?(?:Driver Version|KMD Version):\s*(\S+)(?:.*?CUDA (?:UMD )?Version:\s*([\d.]+))?/;
const GPU_LINE = /^\|\s*(\d+)\s+(.*?)\s*\|\s*([0-9A-F]{4,8}:[0-9A-F]{2}:[0-9A-F]{2}\.[0-9A-F])\s/i;
const STATE_LINE = /^\|\s*(\S+)\s+(\S+?)C?\s+(P\d+|N\/A|ERR!)\s+([^|/]+)\/([^|]*)\|([^|]*)\|\s*(\S+)/;

export const table: ImportFormat = {
  kind: 'table',
  recognizes: ({ lines }) => lines.some((line) => BANNER.test(line) || GPU_LINE.test(line)),
  open: (trace) => new TableReader(trace),
};

class TableReader implements LineSink {
  readonly #trace: TraceBuilder;
  #stamp: Stamp | null = null;
  #identity: GpuIdentity | null = null;

  constructor(trace: TraceBuilder) {
    this.#trace = trace;
  }

  line(text: string, complete: boolean): void {
    const line = text.trim();
    // A line cut off may have lost digits.
    if (!complete && !line.endsWith('|')) return;
    this.#stamp = parseStamp(line) ?? this.#stamp;
    const banner = BANNER.exec(line);
    if (banner) {
      this.#trace.driver ??= banner[1]!;
      this.#trace.cuda ??= banner[2] ?? null;
      return;
    }
    const gpu = GPU_LINE.exec(line);
    if (gpu) {
      this.#leave();
      const name = gpu[2]!.replace(/\s+(On|Off|N\/A|WDDM|TCC|MCDM)$/i, '');
      this.#identity = { index: Number(gpu[1]), busId: gpu[3]!, name };
      return;
    }
    const state = STATE_LINE.exec(line);
    if (state && this.#identity) this.#row(this.#identity, state);
  }

  end(): void {
    this.#leave();
  }

  #row(identity: GpuIdentity, [, fan, temperature, , power, , memory, utilization]: RegExpExecArray): void {
    const [used, total] = memory!.split('/').map((part) => part.trim());
    const size = parseQuantity(total ?? '', 'bytes');
    const readings = ([
      ['fan.speed', fan], ['temperature.gpu', temperature], ['power.draw', power], ['memory.used', used], ['utilization.gpu', utilization],
    ] as const).map(([field, cell]): readonly [string, Reading] => [field, parseQuantity((cell ?? '').trim(), metric(field).unit)]);
    this.#trace.row(size.kind === 'ok' ? { ...identity, memoryBytes: size.value } : identity, this.#stamp, readings);
    this.#identity = null;
  }

  /** A GPU whose second line is missing is known, but nothing of it was read. */
  #leave(): void {
    if (this.#identity) this.#trace.gpu(this.#identity);
    this.#identity = null;
  }
}
