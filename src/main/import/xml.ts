/**
 * `nvidia-smi -q -x`, one document or, in a loop, one after another. Only what stands between the tags of a log is
 * parsed: declarations and document types, and with them entities of their own, are never read.
 */
import type { Reading } from '../../shared/base/vocabulary';
import { absentReason, parseProcessMemory, parseQuantity } from '../nvidia-smi-format/query-csv';
import { listedInstances, parseXml, readField, textAt, toList } from '../nvidia-smi-format/xml';
import { noteError } from './error';
import type { FieldReadings, GpuIdentity } from './imported-trace';
import { metric } from './metrics';
import { migMemory } from './mig';
import { withPowerDraw } from './power';
import { ProcessSum, processReadings } from './process-sum';
import type { ImportFormat, LineSink } from './protocol';
import { parseStamp } from './stamps';
import type { TraceBuilder } from './trace';

/** First path that is there wins: older schemas name things otherwise. */
const PATHS: readonly (readonly [field: string, ...paths: string[]])[] = [
  ['memory.used', 'fb_memory_usage/used'],
  ['memory.reserved', 'fb_memory_usage/reserved'],
  ['memory.free', 'fb_memory_usage/free'],
  ['utilization.gpu', 'utilization/gpu_util'],
  ['utilization.memory', 'utilization/memory_util'],
  ['utilization.encoder', 'utilization/encoder_util'],
  ['utilization.decoder', 'utilization/decoder_util'],
  ['temperature.gpu', 'temperature/gpu_temp'],
  ['temperature.memory', 'temperature/memory_temp'],
  [
    'power.draw',
    'power_readings/power_draw',
    'gpu_power_readings/power_draw',
    'gpu_power_readings/average_power_draw',
  ],
  ['power.draw.instant', 'gpu_power_readings/instant_power_draw'],
  ['clocks.gr', 'clocks/graphics_clock'],
  ['clocks.sm', 'clocks/sm_clock'],
  ['clocks.mem', 'clocks/mem_clock'],
  ['fan.speed', 'fan_speed'],
  ['pcie.link.gen.current', 'pci/pci_gpu_link_info/pcie_gen/current_link_gen'],
  ['pcie.link.width.current', 'pci/pci_gpu_link_info/link_widths/current_link_width'],
  ['pcie.tx', 'pci/tx_util'],
  ['pcie.rx', 'pci/rx_util'],
];
const OPEN = '<nvidia_smi_log>';
const CLOSE = '</nvidia_smi_log>';
/** One document of the largest machines is about 2 MB. */
const MAX_DOCUMENT = 1 << 26;

export const xml: ImportFormat = {
  kind: 'xml',
  recognizes: ({ text, lines }) =>
    text.includes(OPEN) ||
    (/^<\?xml\b[^>]*>/.test(lines[0] ?? '') && /nvidia_smi_log/.test(text)) ||
    /^<(?!html)\/?[a-z_]+( [^>]*)?>/.test(lines[0] ?? ''),
  open: (trace) => new XmlReader(trace),
};

class XmlReader implements LineSink {
  readonly #trace: TraceBuilder;
  #parts: string[] | null = null;
  #length = 0;
  #documents = 0;
  #broken = 0;

  constructor(trace: TraceBuilder) {
    this.#trace = trace;
  }

  line(text: string): void {
    let rest = text;
    let closes = true;
    while (rest !== '') {
      if (this.#parts === null) {
        const from = rest.indexOf(OPEN);
        this.#outside(from < 0 ? rest : rest.slice(0, from));
        if (from < 0) return;
        this.#parts = [];
        this.#length = 0;
        rest = rest.slice(from);
      }
      const again = rest.indexOf(OPEN, this.#parts.length === 0 ? OPEN.length : 0);
      // Looked for once where there is none: a line of many beginnings must not be gone through for each of them.
      const to: number = closes ? rest.indexOf(CLOSE) : -1;
      closes = to >= 0;
      if (again >= 0 && (to < 0 || again < to)) {
        // The document before was cut off.
        this.#broken++;
        this.#parts = null;
        rest = rest.slice(again);
        continue;
      }
      const part = to < 0 ? rest : rest.slice(0, to + CLOSE.length);
      this.#length += part.length;
      if (this.#length <= MAX_DOCUMENT) this.#parts.push(part);
      if (to < 0) return;
      const document = this.#parts.join('\n');
      this.#parts = null;
      if (this.#length <= MAX_DOCUMENT) this.#document(document);
      else this.#broken++;
      rest = rest.slice(to + CLOSE.length);
    }
  }

  end(): void {
    if (this.#parts !== null) this.#broken++;
    if (this.#broken > 0)
      this.#trace.warn(
        `${this.#broken} XML documents in the file are cut off or not well-formed and were left out.`,
      );
    else if (this.#documents === 0)
      this.#trace.warn(
        'The file holds a piece of XML without a whole nvidia_smi_log; only what it says is absent could be read.',
      );
  }

  /** Between documents nvidia-smi may print an error; a piece cut out of one still tells what is absent. */
  #outside(text: string): void {
    if (text.trim() === '' || noteError(this.#trace, text.trim().startsWith('<') ? '' : text))
      return;
    for (const [, tag = '', value = ''] of text.matchAll(/<([a-z_]+)>([^<]+)<\/\1>/g))
      this.#count(tag, value);
  }

  #count(tag: string, value: string): void {
    const reason = absentReason(value);
    if (reason === null) return;
    const memory = tag === 'used_memory' ? parseProcessMemory(value) : null;
    this.#trace.absent(memory?.kind === 'absent' ? memory.reason : reason);
  }

  #document(text: string): void {
    const log = readField(parseXml(text), 'nvidia_smi_log');
    if (log === undefined) {
      this.#broken++;
      return;
    }
    this.#documents++;
    this.#trace.driver ??= known(textAt(log, 'driver_version'));
    this.#trace.cuda ??= known(textAt(log, 'cuda_version'));
    const stamp = parseStamp(textAt(log, 'timestamp') ?? '');
    this.#countAll(log);
    for (const gpu of toList(readField(log, 'gpu'))) this.#gpu(gpu, stamp);
  }

  /** Every leaf that holds no value; what is empty tells nothing. */
  #countAll(node: unknown): void {
    if (typeof node !== 'object' || node === null) return;
    for (const [tag, value] of Object.entries(node)) {
      for (const each of toList(value)) {
        if (typeof each !== 'string') this.#countAll(each);
        else if (each.trim() !== '') this.#count(tag, each);
      }
    }
  }

  #gpu(gpu: unknown, stamp: ReturnType<typeof parseStamp>): void {
    const busId = known(textAt(readField(gpu, '$'), 'id')) ?? known(textAt(gpu, 'pci/pci_bus_id'));
    const uuid = known(textAt(gpu, 'uuid'));
    const name = known(textAt(gpu, 'product_name'));
    const total = parseQuantity(textAt(gpu, 'fb_memory_usage/total') ?? '', 'bytes');
    const identity: GpuIdentity = {
      ...(busId === null ? {} : { busId }),
      ...(uuid === null ? {} : { uuid }),
      ...(name === null ? {} : { name }),
      ...(total.kind === 'ok' ? { memoryBytes: total.value } : {}),
    };
    const readings = PATHS.flatMap(([field, ...paths]): (readonly [string, Reading])[] => {
      const text = paths.map((path) => textAt(gpu, path)).find((each) => each !== null);
      return text === undefined || text === null ? [] : [[field, this.#reading(text, field)]];
    });
    const device = withPowerDraw(readings);
    this.#trace.row(identity, stamp, [
      ...device,
      ...migReadings(gpu),
      ...this.#processes(gpu, device),
    ]);
  }

  /** What is no value and no word for absence is not counted as a leaf. */
  #reading(text: string, field: string): Reading {
    const reading = parseQuantity(text, metric(field).unit);
    if (reading.kind === 'absent' && absentReason(text) === null)
      this.#trace.absent(reading.reason);
    return reading;
  }

  #processes(gpu: unknown, device: FieldReadings): FieldReadings {
    const list = readField(gpu, 'processes');
    if (list === undefined || (typeof list === 'string' && absentReason(list) === 'not_supported'))
      return [];
    const sum = new ProcessSum();
    for (const process of toList(readField(list, 'process_info')))
      sum.add(parseProcessMemory(textAt(process, 'used_memory') ?? ''));
    return processReadings(this.#trace, sum, device);
  }
}

function migReadings(gpu: unknown): FieldReadings {
  return listedInstances(gpu).map(({ index, used }) => migMemory(index, used));
}

const known = (text: string | null): string | null =>
  text === null || absentReason(text) !== null ? null : text;
