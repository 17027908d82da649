/**
 * Kinds of logs in which a reader can go wrong without a word, each as a property over files made at random (seeded):
 * whoever writes such a file knows every sample in it, and the import must find exactly those.
 */
import { describe, expect, test } from 'vitest';
import type { ImportedTrace } from '../../../../src/main/import';
import { gapsOf, readBytes, samples, valuesOf, warned } from '../../../support/traces';

const MiB = 2 ** 20;

/** Repeatable numbers. */
class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed;
  }
  below(limit: number): number {
    this.#state = (this.#state * 48_271) % 2_147_483_647;
    return this.#state % limit;
  }
  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }
}

const pad = (n: number, width = 2) => String(n).padStart(width, '0');
const START = Date.UTC(2026, 0, 31, 23, 58, 30);

/** How people's tools write a moment, given in milliseconds since 1970. */
const SPELLINGS: Readonly<Record<string, (ms: number) => string>> = {
  'nvidia-smi': (ms) =>
    `${new Date(ms).toISOString().replace('T', ' ').replaceAll('-', '/').slice(0, 23)}`,
  iso: (ms) => new Date(ms).toISOString(),
  'iso with an offset': (ms) => `${new Date(ms + 7_200_000).toISOString().slice(0, 23)}+02:00`,
  'day first, dots': (ms) => spell(ms, (d) => `${pad(d.day)}.${pad(d.month)}.${d.year} ${d.time}`),
  'day first, slashes': (ms) =>
    spell(ms, (d) => `${pad(d.day)}/${pad(d.month)}/${d.year} ${d.time}`),
  'month first': (ms) => spell(ms, (d) => `${pad(d.month)}-${pad(d.day)}-${d.year} ${d.time}`),
  'half days': (ms) =>
    spell(ms, (d) => {
      const hour = Number(d.time.slice(0, 2));
      return `${d.month}/${d.day}/${d.year} ${hour % 12 || 12}${d.time.slice(2)} ${hour < 12 ? 'AM' : 'PM'}`;
    }),
  date: (ms) =>
    spell(
      ms,
      (d) => `Thu ${d.monthName} ${String(d.day).padStart(2)} ${d.time.slice(0, 8)} UTC ${d.year}`,
    ),
  epoch: (ms) => (ms / 1000).toFixed(3),
  'epoch in milliseconds': (ms) => String(ms),
};
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

function spell(
  ms: number,
  write: (parts: {
    year: number;
    month: number;
    day: number;
    time: string;
    monthName: string;
  }) => string,
): string {
  const date = new Date(ms);
  return write({
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    monthName: MONTHS[date.getUTCMonth()]!,
    time: date.toISOString().slice(11, 23),
  });
}

const memory = (trace: ImportedTrace, gpu: number) =>
  valuesOf(trace, `gpu${gpu}.memory.used`).map((bytes) => bytes / MiB);
const seconds = (trace: ImportedTrace) => samples(trace, 'gpu0.memory.used').map(([t]) => t);

describe('times', () => {
  test.each(Object.keys(SPELLINGS))(
    'spelled as %s give the distances that they were written with',
    (kind) => {
      const random = new Random(7);
      for (let round = 0; round < 25; round++) {
        const step = random.of([1000, 2000, 5000, 60_000]);
        const rows = 3 + random.below(60);
        const moments = Array.from({ length: rows }, (_, i) => START + i * step);
        const lines = moments.map((ms, i) => `${SPELLINGS[kind]!(ms)}, ${1000 + i} MiB`);
        const trace = readBytes(`timestamp, memory.used [MiB]\n${lines.join('\n')}\n`);
        expect([kind, memory(trace, 0)]).toEqual([kind, moments.map((_, i) => 1000 + i)]);
        expect(seconds(trace)).toEqual(moments.map((_, i) => (i * step) / 1000));
        expect(trace.startedAt?.slice(0, 19)).toBe(new Date(START).toISOString().slice(0, 19));
      }
    },
  );

  /** Where a time of day may stand: in a column, on a line before its rows, in front of each, or in dmon's own column. */
  const PLACES: Readonly<Record<string, (time: string, mib: number) => string>> = {
    'a column': (time, mib) => `${time}, 0, 10 %, ${mib} MiB\n${time}, 1, 20 %, ${mib} MiB`,
    'a line of its own': (time, mib) => `${time}\n0, 10 %, ${mib} MiB\n1, 20 %, ${mib} MiB`,
    'a prefix': (time, mib) => `[${time}] 0, 10 %, ${mib} MiB\n[${time}] 1, 20 %, ${mib} MiB`,
    dmon: (time, mib) => `#Time gpu fb\n ${time} 0 ${mib}\n ${time} 1 ${mib}`,
  };

  test.each(Object.keys(PLACES))(
    'of the day alone, in %s, go on past midnight, and no start is invented',
    (place) => {
      const random = new Random(11);
      for (let round = 0; round < 10; round++) {
        const step = random.of([1, 60, 3600]);
        const rows = 30 + random.below(30);
        const moments = Array.from({ length: rows }, (_, i) => START + i * step * 1000);
        const text = moments.map((ms, i) =>
          PLACES[place]!(new Date(ms).toISOString().slice(11, 19), 1000 + i),
        );
        const trace = readBytes(`${text.join('\n')}\n`);
        expect(seconds(trace)).toEqual(moments.map((_, i) => i * step));
        expect(memory(trace, 1)).toEqual(moments.map((_, i) => 1000 + i));
        expect(trace.startedAt).toBeNull();
      }
    },
  );

  test('in two columns, with a fraction behind a comma, or counted from a start', () => {
    const apart = readBytes(
      'Date,Time,Memory Used\n2026-03-04,23:59:59,1\n2026-03-05,00:00:01,2\n',
    );
    expect([seconds(apart), apart.startedAt]).toEqual([[0, 2], '2026-03-04T23:59:59.000Z']);
    const commas = readBytes(
      'time,memory.used\n2026-01-01T10:00:00,250Z,10\n2026-01-01T10:00:00,750Z,20\n',
    );
    expect([seconds(commas), memory(commas, 0)]).toEqual([
      [0, 0.5],
      [10, 20],
    ]);
    const counted = readBytes('elapsed_ms,mem_used_mb\n0,10\n250,20\n500,30\n');
    expect([seconds(counted), counted.startedAt]).toEqual([[0, 0.25, 0.5], null]);
    expect(counted.series[0]?.info.intervalUs).toBe(250_000);
  });

  test('that cannot be read leave the rows in their order, and the column is named', () => {
    const trace = readBytes('timestamp, memory.used [MiB]\ntick one, 1 MiB\ntick two, 2 MiB\n');
    expect(memory(trace, 0)).toEqual([1, 2]);
    expect(warned(trace, /column "timestamp" are not understood/)).toBe(true);
  });

  test('that some rows lack never begin in 1970', () => {
    const random = new Random(3);
    for (let round = 0; round < 50; round++) {
      const rows = 4 + random.below(20);
      const dated = Array.from({ length: rows }, () => random.below(3) > 0);
      if (!dated.includes(true)) continue;
      const banner = '| NVIDIA-SMI 580.95.05    Driver Version: 580.95.05    CUDA Version: 13.0 |';
      const text = dated.flatMap((isDated, i) => [
        ...(isDated ? [SPELLINGS.date!(START + i * 1000).replace(' UTC', '')] : []),
        banner,
        '|   0  NVIDIA A40         On  |   00000000:01:00.0 Off |                    0 |',
        `|  0%   30C    P8   24W /  300W |  ${1000 + i}MiB /  46068MiB |     10%      Default |`,
      ]);
      const trace = readBytes(`${text.join('\n')}\n`);
      expect(memory(trace, 0)).toEqual(dated.map((_, i) => 1000 + i));
      expect(trace.startedAt?.slice(0, 4)).toBe('2026');
      expect(trace.durationUs).toBeLessThanOrEqual(rows * 1e6);
    }
  });

  test('on a line by itself are those of the rows after it', () => {
    const rows = [0, 5, 10].map(
      (s) => `${new Date(START + s * 1000).toISOString()}\n0, 10 %, ${1000 + s} MiB`,
    );
    const trace = readBytes(`${rows.join('\n')}\n`);
    expect(samples(trace, 'gpu0.memory.used')).toEqual(
      [0, 5, 10].map((s) => [s, (1000 + s) * MiB]),
    );
  });

  test('in whole seconds that rows share tell the interval by their number', () => {
    const lines = Array.from(
      { length: 40 },
      (_, i) => `${SPELLINGS.iso!(START + Math.floor(i / 4) * 1000)}, 0, ${i} MiB`,
    );
    const trace = readBytes(`timestamp, index, memory.used [MiB]\n${lines.join('\n')}\n`);
    const interval = trace.series[0]?.info.intervalUs ?? 0;
    expect(Math.abs(interval - 250_000)).toBeLessThan(25_000);
  });

  test('between which nobody read are a gap', () => {
    const at = [0, 1, 2, 3, 4, 36_000, 36_001];
    const lines = at.map((s) => `${SPELLINGS.iso!(START + s * 1000)}, ${s} MiB`);
    const trace = readBytes(`timestamp, memory.used [MiB]\n${lines.join('\n')}\n`);
    expect(gapsOf(trace, 'gpu0.memory.used')).toEqual([[5, 36_000, 'not_read']]);
  });
});

describe('GPUs', () => {
  test('are told apart by address where their uuids are masked alike, and by index before that', () => {
    const random = new Random(11);
    for (let round = 0; round < 40; round++) {
      const count = 2 + random.below(7);
      const by = random.of(['index', 'pci.bus_id'] as const);
      const name = (gpu: number) =>
        by === 'index' ? String(gpu) : `00000000:${pad(gpu + 1)}:00.0`;
      const lines = Array.from({ length: count * 5 }, (_, i) => {
        const stamp = SPELLINGS['nvidia-smi']!(START + Math.floor(i / count) * 1000);
        return `${stamp}, GPU-masked, ${name(i % count)}, ${1000 * (i % count) + Math.floor(i / count)} MiB`;
      });
      const trace = readBytes(`timestamp, uuid, ${by}, memory.used [MiB]\n${lines.join('\n')}\n`);
      expect(trace.gpus).toHaveLength(count);
      for (let gpu = 0; gpu < count; gpu++)
        expect(memory(trace, gpu)).toEqual([0, 1, 2, 3, 4].map((i) => 1000 * gpu + i));
    }
  });

  test('that no column names keep every row, also where a round was slow or stalled', () => {
    const random = new Random(5);
    for (let round = 0; round < 60; round++) {
      const count = 2 + random.below(4);
      const within = random.of([1, 2, 60 / count]);
      const stall = 5 + random.below(20);
      const rows = Array.from({ length: 30 * count }, (_, i) => {
        const [turn, gpu] = [Math.floor(i / count), i % count];
        const late = turn === stall && gpu > 0 ? 120 : 0;
        return { at: START + turn * 1000 + gpu * within + late, gpu, mib: 1000 * (gpu + 1) + turn };
      });
      const lines = rows.map(
        ({ at, mib }) => `${SPELLINGS['nvidia-smi']!(Math.round(at))}, ${mib} MiB`,
      );
      const trace = readBytes(`timestamp, memory.used [MiB]\n${lines.join('\n')}\n`);
      expect([count, within, trace.gpus.length]).toEqual([count, within, count]);
      for (let gpu = 0; gpu < count; gpu++)
        expect(memory(trace, gpu)).toEqual(
          rows.filter((row) => row.gpu === gpu).map(({ mib }) => mib),
        );
      expect(warned(trace, /do not say which GPU/)).toBe(true);
    }
  });

  test('are never mixed without a word: by name, by memory, by headers that come again', () => {
    const named = readBytes(
      'name, memory.used [MiB]\nA100, 1 MiB\nA100, 2 MiB\nH100, 5 MiB\nA100, 3 MiB\n',
    );
    expect([memory(named, 0), memory(named, 1)]).toEqual([[1, 2, 3], [5]]);
    expect(warned(named, /told apart by their name/)).toBe(true);
    const header = 'memory.used [MiB], memory.total [MiB]\n';
    const blocks = readBytes(
      [1, 2, 3].map((i) => `${header}${i} MiB, 99 MiB\n${10 + i} MiB, 99 MiB\n`).join(''),
    );
    expect([memory(blocks, 0), memory(blocks, 1)]).toEqual([
      [1, 2, 3],
      [11, 12, 13],
    ]);
  });

  test('one GPU read at uneven distances stays one', () => {
    const random = new Random(19);
    for (let round = 0; round < 60; round++) {
      let at = START;
      const lines = Array.from({ length: 40 }, (_, i) => {
        at += 200 + random.below(1500);
        return `${SPELLINGS['nvidia-smi']!(at)}, ${i} MiB`;
      });
      const trace = readBytes(`timestamp, memory.used [MiB]\n${lines.join('\n')}\n`);
      expect([round, trace.gpus.length, memory(trace, 0).length]).toEqual([round, 1, 40]);
    }
  });

  test('a column of small numbers that do not come round is no index', () => {
    const lines = [41, 42, 44].map(
      (c, i) => `${SPELLINGS.iso!(START + i * 5000)}, ${c}, 10 %, ${1000 + i} MiB`,
    );
    expect(readBytes(`${lines.join('\n')}\n`).gpus).toHaveLength(1);
    const round = [0, 1, 2].map(
      (gpu) => `${SPELLINGS.iso!(START)}, ${gpu}, 10 %, ${1000 + gpu} MiB`,
    );
    expect(readBytes(`${round.join('\n')}\n`).gpus).toHaveLength(3);
  });
});

describe('processes', () => {
  test('of rounds without a time are separate samples', () => {
    const header = 'pid, used_gpu_memory [MiB]\n';
    const rounds = [1000, 1100, 1200].map((mib) => `11, ${mib} MiB\n12, 500 MiB\n`);
    for (const text of [
      `${header}${rounds.join('')}`,
      rounds.map((round) => header + round).join(''),
    ])
      expect(valuesOf(readBytes(text), 'gpu0.process.memory').map((v) => v / MiB)).toEqual([
        1500, 1600, 1700,
      ]);
  });

  test('asked for by turns with GPUs go with the rows before them', () => {
    const text = [0, 5].map(
      (s) =>
        `timestamp, memory.used [MiB]\n${SPELLINGS.iso!(START + s * 1000)}, ${1000 + s} MiB\n` +
        `pid, process_name, used_gpu_memory [MiB]\n11, python, ${900 + s} MiB\n`,
    );
    const trace = readBytes(text.join(''));
    expect(samples(trace, 'gpu0.process.memory')).toEqual([
      [0, 900 * MiB],
      [5, 905 * MiB],
    ]);
    expect(samples(trace, 'gpu0.memory.used')).toEqual([
      [0, 1000 * MiB],
      [5, 1005 * MiB],
    ]);
  });

  test('of pmon: an idle round and a busy one are two', () => {
    const trace = readBytes(
      '# gpu         pid   type     sm    mem    enc    dec     fb    command\n# Idx           #    C/G      %      %      %      %     MB    name\n' +
        '    0          -     -      -      -      -      -      -    -\n    0         11     C     50     20      -      -   1100    a\n',
    );
    expect(valuesOf(trace, 'gpu0.process.memory')).toEqual([0, 1100 * MiB]);
  });
});

describe('what other programs put on lines', () => {
  const row = (i: number) => `0, ${i} %, ${1000 + i} MiB`;
  test.each([
    [
      'ts',
      (ms: number) => `${spell(ms, (d) => `${d.monthName} ${pad(d.day)} ${d.time.slice(0, 8)}`)} `,
    ],
    ['a logger', (ms: number) => `[${new Date(ms).toISOString().replace('T', ' ').slice(0, 19)}] `],
    ['a logger with fractions', (ms: number) => `${new Date(ms).toISOString().slice(0, 23)} `],
    ['date -R', (ms: number) => `${SPELLINGS.date!(ms)}: `],
  ])('%s in front of every line is taken off and used', (_, prefix) => {
    const lines = [0, 1, 2, 3].map((i) => `${prefix(START + i * 5000)}${row(i)}`);
    const trace = readBytes(`${lines.join('\n')}\n`);
    expect(samples(trace, 'gpu0.memory.used')).toEqual(
      [0, 1, 2, 3].map((i) => [i * 5, (1000 + i) * MiB]),
    );
  });

  test('a time that is the first cell of a row stays a column', () => {
    const trace = readBytes(
      `timestamp, memory.used [MiB]\n${[0, 1, 2].map((i) => `${SPELLINGS['nvidia-smi']!(START + i * 1000)}, ${i} MiB`).join('\n')}\n`,
    );
    expect(memory(trace, 0)).toEqual([0, 1, 2]);
  });

  test('colours and cursor moves of watch are passed over, and its time is used', () => {
    const screen = (i: number) =>
      `\u001b[H\u001b[2JEvery 5.0s: nvidia-smi --query-gpu=index,memory.used --format=csv   box: ${SPELLINGS.date!(START + i * 5000).replace(' UTC', '')}\u001b[K\n` +
      `\u001b[1mindex, memory.used [MiB]\u001b[0m\n0, ${i} MiB\u001b[K\n`;
    const trace = readBytes(screen(0) + screen(1));
    expect(samples(trace, 'gpu0.memory.used')).toEqual([
      [0, 0],
      [5, MiB],
    ]);
  });

  test('units and names people use are understood; a name is never glued to a value', () => {
    const units = readBytes('timestamp,mem_used_gb,mem_total_gb\n2026-01-01 10:00:00,1.5,24\n');
    expect([memory(units, 0), units.gpus[0]?.memoryBytes]).toEqual([[1536], 24 * 2 ** 30]);
    const glued = readBytes(
      'time,gpu_name,mem_used_mb\n2026-01-01 10:00:00, 7, NVIDIA X, 410\n2026-01-01 10:00:01, NVIDIA X, 411\n',
    );
    expect(glued.gpus.map(({ name }) => name)).toEqual(['NVIDIA X']);
    const share = readBytes(
      'time,index,memory.used [%],memory.used [MiB]\n2026-01-01 10:00:00,0,50,410\n',
    );
    expect(memory(share, 0)).toEqual([410]);
  });
});
