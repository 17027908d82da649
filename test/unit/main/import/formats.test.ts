/** Every form of nvidia-smi output, from small files written for this: what is read is what the file says, and no more. */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readTrace } from '../../../../src/main/import';
import { MiB } from '../../../../src/shared/base/units';
import {
  attempt,
  count,
  fixtures,
  gapsOf,
  read,
  readBytes,
  samples,
  scratch,
  textOf,
  warned,
} from '../../../support/traces';

describe('CSV of --query-gpu', () => {
  test('two GPUs in one loop become two sets of series on one clock', () => {
    const trace = read('loop.csv');
    expect(trace).toMatchObject({ kind: 'csv', samples: 6, durationUs: 201_000 });
    expect(
      trace.gpus.map(({ index, uuid, memoryBytes }) => [index, uuid.slice(-1), memoryBytes]),
    ).toEqual([
      [0, '1', 24564 * MiB],
      [1, '2', 24564 * MiB],
    ]);
    expect(samples(trace, 'gpu0.memory.used')).toEqual([
      [0, 310 * MiB],
      [0.1, 2564 * MiB],
      [0.2, 12804 * MiB],
    ]);
    expect(samples(trace, 'gpu1.memory.used')).toEqual([
      [0.001, 5 * MiB],
      [0.102, 5 * MiB],
    ]);
    expect(samples(trace, 'gpu0.power').map(([, value]) => value)).toEqual([
      31_500, 288_250, 300_000,
    ]);
    expect(trace.series.find(({ info }) => info.id === 'gpu0.utilization')?.info).toMatchObject({
      unit: 'millipercent',
      intervalUs: 100_000,
    });
  });

  test('the first stamp is the start, as wall-clock time of this machine', () => {
    expect(new Date(read('loop.csv').startedAt!).getTime()).toBe(
      new Date(2025, 11, 10, 17, 40, 10, 592).getTime(),
    );
  });

  test('a GPU lost in the middle leaves a gap that says so, and no value', () => {
    const trace = read('loop.csv');
    expect(count(trace)).toEqual({ lost: 4 });
    expect(gapsOf(trace, 'gpu1.memory.used')).toEqual([[0.201, 0.201, 'lost']]);
  });

  test('every word for absence keeps its own reason', () => {
    const trace = read('absences.csv');
    expect(count(trace)).toEqual({
      not_supported: 3,
      hidden: 1,
      lost: 3,
      not_permitted: 2,
      not_read: 3,
    });
    expect(samples(trace, 'gpu0.memory.used').map(([, value]) => value / MiB)).toEqual([
      100, 300, 400,
    ]);
    expect(gapsOf(trace, 'gpu0.utilization')).toEqual([
      [0, 1, 'not_supported'],
      [1, 2, 'lost'],
      [2, 3, 'hidden'],
    ]);
    expect(gapsOf(trace, 'gpu0.power')).toEqual([
      [0, 2, 'not_permitted'],
      [2, 3, 'not_supported'],
    ]);
  });

  test('without a header columns are known by their shape, and free is told from total', () => {
    const trace = read('noheader.csv');
    expect(trace.series.map(({ info }) => info.id).sort()).toEqual([
      'gpu0.memory.free',
      'gpu0.memory.used',
      'gpu0.memory.utilization',
      'gpu0.power',
      'gpu0.temperature',
      'gpu0.utilization',
    ]);
    expect(samples(trace, 'gpu0.memory.used').map(([, value]) => value / MiB)).toEqual([
      2, 1541, 10293,
    ]);
    expect(trace.gpus[0]?.memoryBytes).toBeNull();
    expect(warned(trace, /no header.*4 as memory\.used.*5 as memory\.free/)).toBe(true);
  });

  test('a column that could be two things is left out and named in a warning', () => {
    const trace = read('unnamed.csv');
    expect(trace.series.map(({ info }) => info.metric).sort()).toEqual([
      'memory.utilization',
      'power',
      'utilization',
    ]);
    expect(warned(trace, /could not be named: 2, 3\./)).toBe(true);
  });

  test('--columns names what the shape cannot', () => {
    const trace = read('unnamed.csv', {
      columns: [
        'power.draw',
        'temperature.gpu',
        'fan.speed',
        'utilization.gpu',
        'utilization.memory',
      ],
    });
    expect(samples(trace, 'gpu0.temperature').map(([, value]) => value)).toEqual([
      34_000, 35_000, 46_000,
    ]);
    expect(samples(trace, 'gpu0.fan').at(-1)?.[1]).toBe(44_000);
  });

  test('without timestamps rows are a second apart and the warning says so; --interval says better', () => {
    expect(samples(read('unnamed.csv'), 'gpu0.utilization').map(([t]) => t)).toEqual([0, 1, 2]);
    expect(warned(read('unnamed.csv'), /no timestamps.*--interval/)).toBe(true);
    const known = read('unnamed.csv', { intervalMs: 250 });
    expect(samples(known, 'gpu0.utilization').map(([t]) => t)).toEqual([0, 0.25, 0.5]);
    expect(warned(known, /no timestamps/)).toBe(false);
    expect(known.startedAt).toBeNull();
  });

  test('rows out of order are sorted with a warning, and equal stamps are both kept', () => {
    const trace = read('disorder.csv');
    expect(samples(trace, 'gpu0.memory.used').map(([t, value]) => [t, value / MiB])).toEqual([
      [0, 10],
      [1, 20],
      [2, 30],
      [2.000001, 31],
    ]);
    expect(warned(trace, /A row was out of order/)).toBe(true);
  });

  test('error sentences and foreign lines between rows do not cost a row, nor do commas in a name', () => {
    const trace = read('error-between.csv');
    expect(samples(trace, 'gpu1.memory.used').map(([, value]) => value / MiB)).toEqual([616, 620]);
    expect(trace.gpus).toMatchObject([{ index: 1, name: 'NVIDIA Example, 12GB edition' }]);
    expect(count(trace)).toEqual({ lost: 1 });
    expect(warned(trace, /GPU is lost/) && warned(trace, /XID 79/)).toBe(true);
  });

  test("a logger's own column names are read, and an ambiguous one is not", () => {
    const trace = read('logger.csv');
    expect(trace).toMatchObject({ startedAt: '2025-09-24T03:48:33.500Z', durationUs: 1_000_000 });
    expect(samples(trace, 'gpu0.memory.used')).toEqual([
      [0, 4000 * MiB],
      [1, 4100 * MiB],
    ]);
    expect(samples(trace, 'gpu0.temperature')[1]).toEqual([1, 39_000]);
    expect(trace.series.some(({ info }) => info.metric === 'memory.utilization')).toBe(false);
    expect(warned(trace, /mem_util%/)).toBe(true);
  });

  test('GPUs that no column tells apart are told apart by their place in the round', () => {
    const trace = read('unordered.csv');
    expect(trace.gpus).toHaveLength(2);
    expect(samples(trace, 'gpu0.temperature').map(([, value]) => value / 1000)).toEqual([
      41, 42, 43,
    ]);
    // The first round lacks its beginning, the last its end: they are the second GPU's and the first's. None is dropped.
    expect(samples(trace, 'gpu1.temperature').map(([, value]) => value / 1000)).toEqual([
      49, 47, 48,
    ]);
    expect(warned(trace, /1 rows of incomplete rounds/)).toBe(true);
  });

  test('memory in use beyond what the GPU has is not believed', () => {
    const trace = readBytes(
      'index, memory.total [MiB], memory.used [MiB]\n0, 8192 MiB, 100 MiB\n0, 8192 MiB, 9000 MiB\n',
    );
    expect(samples(trace, 'gpu0.memory.used')).toEqual([[0, 100 * MiB]]);
    expect(count(trace)).toEqual({ not_read: 1 });
  });

  test('of a transcript of several commands the device queries are read', () => {
    const trace = read('transcript.txt');
    expect(trace).toMatchObject({ kind: 'csv', driver: '590.48.01', samples: 2 });
    expect(samples(trace, 'gpu0.memory.used').map(([, value]) => value / MiB)).toEqual([10, 70010]);
  });

  test('what a script prints before the header, quotes, and a row number without a name do not hinder', () => {
    const trace = readBytes(
      'Starting the job on host a1\n"","timestamp","index","memory.used [MiB]"\n"0","2025/01/01 00:00:00.000","0","7 MiB"\n',
    );
    expect(samples(trace, 'gpu0.memory.used')).toEqual([[0, 7 * MiB]]);
    expect(warned(trace, /no header/)).toBe(false);
  });

  test('a row number counts no GPUs, unless its rows are of one moment', () => {
    const log = (stamp: (i: number) => string) =>
      readBytes(
        Array.from({ length: 6 }, (_, i) => `${stamp(i)}, ${i}, ${1000 + i} MiB, 5 %\n`).join(''),
      ).gpus.length;
    expect(log((i) => `2025/01/01 00:00:0${i}.000`)).toBe(1);
    expect(log(() => '2025/01/01 00:00:00.000')).toBe(6);
  });

  test('GPUs are known by uuid, by bus address in the order of addresses, and across rows by either', () => {
    const byUuid = readBytes('uuid, memory.used [MiB]\nGPU-b, 2 MiB\nGPU-a, 1 MiB\nGPU-b, 3 MiB\n');
    expect(samples(byUuid, 'gpu0.memory.used').map(([, value]) => value / MiB)).toEqual([2, 3]);
    const byBus = readBytes(
      'pci.bus_id, memory.used [MiB]\n00000000:81:00.0, 2 MiB\n00000000:09:00.0, 1 MiB\n',
    );
    expect(samples(byBus, 'gpu0.memory.used')).toEqual([[0, MiB]]);
  });
});

describe('how the bytes arrive', () => {
  const plain = textOf('loop.csv');
  const expected = samples(read('loop.csv'), 'gpu0.memory.used');
  const be = Buffer.from(`\ufeff${plain}`, 'utf16le').swap16();
  test.each([
    ['UTF-16LE with a mark', Buffer.from(`\ufeff${plain}`, 'utf16le')],
    ['UTF-16LE without one', Buffer.from(plain, 'utf16le')],
    ['UTF-16BE with a mark', be],
    ['UTF-8 with a mark', Buffer.from(`\ufeff${plain}`, 'utf8')],
    ['CRLF', Buffer.from(plain.replaceAll('\n', '\r\n'))],
    ['returns alone', Buffer.from(plain.replaceAll('\n', '\r'))],
    ['blank lines between', Buffer.from(plain.replaceAll('\n', '\n\n'))],
    ['semicolons', Buffer.from(plain.replaceAll(', ', ';'))],
    ['no newline at the end', Buffer.from(plain.trimEnd())],
  ])('%s reads alike', (_name, bytes) => {
    const trace = readBytes(bytes);
    expect(trace.kind).toBe('csv');
    expect(samples(trace, 'gpu0.memory.used')).toEqual(expected);
    expect(trace.samples).toBe(6);
  });

  test('zero bytes that a fallen machine left behind are passed over and told', () => {
    const trace = readBytes(Buffer.concat([Buffer.from(plain), Buffer.alloc(2533)]));
    expect(trace.samples).toBe(6);
    expect(warned(trace, /2533 zero bytes/)).toBe(true);
  });

  test.each([
    ['in the middle of the row', '2025/01/01 00:00:02.000, 0, 3'],
    [
      'in the middle of its last number, so that a value would be wrong',
      '2025/01/01 00:00:02.000, 0, 300 MiB, 12',
    ],
    ['before the unit', '2025/01/01 00:00:02.000, 0, 300 MiB, 12.5'],
  ])('a last row cut %s is dropped with a warning', (_name, tail) => {
    const head =
      'timestamp, index, memory.used [MiB], power.draw [W]\n2025/01/01 00:00:00.000, 0, 100 MiB, 120.00 W\n2025/01/01 00:00:01.000, 0, 200 MiB, 121.00 W\n';
    const trace = readBytes(head + tail);
    expect(samples(trace, 'gpu0.memory.used').map(([, value]) => value / MiB)).toEqual([100, 200]);
    expect(samples(trace, 'gpu0.power')).toHaveLength(2);
    expect(warned(trace, /last row is cut off/)).toBe(true);
  });

  test.each([
    ['an empty file', Buffer.alloc(0), /is empty/],
    ['zero bytes alone', Buffer.alloc(4096), /holds no text/],
    [
      'a picture',
      Buffer.from(
        '89504e470d0a1a0a0000000d49484452000001000000010008060000005c72a8660001fffe80818283',
        'hex',
      ),
      /not a text file/,
    ],
  ])('%s is refused with one sentence', (_name, bytes, pattern) => {
    expect(() => readBytes(bytes)).toThrow(pattern);
  });

  test('a folder and a missing file are refused with one sentence', () => {
    mkdirSync(join(scratch, 'folder.csv'));
    expect(() => readTrace(join(scratch, 'folder.csv'))).toThrow(/is not a file/);
    expect(() => readTrace(join(scratch, 'nothing.csv'))).toThrow(/There is no file/);
  });

  test.each([
    ['prose', 'Dear reader, this is a letter.\nIt speaks of many things, GPUs among them.\n'],
    ['another table', 'city,population\nParis,2100000\nRome,2800000\n'],
    [
      'JSON that speaks of a log',
      '{\n "files": [\n  {\n   "kind": "log",\n   "first_line": "timestamp, index, memory.used [MiB], utilization.gpu [%]"\n  }\n ]\n}\n',
    ],
    ['a list in JSON', '[\n "index, memory.used [MiB]"\n]\n'],
    ['a web page', '<html>\n<body>nvidia</body></html>\n'],
  ])('%s is refused with one sentence', (_name, text) => {
    expect(() => readBytes(text)).toThrow(/^made-\d+\.csv is no file that Plumbline knows\.$/);
  });

  test('what nvidia-smi prints that holds no reading is recognized and has none', () => {
    expect(
      readBytes(
        'List of valid properties to query for the switch "--query-gpu=":\n\n"timestamp"\nThe timestamp of when the query was made.\n',
      ),
    ).toMatchObject({ kind: 'help', samples: 0, gpus: [] });
    const list = readBytes(
      'GPU 0: NVIDIA Example (UUID: GPU-1)\n  MIG 1g.10gb     Device  0: (UUID: MIG-2)\nGPU 1: NVIDIA Other (UUID: GPU-3)\n',
    );
    expect(list).toMatchObject({
      kind: 'list',
      samples: 0,
      gpus: [
        { index: 0, name: 'NVIDIA Example', uuid: 'GPU-1' },
        { index: 1, uuid: 'GPU-3' },
      ],
    });
  });
});

describe('whatever is wrong with a file', () => {
  test.each([
    'loop.csv',
    'absences.csv',
    'noheader.csv',
    'apps.csv',
    'dmon.txt',
    'pmon.txt',
    'table.txt',
    'loop.xml',
    'query.txt',
    'transcript.txt',
  ])(
    '%s cut anywhere reads without a fault, and never tells a value the whole file does not',
    (name) => {
      const bytes = readFileSync(join(fixtures, name));
      const whole = new Map(
        read(name).series.map(({ info, values }) => [info.id, new Set(values)]),
      );
      const known = new Set([...whole.values()].flatMap((values) => [...values]));
      for (let length = 40; length < bytes.length; length += 13) {
        const cut = attempt(bytes.subarray(0, length));
        if (cut === null) continue;
        // A sum over processes, and how many there are, is smaller where some of them are missing.
        const own = cut.series.filter(({ info }) => !info.metric.startsWith('process.'));
        const invented = own.flatMap(({ values }) =>
          [...values].filter((value) => !known.has(value)),
        );
        expect([length, invented]).toEqual([length, []]);
      }
    },
  );

  test('damaged at random (seeded), every fixture is an answer or a failure, never a fault, and the answer is possible', () => {
    let seed = 1;
    const random = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    const foreign = [
      '\0\0\0',
      ',',
      ';',
      '|',
      '#',
      '<',
      '[N/A]',
      '\r\n',
      '<nvidia_smi_log>',
      '</nvidia_smi_log>',
      '# gpu pid\n',
      '9'.repeat(400),
      '1e999',
      ' : ',
      'GPU 0000:01:00.0',
      'GPU is lost',
    ];
    const damages: readonly ((bytes: Buffer) => Buffer)[] = [
      (bytes) => bytes.subarray(0, random(bytes.length)),
      (bytes) => {
        const changed = Buffer.from(bytes);
        for (let i = 0; i < 20; i++) changed[random(changed.length)] = random(256);
        return changed;
      },
      (bytes) => {
        const at = random(bytes.length);
        return Buffer.concat([
          bytes.subarray(0, at),
          Buffer.from(foreign[random(foreign.length)]!),
          bytes.subarray(at + random(20)),
        ]);
      },
      (bytes) => {
        const lines = bytes.toString('latin1').split('\n');
        for (let i = 0; i < 4; i++) lines.push(...lines.splice(random(lines.length), 1));
        return Buffer.from(lines.join('\n'), 'latin1');
      },
    ];
    for (const name of readdirSync(fixtures)) {
      for (let round = 0; round < 24; round++) {
        const trace = attempt(damages[round % damages.length]!(readFileSync(join(fixtures, name))));
        for (const { info, times, values, gaps } of trace?.series ?? []) {
          const possible = values.every(
            (value) => Number.isSafeInteger(value) && (value >= 0 || info.unit === 'millicelsius'),
          );
          const rising = times.every(
            (t, i) => Number.isSafeInteger(t) && t >= 0 && (i === 0 || t > times[i - 1]!),
          );
          expect([
            name,
            round,
            info.id,
            possible,
            rising,
            gaps.every(({ t0, t1 }) => 0 <= t0 && t0 <= t1),
          ]).toEqual([name, round, info.id, true, true, true]);
        }
      }
    }
  });
});

describe('the other forms', () => {
  test('XML: documents of a loop are samples, GPUs are numbered by address, a cut document is told', () => {
    const trace = read('loop.xml');
    expect(trace).toMatchObject({
      kind: 'xml',
      driver: '590.44.01',
      cuda: '13.1',
      samples: 3,
      durationUs: 2_000_000,
    });
    expect(trace.gpus.map(({ index, name }) => [index, name])).toEqual([
      [0, 'NVIDIA First & foremost'],
      [1, 'NVIDIA Second'],
    ]);
    expect(samples(trace, 'gpu0.memory.used')).toEqual([
      [0, 1000 * MiB],
      [2, 1500 * MiB],
    ]);
    expect(samples(trace, 'gpu0.power')).toEqual([[0, 6410]]);
    expect(count(trace)).toEqual({ not_supported: 1 });
    expect(warned(trace, /1 XML documents .*cut off/)).toBe(true);
  });

  test("XML: entities of a document's own are not expanded, and a tag named as a prototype does no harm", () => {
    const entity = readBytes(
      '<!DOCTYPE nvidia_smi_log [ <!ENTITY v "999 MiB"> ]>\n<nvidia_smi_log><gpu id="0:1:0.0"><fb_memory_usage><used>&v;</used></fb_memory_usage></gpu></nvidia_smi_log>\n',
    );
    expect(entity.series.flatMap(({ values }) => [...values])).toEqual([]);
    const proto = readBytes(
      '<nvidia_smi_log><__proto__><polluted>yes</polluted></__proto__></nvidia_smi_log>\n',
    );
    expect(proto).toMatchObject({ kind: 'xml', samples: 0 });
    expect('polluted' in {}).toBe(false);
  });

  test('XML: where the device tells no memory, that of its processes is added up, unless one is hidden', () => {
    const log = (...memory: string[]) =>
      readBytes(
        `<nvidia_smi_log><gpu id="0000000F:01:00.0"><fb_memory_usage><total>N/A</total><used>N/A</used></fb_memory_usage><processes>${memory.map((used) => `<process_info><pid>1</pid><used_memory>${used}</used_memory></process_info>`).join('')}</processes></gpu></nvidia_smi_log>\n`,
      );
    expect(samples(log('19135 MiB', '100 MiB'), 'gpu0.process.memory')).toEqual([[0, 19235 * MiB]]);
    expect(samples(log('19135 MiB', 'N/A'), 'gpu0.process.memory')).toEqual([]);
    // Both memory figures of the device, and one process.
    expect(count(log('19135 MiB', 'N/A'))).toEqual({ not_supported: 2, hidden: 1 });
  });

  test("-q text: only the block's own figures are taken, not limits, BAR1 or a process", () => {
    const trace = read('query.txt');
    expect(trace).toMatchObject({
      kind: 'query-text',
      driver: '535.129.03',
      cuda: '12.2',
      samples: 2,
      durationUs: 2_000_000,
    });
    expect(trace.gpus).toMatchObject([
      { name: 'NVIDIA Example', uuid: 'GPU-7', memoryBytes: 23028 * MiB },
    ]);
    expect(samples(trace, 'gpu0.memory.used')).toEqual([
      [0, 4 * MiB],
      [2, 20 * MiB],
    ]);
    expect(samples(trace, 'gpu0.temperature')).toEqual([[0, 41_000]]);
    expect(samples(trace, 'gpu0.power')).toEqual([[0, 16_500]]);
    expect(samples(trace, 'gpu0.clock.sm')).toEqual([[0, 210e6]]);
  });

  test('dmon: dated rows, a header that comes again, dashes as absent', () => {
    const trace = read('dmon.txt');
    expect(trace).toMatchObject({ kind: 'dmon', samples: 3, durationUs: 2_000_000 });
    expect(samples(trace, 'gpu0.memory.used')).toEqual([
      [0, 4096 * MiB],
      [1, 20480 * MiB],
      [2, 20480 * MiB],
    ]);
    expect(samples(trace, 'gpu0.utilization')).toEqual([
      [0, 10_000],
      [1, 99_000],
    ]);
    expect(count(trace)).toEqual({ not_supported: 5 });
  });

  test('pmon: processes of a round are added up, and a hidden one hides the sum', () => {
    const trace = read('pmon.txt');
    expect(trace).toMatchObject({ kind: 'pmon', samples: 4 });
    expect(samples(trace, 'gpu0.process.memory')).toEqual([[0, 1536 * MiB]]);
    expect(samples(trace, 'gpu0.process.count').map(([, value]) => value)).toEqual([2, 2]);
    expect(samples(trace, 'gpu1.process.count').map(([, value]) => value)).toEqual([0, 0]);
    expect(count(trace)).toEqual({ hidden: 1 });
  });

  test('the table: both lines of each GPU, with what it does not support', () => {
    const trace = read('table.txt');
    expect(trace).toMatchObject({ kind: 'table', driver: '580.10.05', cuda: '13.0', samples: 2 });
    expect(trace.gpus.map(({ name, memoryBytes }) => [name, memoryBytes])).toEqual([
      ['NVIDIA Example 80GB', 81559 * MiB],
      ['NVIDIA Unified', null],
    ]);
    expect(samples(trace, 'gpu0.memory.used')).toEqual([[0, 1024 * MiB]]);
    expect(samples(trace, 'gpu1.memory.used')).toEqual([]);
    // A fan, a power cap, an ECC count, a memory and a utilization; and a fan that fails.
    expect(count(trace)).toEqual({ not_supported: 5, not_read: 1 });
  });

  test('the process query: sums per GPU and moment, paths with commas, hidden memory', () => {
    const trace = read('apps.csv');
    expect(trace).toMatchObject({ kind: 'processes-csv', samples: 3 });
    expect(samples(trace, 'gpu0.process.memory')).toEqual([
      [0, 1024 * MiB],
      [1, 2000 * MiB],
    ]);
    expect(samples(trace, 'gpu1.process.memory')).toEqual([]);
    expect(count(trace)).toEqual({ hidden: 1 });
  });

  test('an error sentence alone is an error with its remedy', () => {
    const trace = read('mismatch.txt');
    expect(trace).toMatchObject({
      kind: 'error',
      samples: 0,
      gpus: [],
      error: 'Failed to initialize NVML: Driver/library version mismatch',
    });
    expect(count(trace)).toEqual({ not_read: 1 });
  });
});
