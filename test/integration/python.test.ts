/**
 * The Python helper in a real Python. PyTorch is stood in for by test/fixtures/torch-stand-in; what needs the real one
 * runs where python3 (or the interpreter named by PLUMBLINE_TEST_TORCH) can import it.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { instrumentEnvironment } from '../../src/main/workloads/instrument';
import { Failure } from '../../src/shared/base/failure';
import type { SessionDocument } from '../../src/shared/session/session-document';
import { runCli, runJson, temporaryHome } from '../support/cli';
import {
  answers,
  torchPython as findTorch,
  type Line,
  python,
  type Ran,
  runPython as run,
} from '../support/python';

const root = join(import.meta.dirname, '../..');
const helpers = join(root, 'resources/python');
const standIn = join(root, 'test/fixtures/torch-stand-in');
const train = join(standIn, 'train.py');
const gpt2 = join(root, 'resources/workloads/torch_gpt2.py');

const torchPython = findTorch();

const withStandIn = { PYTHONPATH: standIn };
const watched = (args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Ran> =>
  run(python!, [train, '--watch', helpers, ...args], { ...withStandIn, ...env });
const story = (lines: readonly Line[]): string[] =>
  lines
    .filter(({ type }) => type === 'phase' || type === 'step')
    .map(
      ({ type, name, event, step }) =>
        `${event} ${name ?? type}${step === undefined ? '' : ` ${step}`}`,
    );
const trainStep = (n: number): string[] => [
  `begin step ${n}`,
  ...['forward', 'backward', 'optimizer'].flatMap((name) => [
    `begin ${name} ${n}`,
    `end ${name} ${n}`,
  ]),
  `end step ${n}`,
];
const evaluation = ['begin forward', 'end forward'];
const done = { code: 0, stdout: 'done\n', stderr: '' };
const reason = python ? '' : ' (skipped: python3 was not found)';

describe.skipIf(!python)(`watching a model of a stand-in for PyTorch${reason}`, () => {
  it('tells the phases of every training step from hooks, and evaluation as forward alone', async () => {
    const ran = await watched();
    expect(ran).toMatchObject(done);
    expect(story(ran.lines)).toEqual([...trainStep(0), ...trainStep(1), ...evaluation]);
  });

  it('counts the loss as forward and gives each phase its own peak', async () => {
    const { lines } = await watched();
    const memory = lines.filter(({ type }) => type === 'memory');
    expect(memory.map(({ phase }) => phase)).toEqual([
      'forward',
      'backward',
      'optimizer',
      'forward',
      'backward',
      'optimizer',
      'forward',
    ]);
    // 50·6 + 16·6 + 3·2·6·24 parameters, ids of 4·8, an output of 4·8·6 and a loss of 1000, all of four bytes.
    const parameters = 4 * (50 * 6 + 16 * 6 + 3 * 2 * 6 * 24);
    const [forward, backward, optimizer] = memory;
    expect(forward).toMatchObject({
      allocated: parameters + 4 * (32 + 192 + 1000),
      reserved: expect.any(Number),
    });
    expect(forward!.requested).toBe(forward!.allocated! - 1);
    expect(forward!.counters).toEqual({
      'reserved_bytes.all.peak': forward!.reserved,
      'requested_bytes.all.peak': forward!.peak! - 1,
      'inactive_split_bytes.all.current': 7,
      num_alloc_retries: 0,
      num_ooms: 0,
    });
    expect(backward!.allocated).toBe(forward!.allocated! + parameters);
    expect(backward!.peak).toBe(backward!.allocated! + 4 * 500);
    expect(optimizer!.peak).toBe(optimizer!.allocated! + 4 * 250);
  });

  it('tells what its objects hold at the end of phases, where that changed', async () => {
    const { lines } = await watched();
    const bytes = 4 * (50 * 6 + 16 * 6 + 3 * 2 * 6 * 24);
    const parts = (...held: string[]) => held.sort().map((one) => [one, 'fp32', 'cuda', bytes]);
    const states = ['params', 'adam_m', 'adam_v'];
    expect(
      lines
        .filter(({ type }) => type === 'objects')
        .map(({ phase, step, parts }) => [phase, step, parts]),
    ).toEqual([
      ['forward', 0, parts('params')],
      ['backward', 0, parts('params', 'gradients')],
      ['optimizer', 0, parts(...states, 'gradients')],
      ['forward', 1, parts(...states)],
      ['backward', 1, parts(...states, 'gradients')],
    ]);
  });

  it('tells what is allocated at the edges of its blocks, in the phases of the first steps', async () => {
    const { lines } = await watched();
    const [told, ...others] = lines.filter(({ blocks }) => blocks !== undefined);
    expect(others.every(({ phase }) => phase === 'forward')).toBe(true);
    expect(told?.blocks).toMatchObject({
      kind: 'Block',
      names: ['blocks.0', 'blocks.1', 'blocks.2'],
    });
    // Blocks of the stand-in allocate nothing: the output is there, the loss is not yet.
    const output = 4 * (50 * 6 + 16 * 6 + 3 * 2 * 6 * 24) + 4 * (32 + 192);
    expect(told?.blocks?.edges.map(([block, edge, , bytes]) => [block, edge, bytes])).toEqual(
      [0, 1, 2].flatMap((block) => [
        [block, 0, output],
        [block, 1, output],
      ]),
    );
  });

  it('announces model and run by itself, from the shapes where there is no configuration', async () => {
    const { lines } = await watched();
    expect(lines.find(({ type }) => type === 'model')?.fields).toMatchObject({
      name: 'Tiny',
      layers: 3,
      hidden: 6,
      vocab: 50,
      maxPositions: 16,
      ffn: 24,
      dtype: 'fp32',
      parameters: 50 * 6 + 16 * 6 + 3 * 2 * 6 * 24,
    });
    expect(lines.find(({ type }) => type === 'run')?.fields).toMatchObject({
      framework: 'pytorch',
      mode: 'train',
      batch: 4,
      seq: 8,
      precision: 'fp32',
      optimizer: 'adamw',
      optimizerKernel: 'fused',
      device: 'Stand-in GPU',
      checkpointing: 'none',
    });
  });

  it('finds gradient accumulation', async () => {
    const { lines } = await watched(['--accumulate']);
    expect(lines.filter(({ type }) => type === 'run').at(-1)?.fields).toMatchObject({
      gradAccum: 2,
    });
    expect(story(lines).filter((line) => line === 'begin backward 0')).toHaveLength(2);
    expect(story(lines).filter((line) => line === 'begin step 0')).toHaveLength(1);
  });

  it('tells prefill, decoding as one span, and each token', async () => {
    const { lines } = await watched(['--generate']);
    expect(story(lines).slice(-4)).toEqual([
      'begin prefill',
      'end prefill',
      'begin decode',
      'end decode',
    ]);
    expect(lines.filter(({ type }) => type === 'token').map(({ index }) => index)).toEqual([
      1, 2, 3,
    ]);
  });

  it('works as well with the hooks torch had before 2.0, but for calls with a cache', async () => {
    const ran = await watched([], { STAND_IN_OLD: '1' });
    expect(ran).toMatchObject(done);
    expect(story(ran.lines)).toEqual([...trainStep(0), ...trainStep(1), ...evaluation]);
  });

  it('tells phases without memory off the GPU', async () => {
    const ran = await watched([], { STAND_IN_CPU: '1' });
    expect(story(ran.lines)).toEqual([...trainStep(0), ...trainStep(1), ...evaluation]);
    expect(ran.lines.filter(({ type }) => type === 'memory')).toEqual([]);
  });

  it('tells nothing of a pass that is captured in a CUDA graph, and says so once', async () => {
    const { code, lines } = await run(
      python!,
      [
        '-c',
        `
import sys
sys.argv = ['train.py', '--watch', ${JSON.stringify(helpers)}]
import torch
torch.cuda.is_current_stream_capturing = lambda: True
exec(open(${JSON.stringify(train)}).read())`,
      ],
      withStandIn,
    );
    expect(code).toBe(0);
    expect(story(lines)).toEqual([]);
    expect(lines.filter(({ type }) => type === 'memory' || type === 'objects')).toEqual([]);
    expect(lines.filter(({ text }) => text?.includes('captured in a CUDA graph'))).toHaveLength(1);
  });

  it('never fails the script, whatever torch raises and wherever the socket leads', async () => {
    expect(await watched([], { STAND_IN_BROKEN: '1' })).toMatchObject(done);
    expect(await watched([], { PLUMBLINE_SOCKET: '' })).toMatchObject({ ...done, lines: [] });
    expect(await watched([], { PLUMBLINE_SOCKET: '/nonexistent/socket' })).toMatchObject({
      ...done,
      lines: [],
    });
  });

  it('leaves steps untold once telling them would cost more than its share, and says so', async () => {
    const { code, lines } = await run(
      python!,
      [
        '-c',
        `
import sys; sys.argv = ['train.py', '--watch', ${JSON.stringify(helpers)}]
import torch; steps = range
exec(open(${JSON.stringify(train)}).read().replace('range(2)', 'range(200)'))`,
      ],
      { ...withStandIn, PLUMBLINE_WATCH_COST: '0' },
    );
    expect(code).toBe(0);
    expect(story(lines).filter((line) => line.includes(' step '))).toEqual(
      [0, 1, 2].flatMap((step) => [`begin step ${step}`, `end step ${step}`]),
    );
    expect(lines.filter(({ type }) => type === 'note').map(({ text }) => text)).toEqual([
      expect.stringContaining('some steps are not told'),
    ]);
  });

  it.skipIf(process.platform === 'win32').each([
    ['forward', ['begin step 1', 'begin forward 1']],
    ['backward', ['end forward 1', 'begin backward 1']],
    ['optimizer', ['end backward 1', 'begin optimizer 1']],
    ['between steps', ['end optimizer 1', 'end step 1']],
  ])('has told all of a process that is killed: in its second step, %s', async (place, last) => {
    const { code, lines } = await run(
      python!,
      [
        '-c',
        `
import os, signal, sys
sys.path.insert(0, sys.argv[1])
import plumbline, torch
def reached(place):
    if place == sys.argv[2] and index == 1:
        os.kill(os.getpid(), signal.SIGKILL)
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.up = torch.nn.Linear(8, 8)
    def forward(self, x):
        reached("forward")
        return x
    def parameters(self):
        reached("backward")
        return super().parameters()
index, net, x = 0, Net(), torch.Tensor(1, 8)
optimizer, x.model = torch.optim.AdamW(net.parameters()), net
plumbline.watch(net, optimizer)
optimizer.register_step_pre_hook(lambda *_: reached("optimizer"))
for index in range(3):
    net(x)
    x.backward()
    optimizer.step()
    reached("between steps")`,
        helpers,
        place,
      ],
      withStandIn,
    );
    expect(code).toBeNull();
    expect(story(lines).slice(0, trainStep(0).length)).toEqual(trainStep(0));
    expect(story(lines).slice(-2)).toEqual(last);
    const ended = story(lines).filter((line) => /^end (forward|backward|optimizer)/.test(line));
    expect(lines.filter(({ type }) => type === 'memory')).toHaveLength(ended.length);
  });

  it.skipIf(process.platform === 'win32')(
    'tells what a forked child does with the model it was given as that of a process of its own',
    async () => {
      const { code, lines } = await run(
        python!,
        [
          '-c',
          `
import os, sys
sys.path.insert(0, sys.argv[1])
import plumbline, torch
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.up = torch.nn.Linear(8, 8)
    def forward(self, x):
        return x
net, x = Net(), torch.Tensor(1, 8)
optimizer, x.model = torch.optim.AdamW(net.parameters()), net
plumbline.watch(net, optimizer)
def step():
    net(x)
    x.backward()
    optimizer.step()
step()
child = os.fork()
if child:
    os.waitpid(child, 0)
step()`,
          helpers,
        ],
        withStandIn,
      );
      expect(code).toBe(0);
      expect(story(lines)).toEqual([...trainStep(0), ...trainStep(0), ...trainStep(1)]);
      expect(
        lines.flatMap(({ type, text }) => (type === 'note' ? [text?.replace(/\d+/, 'N')] : [])),
      ).toEqual([
        'this process was forked from process N, and shares with it what both held then until one of them writes to it',
      ]);
    },
  );

  it('does nothing where torch was never imported', async () => {
    const ran = await run(python!, [
      '-c',
      `import sys; sys.path.insert(0, ${JSON.stringify(helpers)}); import plumbline; print(plumbline.watch('model'))`,
    ]);
    expect(ran).toMatchObject({ code: 0, stdout: 'model\n', stderr: '', lines: [] });
  });
});

describe.skipIf(!python)(
  `a Python script that knows nothing of Plumbline, with a stand-in for PyTorch${reason}`,
  () => {
    const instrumented = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> =>
      run(python!, args, instrumentEnvironment('python', { ...withStandIn, ...env }));

    it('is watched as if it had asked for it', async () => {
      const ran = await instrumented([train]);
      expect(ran).toMatchObject(done);
      expect(story(ran.lines)).toEqual([...trainStep(0), ...trainStep(1), ...evaluation]);
      expect(ran.lines.filter(({ type }) => type === 'model')).toHaveLength(1);
      expect(ran.lines.find(({ type }) => type === 'run')?.fields).toMatchObject({
        optimizer: 'adamw',
        batch: 4,
        seq: 8,
      });
    });

    it('is found as a module', async () => {
      const ran = await instrumented(['-m', 'train']);
      expect(ran).toMatchObject(done);
      expect(story(ran.lines)).toEqual([...trainStep(0), ...trainStep(1), ...evaluation]);
    });

    it('is found where a library looked for torch before it was imported, as transformers does', async () => {
      const looked = `import importlib.util, runpy; assert importlib.util.find_spec('torch'); runpy.run_path(${JSON.stringify(train)})`;
      const ran = await instrumented(['-c', looked]);
      expect(ran).toMatchObject(done);
      expect(story(ran.lines)).toEqual([...trainStep(0), ...trainStep(1), ...evaluation]);
    });

    it('is told whole where a model calls a part of itself as wrappers call what they wrap', async () => {
      const { lines } = await instrumented([
        '-c',
        `import torch
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.module, self.head = torch.nn.Linear(6, 24), torch.nn.Linear(24, 6)
    def forward(self, x):
        return self.head(self.module(x))
class Wrapper(torch.nn.Module):
    def __init__(self, module):
        super().__init__()
        self.module = module
    def forward(self, x):
        return self.module(x)
for model in Net(), Wrapper(Net()):
    model(torch.Tensor(1, 6))`,
      ]);
      const net = { name: 'Net', parameters: 2 * 6 * 24 };
      expect(lines.flatMap(({ type, fields }) => (type === 'model' ? [fields] : []))).toMatchObject(
        [net, net],
      );
    });

    it.skipIf(process.platform === 'win32')(
      'is found below shell scripts, one in another',
      async () => {
        const folder = mkdtempSync(join(tmpdir(), 'plumbline-'));
        try {
          const inner = join(folder, 'inner.sh');
          const outer = join(folder, 'outer.sh');
          writeFileSync(inner, `"${python}" "${train}"\n`);
          writeFileSync(outer, `sh "${inner}"\n`);
          const ran = await run('sh', [outer], instrumentEnvironment('python', withStandIn));
          expect(ran).toMatchObject(done);
          expect(story(ran.lines)).toEqual([...trainStep(0), ...trainStep(1), ...evaluation]);
        } finally {
          rmSync(folder, { recursive: true, force: true });
        }
      },
    );

    it.skipIf(process.platform === 'win32').each([['train.py'], ['python', 'train.py']])(
      'is found below uv run %s %s, which starts the Python of an environment of its own',
      async (...command) => {
        const folder = mkdtempSync(join(tmpdir(), 'plumbline-'));
        try {
          // As uv leaves it: an environment with its own interpreter, named in the variables that its activation sets.
          execFileSync(python!, ['-m', 'venv', '--without-pip', join(folder, '.venv')]);
          const uv = join(folder, 'uv');
          writeFileSync(
            uv,
            `#!/bin/sh
shift
export VIRTUAL_ENV="${folder}/.venv" PATH="${folder}/.venv/bin:$PATH" UV=$0 UV_RUN_RECURSION_DEPTH=1
case $1 in *.py) set -- python "$@" ;; esac
"$@" &
wait $!
`,
            { mode: 0o755 },
          );
          const args = command.map((one) => (one === 'train.py' ? train : one));
          const ran = await run(uv, ['run', ...args], instrumentEnvironment('python', withStandIn));
          expect(ran).toMatchObject(done);
          expect(story(ran.lines)).toEqual([...trainStep(0), ...trainStep(1), ...evaluation]);
        } finally {
          rmSync(folder, { recursive: true, force: true });
        }
      },
    );

    it('is told once where it watches itself too', async () => {
      const ran = await instrumented([train, '--watch', helpers]);
      expect(story(ran.lines)).toEqual([...trainStep(0), ...trainStep(1), ...evaluation]);
    });

    it('keeps the sitecustomize it would have had', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'plumbline-'));
      try {
        execFileSync(python!, [
          '-c',
          `open(${JSON.stringify(join(folder, 'sitecustomize.py'))}, "w").write("print('own'); NAME = 'named'")`,
        ]);
        const ran = await run(
          python!,
          ['-c', 'import sitecustomize; print(sitecustomize.NAME)'],
          instrumentEnvironment('python', { PYTHONPATH: folder }),
        );
        expect(ran).toMatchObject({ code: 0, stdout: 'own\nnamed\n', stderr: '' });
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });

    it('runs untouched without a recording', async () => {
      expect(await instrumented([train], { PLUMBLINE_SOCKET: '' })).toMatchObject({
        ...done,
        lines: [],
      });
    });
  },
);

describe.skipIf(!python)(
  `recording a Python script that knows nothing of Plumbline${reason}`,
  () => {
    it('shows its phases, and the model and run that were found in it', async () => {
      const home = temporaryHome();
      try {
        const { code, document } = await runJson<SessionDocument>(
          ['record', '--instrument', 'python', '--interval', '20', '--', python!, train],
          home.dir,
          { PYTHONPATH: standIn },
        );
        expect(code).toBe(0);
        const phases = ['forward', 'backward', 'optimizer'];
        expect(document.overlay.phases.map(({ phase, step }) => `${phase} ${step}`)).toEqual([
          ...phases.map((one) => `${one} 0`),
          ...phases.map((one) => `${one} 1`),
          'forward null',
        ]);
        expect(document.markers.find(({ type }) => type === 'model')).toMatchObject({
          fields: { name: 'Tiny', layers: 3 },
        });
        expect(document.environment.workload).toMatchObject({
          framework: 'pytorch',
          device: 'Stand-in GPU',
        });
      } finally {
        home.dispose();
      }
    });

    it.each([
      [['--instrument', 'ruby', '--', 'python3', train], /no instrument "ruby"/],
      [['--instrument', 'python', '--bundled', 'gpt2'], /needs no instrument/],
      [['--instrument', 'python', '--pid', '1'], /cannot be given an instrument/],
    ])('refuses %j', async (args, sentence) => {
      const home = temporaryHome();
      try {
        const { code, stderr } = await runCli(['record', ...args], home.dir);
        expect(code).toBe(2);
        expect(stderr).toMatch(sentence);
      } finally {
        home.dispose();
      }
    });
  },
);

describe('the environment of an instrumented workload', () => {
  it('puts the bootstrap before what PYTHONPATH held, and changes nothing else', () => {
    const folder = join(helpers, 'instrument');
    expect(instrumentEnvironment('python', { A: '1' })).toEqual({ A: '1', PYTHONPATH: folder });
    expect(instrumentEnvironment('python', { PYTHONPATH: '/lib' })).toEqual({
      PYTHONPATH: `${folder}${delimiter}/lib`,
    });
  });

  it('is refused for a kind that does not exist', () => {
    expect(() => instrumentEnvironment('ruby', {})).toThrow(Failure);
  });
});

describe.skipIf(!python)(`the sample PyTorch GPT-2${reason}`, () => {
  it.runIf(python !== null && answers(python, 'import torch') === null)(
    'says in one sentence that torch is missing, with exit code 3',
    async () => {
      const { code, stderr, lines } = await run(python!, [gpt2, 'train']);
      expect(code).toBe(3);
      expect(stderr.trim().split('\n')).toHaveLength(1);
      expect(stderr).toMatch(/PyTorch is not installed/);
      expect(lines).toEqual([]);
    },
  );

  it.each([
    [['train', '--precision', 'fp8'], /--precision/],
    [['train', '--batch', '0'], /--batch.*at least 1/],
    [['train', '--seq', '5000'], /5000 tokens.*1024 positions/],
    [['generate', '--prompt-tokens', '1000', '--tokens', '100'], /1100 tokens.*1024 positions/],
    [['train', '--hidden', '10', '--heads', '3'], /3 heads.*10/],
    [['dance'], /dance/],
  ])('refuses %j with a clear sentence and exit code 2', async (args, sentence) => {
    const { code, stderr } = await run(python!, [gpt2, ...args]);
    expect(code).toBe(2);
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toMatch(/Traceback/);
  });

  it('and all helpers compile', () => {
    const files = [
      gpt2,
      join(root, 'resources/workloads/torch_sample.py'),
      join(root, 'resources/workloads/torch_llama.py'),
      join(root, 'resources/workloads/torch_transformers.py'),
      join(helpers, 'plumbline.py'),
      join(helpers, 'instrument/sitecustomize.py'),
    ];
    const compiled = answers(
      python!,
      `import ast\nfor path in ${JSON.stringify(files)}: ast.parse(open(path).read(), path, feature_version=(3, 8))\nprint("compiled")`,
    );
    expect(compiled).toBe('compiled');
  });
});

const noTorch = torchPython
  ? ''
  : ' (skipped: no Python here can import PyTorch; PLUMBLINE_TEST_TORCH may name one)';
describe.skipIf(!torchPython)(`with the real PyTorch${noTorch}`, () => {
  const tiny = [
    '--layers',
    '2',
    '--hidden',
    '16',
    '--heads',
    '2',
    '--vocab',
    '64',
    '--positions',
    '32',
    '--device',
    'cpu',
  ];
  const hasSdpa =
    torchPython !== null &&
    answers(
      torchPython,
      'import torch; print(hasattr(torch.nn.functional, "scaled_dot_product_attention"))',
    ) === 'True';
  const losses = (stdout: string): number[] =>
    [...stdout.matchAll(/loss ([\d.]+)/g)].map((match) => Number(match[1]));

  it.each([
    [],
    ['--attention', 'sdpa'],
    ['--checkpointing', 'full'],
    ['--precision', 'mixed-bf16'],
    ['--grad-accum', '2'],
  ])(
    'the sample GPT-2 trains, learns and tells its phases: %s %s',
    async (...options) => {
      const ran = await run(torchPython!, [
        gpt2,
        'train',
        ...tiny,
        '--batch',
        '2',
        '--seq',
        '16',
        '--steps',
        '6',
        '--lr',
        '0.01',
        ...options,
      ]);
      if ((options as string[]).includes('sdpa') && !hasSdpa) {
        expect(ran).toMatchObject({
          code: 3,
          stderr: expect.stringMatching(
            /^PyTorch \S+ has no scaled_dot_product_attention: use 2\.0 or newer, or --attention eager\.\n$/,
          ),
        });
        return;
      }
      expect(ran.code, ran.stderr).toBe(0);
      const seen = losses(ran.stdout);
      expect(seen).toHaveLength(6);
      expect(seen.at(-1)).toBeLessThan(seen[0]!);
      const told = story(ran.lines).filter((line) => line.endsWith(' 1'));
      expect(new Set(told)).toEqual(new Set(trainStep(1)));
    },
    120_000,
  );

  it('the sample GPT-2 generates the same tokens with and without a cache', async () => {
    const args = [
      gpt2,
      'generate',
      ...tiny,
      '--prompt-tokens',
      '4',
      '--tokens',
      '6',
      '--batch',
      '2',
    ];
    const [cached, full] = [
      await run(torchPython!, args),
      await run(torchPython!, [...args, '--kv-cache', 'off']),
    ];
    const tokens = ({ stdout }: Ran): string | undefined =>
      stdout.split('\n').find((line) => line.startsWith('tokens'));
    expect(tokens(cached)).toMatch(/\d/);
    expect(tokens(full)).toBe(tokens(cached));
  }, 120_000);

  it('an unknown script is watched without being changed', async () => {
    const script = `
import torch
net = torch.nn.Sequential(torch.nn.Embedding(20, 8), torch.nn.Linear(8, 20))
opt = torch.optim.AdamW(net.parameters())
ids = torch.randint(0, 20, (3, 5))
for i in range(5):
    torch.nn.functional.cross_entropy(net(ids).flatten(0, 1), ids.flatten()).backward()
    opt.step(); opt.zero_grad()
    if i == 1:
        with torch.no_grad(): net(ids)
assert torch.nn.Module.__call__ is getattr(torch.nn.Module, "_wrapped_call_impl", torch.nn.Module._call_impl)
print("done")`;
    const ran = await run(torchPython!, ['-c', script], instrumentEnvironment('python', {}));
    expect(ran).toMatchObject({ code: 0, stdout: 'done\n' });
    // An evaluation in between is no step of the training.
    expect(story(ran.lines)).toEqual([
      ...[0, 1].flatMap(trainStep),
      ...evaluation,
      ...[2, 3, 4].flatMap(trainStep),
    ]);
    expect(ran.lines.filter(({ type }) => type === 'run').at(-1)?.fields).toMatchObject({
      optimizer: 'adamw',
      batch: 3,
      seq: 5,
      precision: 'fp32',
    });
  }, 120_000);
});
