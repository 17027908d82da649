/** Files as they come: packed, through standard input, or from another program. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readTrace, withPlainFile } from '../../../../src/main/import';
import { fixtures, readBytes, scratch, textOf, told } from '../../../support/traces';

const plain = join(fixtures, 'unordered.csv');

describe('a file to import', () => {
  test('packed with gzip reads as the file in it, under its name, and nothing of it stays', async () => {
    const packed = join(scratch, 'unordered.csv.gz');
    writeFileSync(packed, gzipSync(readFileSync(plain)));
    let laid = '';
    const trace = await withPlainFile(packed, (path) => {
      laid = path;
      return readTrace(path);
    });
    expect(told(trace)).toEqual(told(readTrace(plain)));
    expect([laid.endsWith('/unordered.csv'), existsSync(laid)]).toEqual([true, false]);
  });

  test('through standard input, packed or not', async () => {
    const text = textOf('unordered.csv');
    for (const bytes of [Buffer.from(text), gzipSync(text)]) {
      const input = Readable.from([bytes.subarray(0, 7), bytes.subarray(7)]);
      const trace = await withPlainFile('-', (path) => readTrace(path), input);
      expect(told(trace)).toEqual(told(readTrace(plain)));
    }
  });

  test('that is cut within its gzip is refused in a sentence, and nothing of it stays', async () => {
    const cut = join(scratch, 'cut.csv.gz');
    writeFileSync(cut, gzipSync(readFileSync(plain)).subarray(0, 60));
    await expect(withPlainFile(cut, (path) => readTrace(path))).rejects.toMatchObject({
      code: 'bad_input',
      message: 'cut.csv.gz is no whole gzip file.',
    });
  });

  test('whose reading fails leaves nothing laid down', async () => {
    const packed = join(scratch, 'prose.txt.gz');
    writeFileSync(packed, gzipSync('nothing of interest\nat all\n'));
    let laid = '';
    await expect(
      withPlainFile(packed, (path) => {
        laid = path;
        return readTrace(path);
      }),
    ).rejects.toMatchObject({ code: 'bad_input' });
    expect(existsSync(laid)).toBe(false);
  });
});

describe('output of another program is refused by its name, with one command to run instead', () => {
  test.each([
    [
      'gpustat',
      "box  Mon Jan  5 10:00:00 2026  580.95\n[0] NVIDIA A40 | 41'C,  10 % |  1000 / 46068 MB | me(900M)\n",
    ],
    [
      'tegrastats',
      'RAM 2448/7772MB (lfb 4x4MB) CPU [2%@1190,1%@1190] EMC_FREQ 0% GR3D_FREQ 0% PLL@36C\n',
    ],
    [
      'dcgmi',
      '#Entity   FBUSD   GPUTL   POWER\nID        MB      %       W\nGPU 0     1000    10      40.1\n',
    ],
    [
      'nvidia-smi topo',
      '        GPU0    GPU1    CPU Affinity\nGPU0     X      NV12    0-31\nGPU1    NV12     X      0-31\n',
    ],
    [
      'a training log',
      'epoch 1 step 10 loss: 3.21 lr: 0.001\nepoch 1 step 20 loss: 3.01 lr: 0.001\n',
    ],
    ['a training log', 'Step 1, loss 2.3\nStep 2, loss 2.1\nStep 3, loss 1.9\n'],
    ['a training log', 'Epoch 3/10\n1875/1875 - accuracy 0.9\n'],
  ])('%s', (name, text) => {
    expect(() => readBytes(text)).toThrow(
      expect.objectContaining({
        code: 'bad_input',
        message: expect.stringContaining(`output of ${name}`),
        remedy: expect.stringContaining('nvidia-smi --query-gpu='),
      }),
    );
  });
});
