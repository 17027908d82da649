/**
 * What the Python helper costs a training step: CPU time of its calls alone, with a reader at the other end. One call after
 * the other finds caches warm and the reader awake, which flatters it; between milliseconds of other work, as in training,
 * its hooks find neither.
 */
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { torchPython } from '../../support/python';

/** A step that PyTorch would take for a small model; the share is of this. */
const STEP_MS = 13;

const SCRIPT = `
import os, socket, sys, tempfile, time
path = os.path.join(tempfile.mkdtemp(), "s")
server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
server.bind(path)
server.listen(4)
if os.fork() == 0:
    reader, _ = server.accept()
    while reader.recv(1 << 20):
        pass
    os._exit(0)
os.environ["PLUMBLINE_SOCKET"] = path
sys.path[:0] = sys.argv[1:3]
import plumbline

def announced(index):
    with plumbline.step(index):
        for name in ("forward", "backward", "optimizer"):
            with plumbline.phase(name):
                plumbline.memory(123456789, reserved=234567890, peak=345678901)

def cost(work, count=3000):
    for index in range(200):
        work(index)
    begun = time.process_time()
    for index in range(count):
        work(index)
    return (time.process_time() - begun) / count * 1e6

print(cost(announced))
import torch
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.up = torch.nn.Linear(8, 8)
    def forward(self, x):
        return x
net, x = Net(), torch.Tensor(1)
optimizer = torch.optim.AdamW(net.parameters())
x.model = net
def step(_index):
    net(x)
    x.backward()
    optimizer.step()
    optimizer.zero_grad()
bare, backward = cost(step), torch.autograd.backward
os.environ["PLUMBLINE_WATCH_COST"] = "1e9"
plumbline.watch(net, optimizer)
print(cost(step) - bare)

spent = 0
def timed(hook):
    def call(*args, **kwargs):
        global spent
        begun = time.thread_time_ns()
        hook(*args, **kwargs)
        spent += time.thread_time_ns() - begun
    return call
def work(ms):
    end = time.perf_counter() + ms / 1e3
    while time.perf_counter() < end:
        pass
class Slow(Net):
    def forward(self, x):
        work(4)
        return x
    def parameters(self):
        work(4 if steps else 0)
        return super().parameters()
for name in ("on_forward_begin", "on_forward_end", "on_backward_begin", "on_backward_end", "on_optimizer_begin", "on_optimizer_end"):
    setattr(plumbline._Watcher, name, timed(getattr(plumbline._Watcher, name)))
plumbline._the_watcher, torch.autograd.backward, steps = None, backward, 0
net = x.model = Slow()
optimizer = torch.optim.AdamW(net.parameters())
plumbline.watch(net, optimizer)
optimizer.register_step_pre_hook(lambda *_: work(4))
for steps in range(1, 251):
    if steps == 51:
        spent = 0
    step(steps)
print(spent / 200 / 1e3)
`;

export function pythonCost(): void {
  try {
    const folders = [resolve('resources', 'python'), resolve('test', 'fixtures', 'torch-stand-in')];
    const [announced, watched, between] = execFileSync('python3', ['-c', SCRIPT, ...folders], {
      encoding: 'utf8',
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
    })
      .trim()
      .split('\n')
      .map(Number);
    const share = (us: number) =>
      `${us.toFixed(0)} µs of CPU a step, ${(us / STEP_MS / 10).toFixed(2)}% of a step of ${STEP_MS} ms`;
    console.log('Python helper, 11 markers announced a step'.padEnd(52), share(announced!));
    console.log('Python helper, watch() on the stand-in for PyTorch'.padEnd(52), share(watched!));
    console.log('  its hooks between 4 ms of other work a phase'.padEnd(52), share(between!));
  } catch (error) {
    console.log(`Python helper: not measured (${(error as Error).message.split('\n')[0]})`);
  }
}

/** What watching costs a real PyTorch model of 32 blocks: read in watch_cost.py how. */
export function watchCost(): void {
  const python = torchPython();
  if (python === null) {
    console.log(
      'Python helper on a real PyTorch: not measured (no Python that can import torch; PLUMBLINE_TEST_TORCH may name one)',
    );
    return;
  }
  execFileSync(python, [resolve('test', 'bench', 'workload', 'watch_cost.py')], {
    stdio: 'inherit',
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  });
}
