/**
 * What a PyTorch script's own objects hold, as the helper tells it, against a count of another kind to the byte: real
 * models of transformers, and scripts that share, move, freeze, quantize or make their optimizers late.
 * Needs a Python that can import torch and transformers: python3, or the one named by PLUMBLINE_TEST_TORCH.
 */
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { instrumentEnvironment } from '../../src/main/workloads/instrument';
import type { SessionDocument } from '../../src/shared/session/session-document';
import { processIn } from '../../src/shared/trace/series-ids';
import type { Marker } from '../../src/shared/trace/types';
import { runCli, runJson, temporaryHome } from '../support/cli';
import { runPython, torchPython } from '../support/python';

const helpers = join(import.meta.dirname, '../../resources/python');
const real = join(import.meta.dirname, '../fixtures/torch-real');
const script = join(real, 'components.py');
const python = torchPython('import torch, transformers');
/** Cases without an optimizer. */
const INFERRED = /^(packed|per channel|weights)/;
const reason = python ? '' : ' (skipped: no Python that can import torch and transformers)';

it.skipIf(!python)(
  `counts what models, gradients and optimizers hold to the byte${reason}`,
  async () => {
    const { code, lines, stdout, stderr } = await runPython(python ?? '', [script, helpers]);
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    const counted = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { name: string; held: unknown[] })
      .filter(({ held }) => held.length > 0);
    expect(counted.length).toBeGreaterThanOrEqual(20);
    const told = Object.fromEntries(
      counted.map(({ name }) => {
        const from = lines.findIndex(({ text }) => text === `case ${name}`);
        const to = lines.findIndex(
          ({ text }, at) => at > from && text?.startsWith('case ') === true,
        );
        // What is as it was at the last phase of its kind is not told again.
        return [
          name,
          lines
            .slice(0, to < 0 ? undefined : to)
            .findLast(
              ({ type, phase }) =>
                type === 'objects' && (phase === 'optimizer' || INFERRED.test(name)),
            )?.parts,
        ];
      }),
    );
    expect(told).toEqual(Object.fromEntries(counted.map(({ name, held }) => [name, held])));
    expect(lines.flatMap(({ untold = [] }) => untold)).toContain(
      '2 tensors are on the meta device and hold no bytes yet',
    );
    expect(lines.flatMap(({ untold = [] }) => untold)).toContain(
      '1 tensor of kind Closed does not tell its bytes',
    );
    // The first case: of inference it is told once.
    expect(lines.find(({ type }) => type === 'run')?.fields?.precision).toBe('int8');
    expect(lines.some(({ text }) => text?.includes('could not be counted: RuntimeError'))).toBe(
      true,
    );
  },
);

it.skipIf(!python)(
  `changes neither losses, gradients nor peaks of what it watches, and leaves compiled modules alone${reason}`,
  async () => {
    const alone = await runPython(python ?? '', [join(real, 'identical.py')]);
    expect({ code: alone.code, stderr: alone.code === 0 ? '' : alone.stderr }).toEqual({
      code: 0,
      stderr: '',
    });
    const watched = await runPython(
      python ?? '',
      [join(real, 'identical.py'), '--as-on-a-gpu'],
      instrumentEnvironment('python', {}),
    );
    expect(alone.lines).toEqual([]);
    const told = new Set(watched.lines.flatMap(({ blocks }) => blocks?.kind ?? []));
    expect(told.size).toBeGreaterThanOrEqual(9);
    expect(alone.stdout.trim().split('\n')).toHaveLength(11);
    expect(watched.stdout).toBe(alone.stdout);
    expect(watched.lines.filter(({ type }) => type === 'model').length).toBeGreaterThanOrEqual(10);
    for (const kind of ['compiled', 'scripted'])
      expect(
        watched.lines.some(({ text }) => text?.startsWith(`${kind} modules are left alone`)),
      ).toBe(true);
  },
);

it.skipIf(!python)(
  `is in the way of nothing that scripts do with a model: copies, files, scripts, exports, other processes${reason}`,
  async () => {
    const handled = join(real, 'handled.py');
    const alone = await runPython(python ?? '', [handled]);
    expect({ code: alone.code, stderr: alone.code === 0 ? '' : alone.stderr }).toEqual({
      code: 0,
      stderr: '',
    });
    const watched = await runPython(
      python ?? '',
      [handled, '--as-on-a-gpu'],
      instrumentEnvironment('python', {}),
    );
    expect(watched.stderr).toBe(alone.stderr);
    expect(watched.stdout).toBe(alone.stdout);
    expect(alone.stdout.trim().split('\n').length).toBeGreaterThanOrEqual(26);
    expect(watched.lines.some(({ blocks }) => blocks?.kind === 'Block')).toBe(true);
  },
);

it.skipIf(!python)(`finds what launchers start${reason}`, async () => {
  const launch = ['-m', 'torch.distributed.run', '--nproc-per-node', '2', join(real, 'ranked.py')];
  const { code, lines, stderr } = await runPython(
    python ?? '',
    launch,
    instrumentEnvironment('python', {}),
  );
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  const ranks = (type: string) =>
    [...new Set(lines.filter((line) => line.type === type).map(({ rank }) => rank))].sort();
  expect(ranks('objects')).toEqual([0, 1]);
  expect(ranks('model')).toEqual([0, 1]);
});

it.skipIf(!python)(
  `tells block by block what autograd saves, and which keeps more${reason}`,
  async () => {
    const changes = async (...more: string[]) => {
      const { code, lines, stderr } = await runPython(python ?? '', [
        join(real, 'blocks.py'),
        helpers,
        ...more,
      ]);
      expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
      return (wanted: string) => {
        const { blocks } =
          lines.find(({ phase, step, blocks }) => phase === wanted && step === 2 && blocks) ?? {};
        expect(blocks?.names).toEqual([0, 1, 2, 3, 4, 5].map((i) => `layers.${i}`));
        return [0, 1, 2, 3, 4, 5].map((i) => {
          const at = (edge: number) =>
            blocks?.edges.find(([block, own]) => block === i && own === edge)?.[3] ?? 0;
          return at(1) - at(0);
        });
      };
    };
    // A block saves its input, and what goes into and comes out of the GELU: 8 · (16 + 32 + 32) floats, and its weights 2 · 16 · 32.
    const saved = 4 * (8 * (16 + 32 + 32) + 2 * 16 * 32);
    // One keeps 8 · 16 · 3072 floats more; what they are multiplied by is its input, of which only the shape is needed.
    const more = 4 * 8 * 16 * 3072;
    const backAgain = await changes();
    expect(backAgain('forward')).toEqual(
      [0, 1, 2, 3, 4, 5].map((i) => saved + (i === 3 ? more : 0)),
    );
    expect(backAgain('backward')).toEqual(backAgain('forward').map((bytes) => -bytes));
    const leaking = await changes('--leak');
    expect(leaking('forward')).toEqual(
      [0, 1, 2, 3, 4, 5].map((i) => saved + (i === 3 ? 4 << 20 : 0)),
    );
    expect(leaking('backward')).toEqual([0, 1, 2, 3, 4, 5].map(() => -saved));
    // Beyond the first steps a pass tells some, as little as one, and the next those that follow: the same of each.
    const { lines } = await runPython(python ?? '', [
      join(real, 'blocks.py'),
      helpers,
      '--in-turn',
    ]);
    for (const direction of ['forward', 'backward']) {
      const told = lines.flatMap(({ phase, step = 0, blocks }) =>
        phase === direction && step >= 4 && blocks ? [blocks.edges] : [],
      );
      expect(told.slice(0, 6).map((edges) => edges.map(([block]) => block))).toEqual(
        [0, 1, 2, 3, 4, 5].map((i) => [(told[0]![0]![0] + i) % 6, (told[0]![0]![0] + i) % 6]),
      );
      for (const [begins, ends] of told)
        expect((ends![3] - begins![3]) * (direction === 'forward' ? 1 : -1)).toBe(
          saved + (begins![0] === 3 ? more : 0),
        );
    }
  },
);

describe.skipIf(!python)(`a script that starts processes${reason}`, () => {
  const children = join(real, 'children.py');
  const home = temporaryHome();
  afterAll(() => home.dispose());
  const record = async (command: readonly string[]) => {
    const { code, stderr, document } = await runJson<SessionDocument>(
      ['record', '--', python ?? '', ...command],
      home.dir,
    );
    expect(code, stderr).toBe(0);
    expect(document.warnings).toEqual([]);
    /** By rank: what its objects hold at the end of its last optimizer step, and what it is said to be. */
    return Map.groupBy(document.markers, ({ rank }) => rank);
  };
  /** A linear layer of `inputs` to 64 and one to 4: its weights and biases, their gradients and both moments. */
  const held = (inputs: number) => 4 * (64 * inputs + 64 + 64 * 4 + 4);
  const params = (markers: readonly Marker[] = []) =>
    markers.flatMap((marker) =>
      marker.type === 'objects'
        ? marker.parts.flatMap(({ component, bytes }) => (component === 'params' ? [bytes] : []))
        : [],
    );

  it('tells what each of them holds, and those that hold nothing not at all', async () => {
    const byProcess = await record([children]);
    expect([...byProcess.keys()].filter((rank) => processIn(rank) === null)).toEqual([0]);
    expect(new Set(params(byProcess.get(0)))).toEqual(new Set([held(16)]));
    const beside = [...byProcess].flatMap(([rank, markers]) => (rank === 0 ? [] : [markers]));
    expect(beside.map((markers) => Math.max(...params(markers))).sort()).toEqual(
      [16, 32, 33, 34].map(held).sort(),
    );
    const said = beside.map((markers) =>
      markers.flatMap((marker) => (marker.type === 'note' ? [marker.text] : [])).join('; '),
    );
    for (const kind of ['fork', 'spawn', 'forkserver'])
      expect(said.some((text) => text.endsWith(`is trainer by ${kind}`))).toBe(true);
    expect(said.some((text) => text.includes('this process was forked from process'))).toBe(true);
  });

  it('has ranks that belong to the process group alone', async () => {
    const launch = ['-m', 'torch.distributed.run', '--nproc-per-node', '2'];
    const byProcess = await record([...launch, children, '--ranks']);
    const ranks = [...byProcess.keys()].filter((rank) => processIn(rank) === null);
    expect(ranks.sort()).toEqual([0, 1]);
    for (const rank of ranks)
      expect(new Set(params(byProcess.get(rank)))).toEqual(new Set([held(16)]));
    expect(byProcess.size).toBe(2 + 2 * 4);
  });
});

describe.skipIf(!python)(`a fault planted in one block${reason}`, () => {
  const home = temporaryHome();
  afterAll(() => home.dispose());

  it.each([
    ['decoder', 'Memory grows by 4.00 MiB every step, from block 4 (layers.4) on', 'layers.4'],
    [
      'convolutions',
      'Memory grows by 4.00 MiB every step, from block 2 (stages.2) in backward on',
      'stages.2',
    ],
    [
      'translator',
      'encoder.layers.1 keeps 4.00 MiB that its neighbours do not',
      'where the other blocks of encoder.layers keep',
    ],
  ])('is named by its block: %s', async (which, title, place) => {
    const { code, stderr, document } = await runJson<SessionDocument>(
      ['record', '--', python ?? '', join(real, 'planted.py'), which],
      home.dir,
      { PLUMBLINE_WATCH_COST: '1e9' },
    );
    expect(code, stderr).toBe(0);
    const found = document.findings.find(({ title: own }) => own === title);
    expect(found, JSON.stringify(document.findings)).toMatchObject({ confidence: 'high' });
    expect(found?.evidence.join(' ')).toContain(place);
    for (const args of [
      ['show', document.id],
      ['report', document.id, '--format', 'md', '--out', '-'],
    ])
      expect(
        (await runCli(args, home.dir)).stdout.replaceAll('\\', '').replaceAll(/\s+/g, ' '),
      ).toContain(title);
  });
});
