/** Cells, rows and tables of nvidia-smi's CSV, and the parsers beside it. Expected values are worked out by hand. */
import { describe, expect, test } from 'vitest';
import { findInvalidField, findSmiError } from '../../../../src/main/nvidia-smi-format/error-text';
import { parsePmon } from '../../../../src/main/nvidia-smi-format/pmon';
import {
  absentReason,
  CsvLineReader,
  namesGpu,
  parseComputeApps,
  parseQuantity,
  splitRow,
} from '../../../../src/main/nvidia-smi-format/query-csv';
import { attribute } from '../../../../src/main/telemetry/attribution';
import type { AbsentReason } from '../../../../src/shared/base/vocabulary';
import type { Unit } from '../../../../src/shared/trace/types';

const ok = (value: number) => ({ kind: 'ok', value });
const absent = (reason: AbsentReason) => ({ kind: 'absent', reason });

describe('a cell', () => {
  test.each<[string, Unit, number]>([
    ['1 MiB', 'bytes', 1_048_576],
    ['24564 MiB', 'bytes', 25_757_220_864],
    ['0 MiB', 'bytes', 0],
    ['98 %', 'millipercent', 98_000],
    ['100 %', 'millipercent', 100_000],
    ['11.17 W', 'milliwatts', 11_170],
    ['616.92', 'milliwatts', 616_920],
    ['38', 'millicelsius', 38_000],
    ['-4', 'millicelsius', -4_000],
    ['2520 MHz', 'hertz', 2_520_000_000],
    ['512', 'bytes', 536_870_912],
    ['3', 'count', 3],
    ['16x', 'count', 16],
    ['0x0000000000000020', 'count', 32],
  ])('%s becomes whole %s: %i', (cell, unit, value) => {
    expect(parseQuantity(cell, unit)).toEqual(ok(value));
  });

  test.each<[string, AbsentReason]>([
    ['[N/A]', 'not_supported'],
    ['N/A', 'not_supported'],
    ['[Not Supported]', 'not_supported'],
    ['Not Supported', 'not_supported'],
    ['[Function Not Found]', 'not_supported'],
    ['[Requested functionality has been deprecated]', 'not_supported'],
    ['Requested functionality has been deprecated', 'not_supported'],
    ['[GPU is lost]', 'lost'],
    ['[GPU requires reset]', 'lost'],
    ['[Insufficient Permissions]', 'not_permitted'],
    ['[Unknown Error]', 'not_read'],
    ['ERR!', 'not_read'],
    ['', 'not_read'],
    ['[A text of a driver to come]', 'not_read'],
  ])('"%s" is absent: %s', (cell, reason) => {
    expect(absentReason(cell)).toBe(reason);
    expect(parseQuantity(cell, 'bytes')).toEqual(absent(reason));
  });

  test.each<[string, Unit]>([
    ['-1 MiB', 'bytes'],
    ['101 %', 'millipercent'],
    ['12 W', 'bytes'],
    ['12 parsecs', 'bytes'],
    ['1e3 MiB', 'bytes'],
    ['0x12', 'bytes'],
    ['99999999999999 MiB', 'bytes'],
    ['NaN', 'milliwatts'],
  ])('"%s" is not taken for %s', (cell, unit) => {
    expect(parseQuantity(cell, unit)).toEqual(absent('not_read'));
  });

  test("without a unit takes the header's", () => {
    expect(parseQuantity('3', 'bytes', 'GiB')).toEqual(ok(3_221_225_472));
  });
});

describe('a row', () => {
  test('whose process name holds commas is read from both ends', () => {
    expect(
      splitRow('GPU-1, 77, python -c print(1, 2,  3), 512 MiB', [
        'gpu_uuid',
        'pid',
        'process_name',
        'used_gpu_memory',
      ]),
    ).toEqual(['GPU-1', '77', 'python -c print(1, 2,  3)', '512 MiB']);
  });

  test('with a surplus comma but no free text is no row', () => {
    expect(splitRow('0, 1, 2', ['index', 'memory.used'])).toBeNull();
  });

  test('and an error line among rows are told apart, and the header gives the units', () => {
    const fields = ['index', 'uuid', 'memory.used'];
    const reader = new CsvLineReader(fields, namesGpu);
    const kinds = [
      'index, uuid, memory.used [MiB]',
      'Unable to determine the device handle for GPU0: 0000:24:00.0: GPU is lost.  Reboot the system to recover this GPU',
      '1, GPU-5, 34',
      '',
      'one, two, three',
      '\0\0\0',
    ].map((line) => reader.read(line));
    expect(kinds.map(({ kind }) => kind)).toEqual([
      'header',
      'foreign',
      'row',
      'blank',
      'foreign',
      'blank',
    ]);
    const row = kinds[2]!;
    expect(
      row.kind === 'row' && [row.cells.get('memory.used'), row.units.get('memory.used')],
    ).toEqual(['34', 'MiB']);
  });
});

describe('--query-compute-apps', () => {
  test('hidden memory is hidden, not unsupported and not 0', () => {
    const { processes } = parseComputeApps(
      'gpu_uuid, pid, used_gpu_memory [MiB]\nGPU-a, 2140, [N/A]\nGPU-a, 7, 12 MiB\n\n',
    );
    expect(processes).toEqual([
      { gpuUuid: 'GPU-a', pid: 2140, memory: absent('hidden') },
      { gpuUuid: 'GPU-a', pid: 7, memory: ok(12_582_912) },
    ]);
  });

  test('lines that are no rows come back as they were', () => {
    expect(parseComputeApps('Failed to initialize NVML: Unknown Error\n').foreign).toEqual([
      'Failed to initialize NVML: Unknown Error',
    ]);
  });
});

describe('pmon', () => {
  test('columns are found by the header, whatever the driver added', () => {
    const table =
      '# gpu         pid   type     fb   ccpm    command \n# Idx           #    C/G     MB     MB    name \n    0       2165   C+G     40      0    kwin_wayland   \n    1       2496     G      -      -    Xorg\n    2          -     -      -      -    -\n';
    expect(parsePmon(table)).toEqual([
      { gpuIndex: 0, pid: 2165, memory: ok(41_943_040) },
      { gpuIndex: 1, pid: 2496, memory: absent('hidden') },
    ]);
  });

  test('a text without the table is not an empty table', () => {
    expect(parsePmon('Not supported on the device(s)\n')).toBeNull();
  });
});

describe('attribution', () => {
  const gpu = (index: number) => ({
    index,
    uuid: `GPU-${index}`,
    name: 'Simulated',
    memoryBytes: null,
    driver: '1',
    cuda: null,
  });
  const row = (gpuIndex: number, pid: number, value: number) => ({
    gpuUuid: `GPU-${gpuIndex}`,
    pid,
    memory: { kind: 'ok' as const, value },
  });
  const input = {
    gpus: [gpu(0), gpu(1)],
    monitored: null,
    workloadPids: [10, 11],
    ownPids: [99],
    sharesPids: true,
  };

  test("the workload's processes are summed per GPU, everyone else's apart", () => {
    const compute = [row(0, 10, 100), row(0, 11, 20), row(0, 5, 7), row(1, 11, 3)];
    expect(attribute({ ...input, compute })).toEqual([
      { gpuIndex: 0, workload: ok(120), other: ok(7) },
      { gpuIndex: 1, workload: ok(3), other: ok(0) },
    ]);
  });

  test('a graphics process that pmon alone lists counts once', () => {
    const monitored = [
      { gpuIndex: 0, pid: 10, memory: ok(50) as { kind: 'ok'; value: number } },
      { gpuIndex: 0, pid: 5, memory: ok(8) as { kind: 'ok'; value: number } },
    ];
    expect(attribute({ ...input, compute: [row(0, 5, 7)], monitored })[0]).toEqual({
      gpuIndex: 0,
      workload: ok(50),
      other: ok(7),
    });
  });

  test("Plumbline's own processes are never the workload's", () => {
    expect(attribute({ ...input, workloadPids: [10, 99], compute: [row(0, 99, 4)] })[0]).toEqual({
      gpuIndex: 0,
      workload: ok(0),
      other: ok(4),
    });
  });

  test('a sum with a hidden part is hidden', () => {
    const compute = [
      row(0, 10, 100),
      { gpuUuid: 'GPU-0', pid: 11, memory: { kind: 'absent' as const, reason: 'hidden' as const } },
    ];
    expect(attribute({ ...input, compute })[0]).toEqual({
      gpuIndex: 0,
      workload: absent('hidden'),
      other: ok(0),
    });
  });

  test('where pids mean something else, an empty table does not say that the workload holds nothing', () => {
    expect(attribute({ ...input, compute: [], sharesPids: false })[0]).toEqual({
      gpuIndex: 0,
      workload: absent('hidden'),
      other: absent('hidden'),
    });
    expect(attribute({ ...input, compute: [row(0, 10, 100)], sharesPids: false })[0]).toEqual({
      gpuIndex: 0,
      workload: ok(100),
      other: absent('hidden'),
    });
  });
});

describe('error texts', () => {
  test.each<[string, AbsentReason]>([
    [
      'Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 570.124',
      'not_read',
    ],
    [
      "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.",
      'not_read',
    ],
    ['No devices were found', 'not_read'],
    ['No devices were found.', 'not_read'],
    ['Failed to initialize NVML: Insufficient Permissions', 'not_permitted'],
    [
      'Unable to determine the device handle for GPU0: 0000:24:00.0: GPU is lost.  Reboot the system to recover this GPU',
      'lost',
    ],
    ['Unable to determine the device handle for GPU 0000:0B:00.0: Unknown Error', 'not_read'],
  ])('%s', (text, reason) => {
    const error = findSmiError(`\n${text}\n`);
    expect(error?.reason).toBe(reason);
    expect(error?.remedy).toMatch(/\.$/);
  });

  test('an ordinary row is no error', () => {
    expect(findSmiError('0, GPU-1, 12 MiB, 3 %')).toBeNull();
  });

  test('a refused field is named', () => {
    expect(findInvalidField('Field "clocks.sm" is not a valid field to query.')).toBe('clocks.sm');
  });
});
