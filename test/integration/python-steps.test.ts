/**
 * What the Python helper takes for a step, and how many of them it tells: an iteration of the script, however many
 * optimizers step in it, and as many as cost less than their share of the run by the helper's own clock.
 */
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { instrumentEnvironment } from '../../src/main/workloads/instrument';
import { type Line, python, type Ran, runPython, torchPython } from '../support/python';

const root = join(import.meta.dirname, '../..');
const helpers = join(root, 'resources/python');
const standIn = join(root, 'test/fixtures/torch-stand-in');
const reason = python ? '' : ' (skipped: python3 was not found)';
const real = torchPython();
const noTorch = real ? '' : ' (skipped: no Python here can import PyTorch)';

/** Phases of each step, by its number: "f", "b" and "o" for forward, backward and optimizer. */
function stepsOf(lines: readonly Line[]): Record<string, string> {
  const steps: Record<string, string> = {};
  for (const { type, name, event, step } of lines)
    if (type === 'phase' && event === 'begin')
      steps[String(step)] = (steps[String(step)] ?? '') + (name ?? '')[0];
  return steps;
}
const numbered = (...steps: readonly string[]) => ({ ...steps });
const runFields = ({ lines }: Ran) => lines.filter(({ type }) => type === 'run').at(-1)?.fields;

describe.each([
  ['a stand-in for PyTorch', python, { PYTHONPATH: standIn }, reason],
  ['the real PyTorch', real, {}, noTorch],
] as const)('a step of %s', (_name, executable, env, skipped) => {
  const trained = async (...args: string[]): Promise<Ran> => {
    const script = join(standIn, 'turns.py');
    const ran = await runPython(
      executable ?? '',
      [script, ...args],
      instrumentEnvironment('python', env),
    );
    expect(ran).toMatchObject({ code: 0, stdout: 'done\n', stderr: '' });
    const begun = ran.lines.filter(({ type, event }) => type === 'step' && event === 'begin');
    const ended = ran.lines.filter(({ type, event }) => type === 'step' && event === 'end');
    expect(begun.map(({ step }) => step)).toEqual(begun.map((_, i) => i));
    expect(ended.map(({ step }) => step)).toEqual(begun.map(({ step }) => step));
    return ran;
  };
  const step = test.skipIf(!executable);

  step(`holds all optimizers that step one after the other${skipped}`, async () => {
    const ran = await trained('ab/ab/ab');
    expect(stepsOf(ran.lines)).toEqual(numbered('fboo', 'fboo', 'fboo'));
  });

  step('holds the turns of a critic and a generator', async () => {
    const ran = await trained('a,b/a,b/a,b');
    expect(stepsOf(ran.lines)).toEqual(numbered('fbofbo', 'fbofbo', 'fbofbo'));
    expect(runFields(ran)).not.toHaveProperty('gradAccum');
  });

  step('holds several turns of a critic to one of the generator', async () => {
    const ran = await trained('a,a,a,b/a,a,a,b/a,a,a,b');
    expect(stepsOf(ran.lines)).toEqual(numbered('fbofbofbofbo', 'fbofbofbofbo', 'fbofbofbofbo'));
  });

  step('accumulates gradients for several optimizers as for one', async () => {
    const ran = await trained(',ab/,ab/,ab');
    expect(stepsOf(ran.lines)).toEqual(numbered('fbfboo', 'fbfboo', 'fbfboo'));
    expect(runFields(ran)).toMatchObject({ gradAccum: 2 });
  });

  step('that an overflow leaves out makes no accumulation', async () => {
    const ran = await trained(',a/a/a/a');
    expect(runFields(ran)).not.toHaveProperty('gradAccum');
  });

  step('does not wait for an optimizer whose parameters another has taken over', async () => {
    const ran = await trained('a/a/a', 'replaced');
    expect(stepsOf(ran.lines)).toEqual(numbered('fbo', 'fbo', 'fbo'));
  });

  step('waits a while for an optimizer that never steps, and then no more', async () => {
    const ran = await trained(Array(14).fill('a').join('/'), 'unused');
    expect(stepsOf(ran.lines)).toEqual(numbered('fbo'.repeat(11), 'fbo', 'fbo', 'fbo'));
  });

  step('knows the model of an optimizer that begins to step late', async () => {
    const ran = await trained(`${Array(14).fill('a').join('/')}/${Array(6).fill('b,a').join('/')}`);
    // Of its first pass the forward part was over before anything told that it is of a model.
    const { undefined: first, ...steps } = stepsOf(ran.lines);
    expect(first).toBe('bo');
    expect(Object.values(steps).slice(-4)).toEqual(Array(4).fill('fbofbo'));
  });

  step('is as long without one that steps seldom', async () => {
    const often = Array(14).fill('a').join('/');
    const ran = await trained(`a,b/${often}/b/${often}`);
    const steps = Object.values(stepsOf(ran.lines));
    expect(steps.slice(0, 3)).toEqual(['fbofbo', 'fbo'.repeat(11), 'fbo']);
    expect(steps.slice(-13)).toEqual(Array(13).fill('fbo'));
  });
});

/** A training with a clock of its own: `work` µs a step, 50 each time the allocator is asked, 20 for whatever is sent. */
const timed = (work: number, steps: number) => `
import sys, types
sys.path.insert(0, sys.argv[1])
import plumbline, torch
clock = {"us": 0, "worked": 0}
def slow(call, us):
    def called(*args):
        clock["us"] += us
        return call(*args)
    return called
torch.cuda.memory_stats_as_nested_dict = slow(torch.cuda.memory_stats_as_nested_dict, 50)
plumbline._channel.write = slow(plumbline._channel.write, 20)
plumbline.time = types.SimpleNamespace(perf_counter=lambda: clock["us"] / 1e6, monotonic=lambda: clock["us"] / 1e6, monotonic_ns=lambda: clock["us"] * 1000)
plumbline._now = plumbline.time.monotonic_ns
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.up = torch.nn.Linear(8, 8)
    def forward(self, x):
        clock["us"] += ${work}
        clock["worked"] += ${work}
        return x
net, x = Net(), torch.Tensor(1, 8)
optimizer, x.model = torch.optim.AdamW(net.parameters()), net
plumbline.watch(net, optimizer)
for index in range(${steps}):
    if index == ${steps} // 2:
        half = dict(clock)
    net(x)
    x.backward()
    optimizer.step()
    optimizer.zero_grad()
for us, worked in ((half["us"], half["worked"]), (clock["us"] - half["us"], clock["worked"] - half["worked"])):
    print((us - worked) / us)`;

describe.skipIf(!python)(`what watching costs by the helper's own clock${reason}`, () => {
  const share = async (work: number, steps: number) => {
    const { code, stdout, lines } = await runPython(
      python ?? '',
      ['-c', timed(work, steps), helpers],
      { PYTHONPATH: standIn, PLUMBLINE_WATCH_COST: '0.01' },
    );
    expect(code).toBe(0);
    const [first = 1, second = 1] = stdout.trim().split('\n').map(Number);
    const told = lines.flatMap(({ type, event, step }) =>
      type === 'step' && event === 'begin' && step !== undefined ? [step] : [],
    );
    const notes = lines.flatMap(({ type, text }) => (type === 'note' ? [text] : []));
    return { first, second, told, notes };
  };

  it('stays below 1% of the run, where a step told costs several times that', async () => {
    const { second, told, notes } = await share(5000, 20_000);
    expect(second).toBeLessThan(0.01);
    // Of each quarter some are told: the run is thinned, not left.
    for (const quarter of [0, 1, 2, 3])
      expect(told.filter((step) => Math.floor(step / 5000) === quarter).length).toBeGreaterThan(20);
    expect(notes).toEqual([
      'from here on some steps are not told: telling all of them would cost more than 1% of the run',
    ]);
  });

  it('ends where steps are so short that to count them costs more', async () => {
    const { second, told, notes } = await share(200, 40_000);
    expect(second).toBe(0);
    expect(told.slice(0, 3)).toEqual([0, 1, 2]);
    expect(notes.at(-1)).toMatch(/too short to be watched for 1%.*none is told/);
  });
});
