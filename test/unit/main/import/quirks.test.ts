/**
 * One scenario for each oddity that real captures of nvidia-smi have shown, across drivers 352 to 610, Linux, Windows,
 * WSL2, containers, MIG and machines whose GPU shares the host's memory. All data here is made up for it.
 */
import { describe, expect, test } from 'vitest';
import { MiB } from '../../../../src/shared/base/units';
import { count, gapsOf, readBytes, samples, valuesOf, warned } from '../../../support/traces';

const xmlOf = (
  gpus: string,
  top = '<driver_version>590.44.01</driver_version><cuda_version>13.1</cuda_version>',
) =>
  readBytes(
    `<?xml version="1.0" ?>\n<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v13.dtd">\n<nvidia_smi_log>\n${top}\n${gpus}\n</nvidia_smi_log>\n`,
  );
const gpuXml = (inner: string, bus = '00000000:01:00.0') =>
  `<gpu id="${bus}"><product_name>NVIDIA Example</product_name><uuid>GPU-${bus}</uuid>${inner}</gpu>`;
const memoryXml = (used: string, total = '24576 MiB') =>
  `<fb_memory_usage><total>${total}</total><reserved>450 MiB</reserved><used>${used}</used><free>1 MiB</free></fb_memory_usage>`;
const processesXml = (...memory: string[]) =>
  `<processes>\n${memory.map((used, i) => `<process_info><pid>${i + 1}</pid><type>C</type><process_name>p</process_name><used_memory>${used}</used_memory></process_info>`).join('\n')}\n</processes>`;
const tableOf = (rows: string, { smi = '580.10.05', driver = '580.10.05', processes = '' } = {}) =>
  readBytes(
    [
      'Fri Oct 10 22:00:06 2025',
      '+-----------------------------------------------------------------------------------------+',
      `| NVIDIA-SMI ${smi}              Driver Version: ${driver}      CUDA Version: 13.0     |`,
      '|-----------------------------------------+------------------------+----------------------+',
      rows,
      processes,
      '',
    ].join('\n'),
  );
const gpuRows = (
  state: string,
  title = '|   0  NVIDIA Example                 On  |   00000000:01:00.0 Off |                    0 |',
) => `${title}\n${state}`;

describe('logs', () => {
  test('one row every 7 ms, some with the stamp of the one before: all are kept and the interval is told', () => {
    const rows = Array.from(
      { length: 40 },
      (_, i) =>
        `2025/07/20 14:16:34.${String(100 + 7 * i - (i % 10 === 9 ? 7 : 0))}, ${i} %, ${50 + i}.00 W`,
    );
    const trace = readBytes(`timestamp, utilization.gpu [%], power.draw [W]\n${rows.join('\n')}\n`);
    expect(trace.samples).toBe(40);
    expect(valuesOf(trace, 'gpu0.power')).toHaveLength(40);
    expect(trace.series[0]!.info.intervalUs).toBe(7000);
  });

  test('seconds since 1970 and bare numbers, one row a minute', () => {
    const trace = readBytes(
      'timestamp,memory.used,memory.total,utilization.gpu\n1764189075,1,24576,0\n1764189135,10903,24576,96\n',
    );
    expect(trace).toMatchObject({ startedAt: '2025-11-26T20:31:15.000Z', durationUs: 60_000_000 });
    expect(samples(trace, 'gpu0.memory.used')).toEqual([
      [0, MiB],
      [60, 10_903 * MiB],
    ]);
    expect(trace.gpus[0]!.memoryBytes).toBe(24_576 * MiB);
  });

  test('ISO stamps with an offset; a column gpu that is always 1 beside an index that counts', () => {
    const rows = [0, 1, 2, 3].map((i) => `2025-09-08T11:26:50+02:00,1,${i},${4 + i},81559,74.0,33`);
    const trace = readBytes(
      `timestamp,gpu,index,memory.used,memory.total,power.draw,temperature.gpu\n${rows.join('\n')}\n`,
    );
    expect(trace.startedAt).toBe('2025-09-08T09:26:50.000Z');
    expect(trace.gpus.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    expect(valuesOf(trace, 'gpu3.memory.used')).toEqual([7 * MiB]);
  });

  test('GPUs of different sizes, known by their uuid alone', () => {
    const trace = readBytes(
      'uuid, memory.used [MiB], memory.total [MiB]\nGPU-a, 754 MiB, 8119 MiB\nGPU-b, 586 MiB, 4043 MiB\n',
    );
    expect(trace.gpus.map(({ uuid, memoryBytes }) => [uuid, memoryBytes! / MiB])).toEqual([
      ['GPU-a', 8119],
      ['GPU-b', 4043],
    ]);
  });

  test("a logger's header with CRLF: what may be occupancy or bandwidth is left out, the rest is read", () => {
    const trace = readBytes(
      'timestamp,gpu_name,gpu_util%,mem_util%,mem_used_MB,mem_total_MB,temp_C\r\n2025/10/28 11:25:36.562,NVIDIA Example,5,7,1067,46068,27\r\n',
    );
    expect(valuesOf(trace, 'gpu0.utilization')).toEqual([5000]);
    expect(valuesOf(trace, 'gpu0.memory.used')).toEqual([1067 * MiB]);
    expect(trace.series.some(({ info }) => info.id === 'gpu0.memory.utilization')).toBe(false);
    expect(warned(trace, /mem_util%/)).toBe(true);
  });

  test('eight GPUs without index or uuid, from the middle of a round, a millisecond apart: the last of the first round are the last GPUs', () => {
    const row = (stamp: string, degrees: number) =>
      `2026/01/06 15:13:${stamp}, NVIDIA Example, 0 %, 0 %, 2 MiB, 32607 MiB, ${degrees}`;
    const rows = [
      row('03.389', 26),
      row('03.390', 27),
      ...Array.from({ length: 8 }, (_, i) => row(`04.39${i > 4 ? 1 : 0}`, 20 + i)),
    ];
    const trace = readBytes(`${rows.join('\n')}\n`);
    expect(trace.gpus).toHaveLength(8);
    expect(trace.warnings.join(' ')).toMatch(/8 rows share each moment/);
    expect(valuesOf(trace, 'gpu6.memory.used')).toHaveLength(2);
    expect(valuesOf(trace, 'gpu0.memory.used')).toHaveLength(1);
  });

  test('link, ECC and throttling are counts, whatever the driver calls and writes them', () => {
    const log = (reasons: string) =>
      readBytes(
        `pcie.link.gen.current, pcie.link.width.current, ecc.errors.uncorrected.volatile.total, ${reasons}\n3, 16, 2, 0x0000000000000004\n`,
      );
    for (const trace of [
      log('clocks_throttle_reasons.active'),
      log('clocks_event_reasons.active'),
    ]) {
      expect(
        ['pcie.generation', 'pcie.width', 'ecc.uncorrected', 'throttle'].map(
          (metric) => valuesOf(trace, `gpu0.${metric}`)[0],
        ),
      ).toEqual([3, 16, 2, 4]);
    }
  });

  test('a file in which the clock falls back from summer time goes on in order', () => {
    const stamps = ['02:59:58', '02:59:59', '02:00:00', '02:00:01'];
    const trace = readBytes(
      `timestamp, memory.used [MiB]\n${stamps.map((stamp, i) => `2025/10/26 ${stamp}.000, ${i} MiB`).join('\n')}\n`,
    );
    expect(samples(trace, 'gpu0.memory.used')).toEqual([
      [0, 0],
      [1, MiB],
      [2, 2 * MiB],
      [3, 3 * MiB],
    ]);
    expect(warned(trace, /falls back by an hour/)).toBe(true);
  });

  test('semicolons with commas in the numbers', () => {
    const trace = readBytes(
      'timestamp;index;memory.used [MiB];power.draw [W]\n2025-01-01 00:00:00,250;0;12 MiB;31,50 W\n2025-01-01 00:00:00,750;0;13 MiB;32,25 W\n',
    );
    expect(samples(trace, 'gpu0.power')).toEqual([
      [0, 31_500],
      [0.5, 32_250],
    ]);
  });
});

describe('words for absence', () => {
  test('older and newer drivers say it differently of the same cell', () => {
    for (const word of [
      '[N/A]',
      'N/A',
      '[Not Supported]',
      '[Requested functionality has been deprecated]',
      '[Function Not Found]',
    ]) {
      expect([
        word,
        count(readBytes(`memory.used [MiB], fan.speed [%]\n5 MiB, ${word}\n`)),
      ]).toEqual([word, { not_supported: 1 }]);
    }
    expect(count(readBytes('[Unknown Error]\n'))).toEqual({ not_read: 1 });
  });

  test('a wide query: cells of columns that feed no series are counted too, an empty one as not read', () => {
    const trace = readBytes(
      'uuid, name, driver_version, serial, ecc.errors.corrected.volatile.dram, some.new.column_of_2030, memory.used [MiB], platform.slot_number\nGPU-a, NVIDIA Example, 610.62, [N/A], N/A, [Function Not Found], 575 MiB, \n',
    );
    expect(trace).toMatchObject({ driver: '610.62', samples: 1 });
    expect(count(trace)).toEqual({ not_supported: 3, not_read: 1 });
    expect(valuesOf(trace, 'gpu0.memory.used')).toEqual([575 * MiB]);
  });

  test('a GPU that is lost prints a sentence, and the rows of the others go on', () => {
    const trace = readBytes(
      'Unable to determine the device handle for GPU0: 0000:24:00.0: GPU is lost.  Reboot the system to recover this GPU\n1, NVIDIA Example, 300.00 W, 300.00 W, 34.61 W\n',
    );
    expect(trace).toMatchObject({ kind: 'csv', samples: 1, gpus: [{ index: 1 }] });
    expect(count(trace)).toEqual({ lost: 1 });
  });

  test('a GPU lost in the middle of a log has a gap from then on, whether its cells say so or a sentence in their place', () => {
    const rows = (seconds: number, ...cells: string[]) =>
      cells.map((cell, i) => `2025/01/01 00:00:0${seconds}.00${i}, ${cell}`).join('\n');
    const header = 'timestamp, index, uuid, memory.used [MiB]';
    const cells = readBytes(
      [
        header,
        rows(0, '0, GPU-a, 10 MiB', '1, GPU-b, 20 MiB'),
        rows(1, '[GPU is lost], [GPU is lost], [GPU is lost]', '1, GPU-b, 21 MiB'),
        rows(2, '[GPU is lost], [GPU is lost], [GPU is lost]', '1, GPU-b, 22 MiB'),
        '',
      ].join('\n'),
    );
    expect(cells.gpus.map(({ index }) => index)).toEqual([0, 1]);
    expect([valuesOf(cells, 'gpu0.memory.used'), valuesOf(cells, 'gpu1.memory.used')]).toEqual([
      [10 * MiB],
      [20 * MiB, 21 * MiB, 22 * MiB],
    ]);
    expect(gapsOf(cells, 'gpu0.memory.used')).toEqual([[1, 2.001, 'lost']]);
    expect(count(cells)).toEqual({ lost: 6 });
    const sentence =
      'Unable to determine the device handle for GPU0: 0000:24:00.0: GPU is lost.  Reboot the system to recover this GPU';
    const said = readBytes(
      [
        header,
        rows(0, '0, GPU-a, 10 MiB', '1, GPU-b, 20 MiB'),
        sentence,
        rows(1, '1, GPU-b, 21 MiB'),
        sentence,
        rows(2, '1, GPU-b, 22 MiB'),
        '',
      ].join('\n'),
    );
    expect(gapsOf(said, 'gpu0.memory.used')).toEqual([[0.001, 2, 'lost']]);
    expect([said.samples, count(said)]).toEqual([4, { lost: 2 }]);
  });

  test.each([
    [
      "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.",
      'not_read',
      /Install the NVIDIA driver/,
    ],
    [
      'Failed to initialize NVML: Driver/library version mismatch',
      'not_read',
      /restart the machine/,
    ],
    [
      'Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 570.124',
      'not_read',
      /restart the machine/,
    ],
    [
      'Failed to initialize NVML: Insufficient Permissions',
      'not_permitted',
      /user who may read the GPU/,
    ],
    ['Failed to initialize NVML: Unknown Error', 'not_read', /restart the container/],
    ['No devices were found', 'not_read', /seated/],
    [
      'Unable to determine the device handle for GPU 0000:0B:00.0: Unknown Error',
      'not_read',
      /Xid/,
    ],
  ])('%s', (text, reason, remedy) => {
    const trace = readBytes(`${text}\n`);
    expect(trace).toMatchObject({
      kind: 'error',
      samples: 0,
      error: text.split('\n')[0]!.replace(/\.$/, ''),
    });
    expect(count(trace)).toEqual({ [reason]: 1 });
    expect(warned(trace, remedy)).toBe(true);
  });
});

describe('XML', () => {
  test('drivers before and after 530 name power otherwise; a device without an average has the instant', () => {
    const power = (inner: string) => xmlOf(gpuXml(memoryXml('7 MiB') + inner));
    expect(
      valuesOf(
        power('<power_readings><power_draw>17.95 W</power_draw></power_readings>'),
        'gpu0.power',
      ),
    ).toEqual([17_950]);
    const both = power(
      '<gpu_power_readings><average_power_draw>35.06 W</average_power_draw><instant_power_draw>35.15 W</instant_power_draw></gpu_power_readings>',
    );
    expect([valuesOf(both, 'gpu0.power'), valuesOf(both, 'gpu0.power.instant')]).toEqual([
      [35_060],
      [35_150],
    ]);
    const noAverage = power(
      '<gpu_power_readings><average_power_draw>N/A</average_power_draw><instant_power_draw>9.23 W</instant_power_draw></gpu_power_readings>',
    );
    expect(valuesOf(noAverage, 'gpu0.power')).toEqual([9230]);
    expect(count(noAverage)).toEqual({ not_supported: 1 });
  });

  test('since driver 510 what the driver reserves is told apart and is not in use', () => {
    const trace = xmlOf(gpuXml(memoryXml('7 MiB')));
    expect([valuesOf(trace, 'gpu0.memory.used'), valuesOf(trace, 'gpu0.memory.reserved')]).toEqual([
      [7 * MiB],
      [450 * MiB],
    ]);
  });

  test('processes of both kinds are added up; under WDDM their memory is hidden, not 0', () => {
    expect(
      valuesOf(
        xmlOf(gpuXml(memoryXml('22437 MiB') + processesXml('22148 MiB', '266 MiB'))),
        'gpu0.process.memory',
      ),
    ).toEqual([22_414 * MiB]);
    const wddm = xmlOf(gpuXml(memoryXml('276 MiB') + processesXml('N/A', 'N/A', 'N/A')));
    expect(valuesOf(wddm, 'gpu0.process.memory')).toEqual([]);
    expect(valuesOf(wddm, 'gpu0.process.count')).toEqual([3]);
    expect(count(wddm)).toEqual({ hidden: 3 });
  });

  test('a busy GPU that lists no process hides them, as a container does; an idle one has none', () => {
    const busy = xmlOf(
      gpuXml(
        `${memoryXml('9184 MiB')}<utilization><gpu_util>65 %</gpu_util></utilization>${processesXml()}`,
      ),
    );
    expect(gapsOf(busy, 'gpu0.process.memory')).toEqual([[0, 0, 'hidden']]);
    expect(count(busy)).toEqual({ hidden: 1 });
    expect(warned(busy, /--pid=host/)).toBe(true);
    const idle = xmlOf(gpuXml(memoryXml('7 MiB') + processesXml()));
    expect([valuesOf(idle, 'gpu0.process.memory'), count(idle)]).toEqual([[0], {}]);
  });

  test('the link in lanes, as XML writes it', () => {
    const trace = xmlOf(
      gpuXml(
        '<pci><pci_gpu_link_info><pcie_gen><max_link_gen>4</max_link_gen><current_link_gen>1</current_link_gen></pcie_gen><link_widths><current_link_width>16x</current_link_width></link_widths></pci_gpu_link_info></pci>',
      ),
    );
    expect([valuesOf(trace, 'gpu0.pcie.generation'), valuesOf(trace, 'gpu0.pcie.width')]).toEqual([
      [1],
      [16],
    ]);
  });

  test('65 GiB in use at no utilization are both true', () => {
    const trace = xmlOf(
      gpuXml(
        `${memoryXml('65720 MiB', '97887 MiB')}<utilization><gpu_util>0 %</gpu_util></utilization>`,
      ),
    );
    expect([valuesOf(trace, 'gpu0.memory.used'), valuesOf(trace, 'gpu0.utilization')]).toEqual([
      [65_720 * MiB],
      [0],
    ]);
  });

  test('elements out of the order of their addresses, and a CUDA version that was not found', () => {
    const trace = xmlOf(
      gpuXml(memoryXml('2 MiB'), '0000DB93:00:00.0') +
        gpuXml(memoryXml('1 MiB'), '00006B6C:00:00.0'),
      '<driver_version>430.26</driver_version><cuda_version>Not Found</cuda_version>',
    );
    expect(trace).toMatchObject({ driver: '430.26', cuda: null });
    expect([valuesOf(trace, 'gpu0.memory.used'), valuesOf(trace, 'gpu1.memory.used')]).toEqual([
      [MiB],
      [2 * MiB],
    ]);
    expect(count(trace)).toEqual({ not_read: 1 });
  });

  test('ECC that a GeForce does not have, and an old card without utilization or memory', () => {
    const trace = xmlOf(
      gpuXml(
        '<utilization><gpu_util>N/A</gpu_util><memory_util>N/A</memory_util></utilization><ecc_errors><volatile><single_bit><total>N/A</total></single_bit></volatile></ecc_errors>',
      ),
    );
    expect(count(trace)).toEqual({ not_supported: 3 });
    expect(trace.gpus[0]!.memoryBytes).toBeNull();
    expect(trace.series.every(({ values }) => values.length === 0)).toBe(true);
  });

  test('trimmed to one GPU, without header, stamp or document type', () => {
    const trace = readBytes(
      `<nvidia_smi_log>\n${gpuXml(memoryXml('42 MiB', '4096 MiB'))}\n</nvidia_smi_log>\n`,
    );
    expect(trace).toMatchObject({
      kind: 'xml',
      driver: null,
      cuda: null,
      startedAt: null,
      samples: 1,
    });
  });

  test('a piece cut out of a document still tells what was withheld', () => {
    const trace = readBytes(
      '   <process_name>Insufficient Permissions</process_name>\n   <used_memory>N/A</used_memory>\n  </process_info>\n  <process_info>\n   <pid>9396</pid>\n',
    );
    expect(trace).toMatchObject({ kind: 'xml', samples: 0 });
    expect(count(trace)).toEqual({ hidden: 1, not_permitted: 1 });
  });

  test('MIG: the GPU tells no utilization, each instance its own memory', () => {
    const instance = (index: number, used: string) =>
      `<mig_device><index>${index}</index><gpu_instance_id>${index + 2}</gpu_instance_id><fb_memory_usage><total>40448 MiB</total><used>${used}</used></fb_memory_usage></mig_device>`;
    const trace = xmlOf(
      gpuXml(
        `${memoryXml('11125 MiB', '81559 MiB')}<utilization><gpu_util>N/A</gpu_util></utilization><mig_devices>${instance(0, '11091 MiB')}${instance(1, '17 MiB')}</mig_devices>`,
      ),
    );
    expect([
      valuesOf(trace, 'gpu0.mig0.memory.used'),
      valuesOf(trace, 'gpu0.mig1.memory.used'),
      valuesOf(trace, 'gpu0.utilization'),
    ]).toEqual([[11_091 * MiB], [17 * MiB], []]);
    expect(trace.gpus).toHaveLength(1);
  });
});

describe('the table', () => {
  test('WSL2: the two versions differ, and a utilization it does not tell is hidden', () => {
    const state =
      '| N/A   48C    P8     3W /  N/A  |    161MiB /  8192MiB |     N/A      Default |';
    const wsl = tableOf(gpuRows(state), { smi: '470.57.02', driver: '510.06' });
    expect(wsl.driver).toBe('510.06');
    expect(gapsOf(wsl, 'gpu0.utilization')).toEqual([[0, 0, 'hidden']]);
    expect(count(wsl)).toEqual({ not_supported: 2, hidden: 1 });
    expect(gapsOf(tableOf(gpuRows(state)), 'gpu0.utilization')).toEqual([[0, 0, 'not_supported']]);
  });

  test('a fan that fails, and a compute mode of two words', () => {
    const trace = tableOf(
      gpuRows(
        '|ERR!   68C    P2             99W /  130W |       1MiB /  20475MiB |     93%   E. Process |',
        '|  14  NVIDIA Example Ada Gene...     On  |   00000000:CC:00.0 Off |                  Off |',
      ),
    );
    expect([
      valuesOf(trace, 'gpu14.fan'),
      valuesOf(trace, 'gpu14.utilization'),
      count(trace),
    ]).toEqual([[], [93_000], { not_read: 1 }]);
  });

  test('processes: of a desktop, with their memory, hidden under WDDM, and none', () => {
    const state =
      '| 30%   33C    P8              4W /  130W |    1500MiB /  20475MiB |      0%      Default |';
    const list = (...rows: string[]) =>
      [
        '| Processes:                                                                              |',
        '|  GPU   GI   CI              PID   Type   Process name                        GPU Memory |',
        '|=========================================================================================|',
        ...rows,
        `+${'-'.repeat(89)}+`,
      ].join('\n');
    const known = tableOf(gpuRows(state), {
      processes: list(
        '|    0   N/A  N/A            1234      C   ./burn two                           1272MiB |',
        '|    0   N/A  N/A            1235    C+G   /usr/bin/desktop                       96MiB |',
      ),
    });
    expect([valuesOf(known, 'gpu0.process.memory'), valuesOf(known, 'gpu0.process.count')]).toEqual(
      [[1368 * MiB], [2]],
    );
    const old = tableOf(gpuRows(state), {
      processes: list(
        '|    0      1234      C   python                                     300MiB |',
      ),
    });
    expect(valuesOf(old, 'gpu0.process.memory')).toEqual([300 * MiB]);
    const wddm = tableOf(gpuRows(state), {
      processes: list(
        '|    0   N/A  N/A            2056    C+G   C:\\Windows\\System32\\dwm.exe           N/A      |',
      ),
    });
    expect([valuesOf(wddm, 'gpu0.process.memory'), count(wddm)]).toEqual([[], { hidden: 1 }]);
    const none = tableOf(gpuRows(state), {
      processes: list(
        '|  No running processes found                                                             |',
      ),
    });
    expect([gapsOf(none, 'gpu0.process.memory'), count(none)]).toEqual([
      [[0, 0, 'hidden']],
      { hidden: 1 },
    ]);
    // Cut off within the list: nothing can be said of it.
    const cut = tableOf(gpuRows(state), {
      processes:
        '| Processes:                                                                              |',
    });
    expect([gapsOf(cut, 'gpu0.process.memory'), count(cut)]).toEqual([undefined, {}]);
  });

  test('MIG instances have lines of their own', () => {
    const state =
      '| N/A   52C    P0            432W /  700W |   11125MiB /  81559MiB |     N/A      Default |';
    const trace = tableOf(
      gpuRows(state) +
        [
          '',
          '| MIG devices:                                                                            |',
          '|  0    2   0   0  |           11091MiB / 40448MiB    | 60      0 |  3   0    3    0    3 |',
          '|                  |               0MiB / 24739MiB    |           |                       |',
          '|  0    3   0   1  |              17MiB / 20096MiB    | 32      0 |  2   0    2    0    2 |',
        ].join('\n'),
    );
    expect([
      valuesOf(trace, 'gpu0.mig0.memory.used'),
      valuesOf(trace, 'gpu0.mig1.memory.used'),
    ]).toEqual([[11_091 * MiB], [17 * MiB]]);
    expect(trace.samples).toBe(1);
  });
});

describe('-q text', () => {
  const q = (body: string, driver = '590.48.01', end = '\n') =>
    readBytes(
      `\n==============NVSMI LOG==============\n\nTimestamp                                              : Tue Jul 14 09:00:44 2026\nDriver Version                                         : ${driver}\nCUDA Version                                           : 13.1\n\nAttached GPUs                                          : 1\nGPU 00000000:00:09.0\n    Product Name                                       : NVIDIA Example\n${body}${end}`,
    );
  const memory = (used: number) =>
    `    FB Memory Usage\n        Total                                          : 8192 MiB\n        Used                                           : ${used} MiB`;

  test('processes: none, hidden under WDDM, and hidden altogether', () => {
    const wddm = q(
      `${memory(736)}\n    Processes\n        GPU instance ID                                : N/A\n        Process ID                                     : 2056\n            Type                                       : C+G\n            Name                                       : C:\\Windows\\System32\\dwm.exe\n            Used GPU Memory                            : Not available in WDDM driver model`,
    );
    expect([gapsOf(wddm, 'gpu0.process.memory'), count(wddm)]).toEqual([
      [[0, 0, 'hidden']],
      { hidden: 1 },
    ]);
    expect(
      count(q(`${memory(4)}\n    Processes                                          : None`)),
    ).toEqual({});
    expect(
      count(q(`${memory(6730)}\n    Processes                                          : None`)),
    ).toEqual({ hidden: 1 });
  });

  test('MIG instances, and versions that a driver says will be renamed', () => {
    const trace = q(
      `    MIG Device\n        Index                                          : 0\n        GPU Instance ID                                : 2\n        Shared FB Memory Usage\n            Total                                      : 40448 MiB\n            Used                                       : 26 MiB\n    MIG Device\n        Index                                          : 1\n        Shared FB Memory Usage\n            Used                                       : 17 MiB\n${memory(59)}\n    Utilization\n        GPU                                            : N/A`,
      '610.62 [Deprecated; will be removed in CUDA 14.0. Use KMD Version instead]',
    );
    expect([
      valuesOf(trace, 'gpu0.mig0.memory.used'),
      valuesOf(trace, 'gpu0.mig1.memory.used'),
      valuesOf(trace, 'gpu0.memory.used'),
    ]).toEqual([[26 * MiB], [17 * MiB], [59 * MiB]]);
    expect(trace).toMatchObject({ driver: '610.62', samples: 1 });
    expect(count(trace)).toEqual({ not_supported: 1 });
  });

  test('a list of processes that is cut off is neither empty nor a sum', () => {
    const list = `${memory(6730)}\n    Processes\n        Process ID                                     : 2056\n            Used GPU Memory                            : `;
    const cut = (tail: string) =>
      q(list + tail, '590.48.01', '')
        .series.filter(({ info }) => info.metric.startsWith('process.'))
        .map(({ values, gaps }) => [...values, ...gaps.map(({ reason }) => reason)]);
    expect(cut('65')).toEqual([]);
    expect(cut('6500 MiB')).toEqual([[1], [6500 * MiB]]);
  });

  test('power as driver 570 names it', () => {
    const trace = q(
      `${memory(5)}\n    GPU Power Readings\n        Average Power Draw                             : N/A\n        Instantaneous Power Draw                       : 38.92 W`,
    );
    expect([valuesOf(trace, 'gpu0.power'), valuesOf(trace, 'gpu0.power.instant')]).toEqual([
      [38_920],
      [38_920],
    ]);
  });
});

describe('a GPU that shares the memory of the host', () => {
  test('tells no memory of its own, and nothing is put in its place', () => {
    const trace = readBytes(
      'memory.total [MiB], memory.used [MiB], memory.free [MiB], utilization.gpu [%], power.draw [W], temperature.gpu\n[N/A], [N/A], [N/A], 0 %, 11.17 W, 35\n',
    );
    expect([
      valuesOf(trace, 'gpu0.memory.used'),
      valuesOf(trace, 'gpu0.power'),
      count(trace),
    ]).toEqual([[], [11_170], { not_supported: 3 }]);
    expect(trace.gpus[0]!.memoryBytes).toBeNull();
  });

  test('tells that of its processes, without a header too', () => {
    expect(
      valuesOf(readBytes('GPU-..., 114687, /usr/local/bin/python, 19135\n'), 'gpu0.process.memory'),
    ).toEqual([19_135 * MiB]);
  });
});

describe('dmon and pmon', () => {
  test('columns that a driver or -s adds are found by their header', () => {
    const wide = readBytes(
      '# gpu    pwr  gtemp  mtemp     sm    mem    enc    dec    jpg    ofa   mclk   pclk     fb   bar1   ccpm  sbecc  dbecc    pci  rxpci  txpci \n# Idx      W      C      C      %      %      %      %      %      %    MHz    MHz     MB     MB     MB   errs   errs   errs   MB/s   MB/s \n    0    294     81      -     98     57      0      0      0      0  13365   1897  90538      4      0      -      -      0  21846   6849 \n',
    );
    expect([
      valuesOf(wide, 'gpu0.memory.used'),
      valuesOf(wide, 'gpu0.clock.sm'),
      count(wide),
    ]).toEqual([[90_538 * MiB], [1_897e6], { not_supported: 3 }]);
    const memoryFirst = readBytes(
      '#Date       Time        gpu     fb   bar1   ccpm     sm    mem\n#YYYYMMDD   HH:MM:SS    Idx     MB     MB     MB      %      %\n 20240104   13:54:35      0    239      3      0      6      1\n',
    );
    expect([
      valuesOf(memoryFirst, 'gpu0.memory.used'),
      valuesOf(memoryFirst, 'gpu0.utilization'),
    ]).toEqual([[239 * MiB], [6000]]);
    const old = readBytes(
      '# gpu   pwr  temp    sm   mem   enc   dec  mclk  pclk\n# Idx     W     C     %     %     %     %   MHz   MHz\n    0    43    48     1     2     0     0  3505   936\n',
    );
    expect([valuesOf(old, 'gpu0.temperature'), valuesOf(old, 'gpu0.power')]).toEqual([
      [48_000],
      [43_000],
    ]);
  });

  test('with the time alone, distances are right past midnight and the start is not invented', () => {
    const trace = readBytes(
      '#Time        gpu     sm     fb\n#HH:MM:SS    Idx      %     MB\n 23:59:59      0     17   2287\n 00:00:01      0     15   2290\n',
    );
    expect(samples(trace, 'gpu0.memory.used')).toEqual([
      [0, 2287 * MiB],
      [2, 2290 * MiB],
    ]);
    expect(trace.startedAt).toBeNull();
    expect(warned(trace, /without the date/)).toBe(true);
  });

  test('PCIe traffic: rxpci and txpci of dmon in MB a second, KB of -q, and how long it was counted for', () => {
    const trace = readBytes(
      '# gpu  rxpci  txpci\n# Idx   MB/s   MB/s\n    0  21846   6849\n    0      -      0\n',
    );
    expect([valuesOf(trace, 'gpu0.pcie.rx'), valuesOf(trace, 'gpu0.pcie.tx')]).toEqual([
      [21_846_000_000],
      [6_849_000_000, 0],
    ]);
    expect(count(trace)).toEqual({ not_supported: 1 });
    for (const { info } of trace.series)
      expect(info).toMatchObject({
        unit: 'bytes_per_second',
        windowUs: 20_000,
        intervalUs: 1_000_000,
      });
    const xml = xmlOf(gpuXml('<pci><tx_util>11000 KB/s</tx_util><rx_util>N/A</rx_util></pci>'));
    expect([valuesOf(xml, 'gpu0.pcie.tx'), valuesOf(xml, 'gpu0.pcie.rx')]).toEqual([
      [11_000_000],
      [],
    ]);
    const text = readBytes(
      '==============NVSMI LOG==============\n\nDriver Version                            : 545.23.08\n\nGPU 00000000:01:00.0\n    PCI\n        Tx Throughput                     : 3058000 KB/s\n        Rx Throughput                     : 310000 KB/s\n',
    );
    expect([valuesOf(text, 'gpu0.pcie.tx'), valuesOf(text, 'gpu0.pcie.rx')]).toEqual([
      [3_058_000_000],
      [310_000_000],
    ]);
  });

  test.each([
    [
      'gi and ci',
      'gi     ci',
      ['     -      -', '     2      0', '     9      0'],
      ['gi2.ci0', 'gi9.ci0'],
    ],
    ['mig', 'mig', ['     -', '     0', '     2'], ['mig0', 'mig2']],
  ])(
    "dmon with instances by %s: their rows are series of their own, and the GPU's are its alone",
    (_, words, [parent, first, second], [a, b]) => {
      const round = (mib: number) =>
        `    0 ${parent}    438      -   11125\n    0 ${first}      -     98   ${mib}\n    0 ${second}      -      3      17\n    1 ${parent}     70      4       5\n`;
      const trace = readBytes(
        `# gpu ${words}    pwr     sm      fb\n# Idx ${words}      W      %      MB\n${round(11_091)}${round(11_100)}`,
      );
      expect(trace).toMatchObject({ kind: 'dmon', samples: 4, durationUs: 1_000_000 });
      expect(samples(trace, `gpu0.${a}.memory.used`)).toEqual([
        [0, 11_091 * MiB],
        [1, 11_100 * MiB],
      ]);
      expect([
        valuesOf(trace, `gpu0.${a}.utilization`),
        valuesOf(trace, `gpu0.${b}.utilization`),
        valuesOf(trace, `gpu0.${b}.memory.used`),
      ]).toEqual([
        [98_000, 98_000],
        [3000, 3000],
        [17 * MiB, 17 * MiB],
      ]);
      expect([
        valuesOf(trace, 'gpu0.utilization'),
        valuesOf(trace, 'gpu0.memory.used'),
        valuesOf(trace, 'gpu0.power'),
      ]).toEqual([[], [11_125 * MiB, 11_125 * MiB], [438_000, 438_000]]);
      expect(valuesOf(trace, 'gpu1.utilization')).toEqual([4000, 4000]);
      expect(trace.series.map(({ info }) => info.id)).not.toContain(`gpu0.${a}.power`);
    },
  );

  test('pmon with instances: processes are counted with the instance they are on', () => {
    const trace = readBytes(
      '# gpu     gi     ci         pid   type     fb    command\n# Idx     ID     ID           #    C/G     MB    name\n    0      2      0      21180     C    2296    memhog\n    0      2      0      21181     C    1272    memhog\n    0      9      0      21180     C      17    probe\n    1      -      -          -     -       -    -\n    0      2      0      21180     C    3000    memhog\n',
    );
    expect([
      samples(trace, 'gpu0.gi2.ci0.process.memory'),
      samples(trace, 'gpu0.gi9.ci0.process.memory'),
    ]).toEqual([
      [
        [0, 3568 * MiB],
        [1, 3000 * MiB],
      ],
      [[0, 17 * MiB]],
    ]);
    expect(valuesOf(trace, 'gpu0.gi2.ci0.process.count')).toEqual([2, 1]);
    expect(trace.series.map(({ info }) => info.id)).not.toContain('gpu0.process.memory');
  });

  test('MIG: dmon dashes its utilization; pmon of a driver that tells no memory counts processes and no more', () => {
    const mig = readBytes(
      '# gpu    pwr  gtemp     sm    mem\n# Idx      W      C      %      %\n    0     70     42      -      -\n',
    );
    expect([valuesOf(mig, 'gpu0.utilization'), count(mig)]).toEqual([[], { not_supported: 2 }]);
    const pmon = readBytes(
      '# gpu         pid   type     sm    mem    enc    dec    jpg    ofa    command \n# Idx           #    C/G      %      %      %      %      %      %    name \n    0       2140   C+G      -      -      -      -      -      -    dwm.exe        \n    0      12940     C      7      3     99      -      -      -    NVIDIA Overlay.\n',
    );
    expect(valuesOf(pmon, 'gpu0.process.count')).toEqual([2]);
    expect(pmon.series.some(({ info }) => info.metric === 'process.memory')).toBe(false);
  });

  test('what a script prints first does not hide the table', () => {
    expect(
      readBytes(
        'starting on host a1\n# gpu    pwr     fb\n# Idx      W     MB\n    0     70    512\n',
      ),
    ).toMatchObject({ kind: 'dmon', samples: 1 });
  });
});

describe('transcripts', () => {
  const rule = '#'.repeat(80);
  const section = (title: string, command: string, answer: string) =>
    `${rule}\n# ${title}\n# $ nvidia-smi ${command}\n${rule}\n${answer}\n\n`;
  const device = (stamp: string, used: number, utilization: string) =>
    section(
      'query-gpu',
      '--query-gpu=timestamp,uuid,memory.used,utilization.gpu --format=csv',
      `timestamp, uuid, memory.used [MiB], utilization.gpu [%]\n2026/07/14 ${stamp}, GPU-a, ${used} MiB, ${utilization}`,
    );
  const apps = (stamp: string, memory: string) =>
    section(
      'query-compute-apps',
      '--query-compute-apps=timestamp,gpu_uuid,pid,process_name,used_gpu_memory --format=csv',
      `timestamp, gpu_uuid, pid, process_name, used_gpu_memory [MiB]\n2026/07/14 ${stamp}, GPU-a, 21180, C:\\Program Files\\a b\\c.exe, ${memory}`,
    );

  test('idle and under load: device, processes, and what WDDM hides; help in between is no trace', () => {
    const help = section(
      'help',
      '--help-query-gpu',
      'List of valid properties to query for the switch "--query-gpu=":\n"timestamp"\nThe timestamp.',
    );
    const linux = readBytes(
      help +
        device('09:00:27.792', 59, '[N/A]') +
        device('09:00:44.000', 11_125, '[N/A]') +
        apps('09:00:44.200', '7484 MiB'),
    );
    expect(linux).toMatchObject({ kind: 'csv', samples: 2, gpus: [{ uuid: 'GPU-a' }] });
    expect(valuesOf(linux, 'gpu0.process.memory')).toEqual([7484 * MiB]);
    expect(count(linux)).toEqual({ not_supported: 2 });
    // The interval of a series is that of its own rows.
    expect(linux.series.find(({ info }) => info.id === 'gpu0.memory.used')!.info.intervalUs).toBe(
      16_208_000,
    );
    expect(
      count(readBytes(device('09:00:27.792', 736, '100 %') + apps('09:00:28.000', '[N/A]'))),
    ).toEqual({ hidden: 1 });
  });

  test('MIG instances of -q belong to the GPU that the queries name by its index; GPUs with masked uuids stay apart', () => {
    const q = section(
      'query (-q)',
      '-q',
      'Timestamp                                 : Tue Jul 14 09:00:27 2026\nGPU 00000000:00:09.0\n    GPU UUID                              : GPU-0\n    MIG Device\n        Index                             : 1\n        Shared FB Memory Usage\n            Used                          : 17 MiB',
    );
    const query = section(
      'query-gpu',
      '--query-gpu=timestamp,index,uuid,memory.used --format=csv',
      'timestamp, index, uuid, memory.used [MiB]\n2026/07/14 09:00:27.792, 0, GPU-0, 59 MiB\n2026/07/14 09:00:27.793, 1, GPU-0, 60 MiB',
    );
    const trace = readBytes(q + query);
    expect([
      valuesOf(trace, 'gpu0.mig1.memory.used'),
      valuesOf(trace, 'gpu0.memory.used'),
      valuesOf(trace, 'gpu1.memory.used'),
    ]).toEqual([[17 * MiB], [59 * MiB], [60 * MiB]]);
    expect(trace.gpus).toHaveLength(2);
  });

  test('a utilization of 100 % at 0 MiB right after a load is kept as printed', () => {
    const trace = readBytes(device('09:00:27.792', 0, '100 %'));
    expect([valuesOf(trace, 'gpu0.utilization'), valuesOf(trace, 'gpu0.memory.used')]).toEqual([
      [100_000],
      [0],
    ]);
  });
});

describe('a file that ends in the middle', () => {
  const header = 'memory.used [MiB], utilization.gpu [%], index, timestamp\n';
  const row = (second: number) =>
    `${1000 + second} MiB, ${second} %, 0, 2026/01/01 10:00:0${second}.123`;

  test('of a CSV whose time stands last, a row with part of a time is left out and told', () => {
    const whole = `${header}${row(1)}\n${row(2)}\n${row(3)}`;
    for (let cut = 1; cut < 20; cut++) {
      const trace = readBytes(whole.slice(0, -cut));
      expect(valuesOf(trace, 'gpu0.memory.used')).toHaveLength(2);
      expect(warned(trace, /cut off/)).toBe(true);
    }
  });

  test('of a scrape, a number that may go on is left out and told', () => {
    const line = (used: string) => `DCGM_FI_DEV_FB_USED{gpu="0",UUID="GPU-0"} ${used}`;
    const trace = readBytes(`${line('1000')}\n${line('2000')}\n${line('300')}`);
    expect(valuesOf(trace, 'gpu0.memory.used')).toEqual([1000 * 2 ** 20, 2000 * 2 ** 20]);
    expect(warned(trace, /cut off/)).toBe(true);
  });
});
