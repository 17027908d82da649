/** JSON that GPU monitors print, once or in a loop: `gpustat --json` and `nvtop -s`. */
import { isRecord } from '../../../shared/base/json';
import type { Reading } from '../../../shared/base/vocabulary';
import type { FieldReadings } from '../imported-trace';
import type { JsonFormat } from '../protocol';
import { parseStamp } from '../stamps';

const MiB = 2 ** 20;
/** gpustat's names are those of nvidia-smi; memory is in MiB, which it calls MB. */
const GPUSTAT: readonly (readonly [name: string, factor: number])[] = [
  ['memory.used', MiB],
  ['utilization.gpu', 1000],
  ['power.draw', 1000],
  ['temperature.gpu', 1000],
];

export const gpustat: JsonFormat = {
  kind: 'gpustat',
  recognizes: ({ text }) => /"query_time"\s*:/.test(text) && /"memory\.used"\s*:/.test(text),
  open(trace) {
    let stamp = null as ReturnType<typeof parseStamp>;
    return {
      item({ key, value }) {
        if (key === 'query_time' && typeof value === 'string')
          stamp = parseStamp(value.replace(/(\.\d{6})\d+/, '$1'));
        if (key === 'driver_version' && typeof value === 'string') trace.driver ??= value;
        if (key !== 'gpus' || !isRecord(value)) return;
        const { index, uuid, name } = value;
        const total = value['memory.total'];
        trace.row(
          {
            ...(typeof index === 'number' && { index }),
            ...(typeof uuid === 'string' && { uuid }),
            ...(typeof name === 'string' && { name }),
            ...(typeof total === 'number' && { memoryBytes: total * MiB }),
          },
          stamp,
          GPUSTAT.flatMap(([field, factor]): FieldReadings => {
            if (!(field in value)) return [];
            const told = value[field];
            return [[field, typeof told === 'number' ? ok(told * factor) : NOT_TOLD]];
          }),
        );
      },
      document() {
        stamp = null;
      },
      end() {},
    };
  },
};

const NVTOP: readonly (readonly [name: string, field: string, factor: number])[] = [
  ['mem_used', 'memory.used', 1],
  ['mem_free', 'memory.free', 1],
  ['gpu_util', 'utilization.gpu', 1000],
  ['power_draw', 'power.draw', 1000],
  ['temp', 'temperature.gpu', 1000],
];

/** Strings with units; memory in bytes without one. GPUs come in order, without a number. */
export const nvtop: JsonFormat = {
  kind: 'nvtop',
  recognizes: ({ text }) => /"device_name"\s*:/.test(text) && /"gpu_util"\s*:/.test(text),
  open(trace) {
    let index = 0;
    return {
      item({ value }) {
        if (!isRecord(value) || !('device_name' in value)) return;
        const total = parseNumber(value.mem_total);
        trace.row(
          {
            index: index++,
            name: typeof value.device_name === 'string' ? value.device_name : '',
            ...(total !== null && { memoryBytes: total }),
          },
          null,
          NVTOP.flatMap(([name, field, factor]): FieldReadings => {
            if (!(name in value)) return [];
            const told = parseNumber(value[name]);
            return [[field, told === null ? NOT_TOLD : ok(told * factor)]];
          }),
        );
      },
      document() {
        index = 0;
      },
      end() {},
    };
  },
};

const NOT_TOLD: Reading = { kind: 'absent', reason: 'not_supported' };
const ok = (value: number): Reading => ({ kind: 'ok', value: Math.round(value) });
function parseNumber(value: unknown): number | null {
  const found = /^\s*(\d+(?:\.\d+)?)/.exec(typeof value === 'string' ? value : '');
  return found ? Number(found[1]) : null;
}
