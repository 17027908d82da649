/**
 * Text of Prometheus exporters: DCGM's and nvitop's. A scrape tells each GPU's metrics once; where one comes again, the
 * next scrape has begun. Times are those behind the values (milliseconds), else those around the scrapes.
 */
import { ClusterGpus } from '../../prometheus/cluster-gpus';
import { EXPORTED, isOfPart, parseExported } from '../../prometheus/exported-metrics';
import type { FieldReadings, GpuIdentity } from '../imported-trace';
import type { ImportFormat, LineSink } from '../protocol';
import { parseStampLine, type Stamp } from '../stamps';
import type { TraceBuilder } from '../trace';

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

interface Row {
  readonly identity: GpuIdentity;
  readonly stamp: Stamp | null;
  readonly readings: FieldReadings;
}

class ScrapeReader implements LineSink {
  readonly #trace: TraceBuilder;
  #rows = new Map<string, Row>();
  #seen = new Set<string>();
  readonly #gpus = new ClusterGpus();

  constructor(trace: TraceBuilder) {
    this.#trace = trace;
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
    if (isOfPart(labels)) return;
    this.#keep(name, labels, known, value, at);
  }

  end(): void {
    this.#flush();
    const hosts = this.#gpus.describeHosts();
    if (hosts !== null) this.#trace.warn(hosts);
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
