"""
What `plumbline.watch` costs a training step of a PyTorch model of 32 blocks on the CPU, in microseconds and as a share.

    python test/bench/workload/watch_cost.py [WIDTH TOKENS STEPS]

The helper counts its own time and thins itself out by it. Here its clock is the CPU time of the thread, which other work on
the machine does not move, and what it counts is printed: by kind of step (told, with what the script's objects hold, with
what is allocated at each block, not told) and over all. What its clock does not see, torch calling a hook, it counts as
2 µs each; what that takes is measured beside it, on a module that does nothing. What torch's allocator would say of a GPU is
stood in for by as large a dictionary. The first steps, which are told whole, are printed by themselves.
"""
import os
import random
import socket
import statistics
import sys
import tempfile
import time

WIDTH, TOKENS, STEPS = (int(value) for value in (sys.argv[1:4] if len(sys.argv) > 3 else ("64", "64", "600")))
WARM, BLOCKS, BLOCK_OF_STEPS = 8, 32, 25


def listen():
    """Somebody at the other end, as Plumbline would be."""
    path = os.path.join(tempfile.mkdtemp(), "s")
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(path)
    server.listen(4)
    if os.fork() == 0:
        reader, _ = server.accept()
        while reader.recv(1 << 20):
            pass
        os._exit(0)
    return path


os.environ["PLUMBLINE_SOCKET"] = listen()
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../resources/python"))

import torch  # noqa: E402

import plumbline  # noqa: E402

torch.set_num_threads(1)


class Block(torch.nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm, self.after = torch.nn.LayerNorm(width), torch.nn.LayerNorm(width)
        self.qkv, self.out = torch.nn.Linear(width, 3 * width), torch.nn.Linear(width, width)
        self.up, self.down = torch.nn.Linear(width, 4 * width), torch.nn.Linear(4 * width, width)

    def forward(self, x):
        q, k, v = (one.unflatten(-1, (4, -1)).transpose(-3, -2) for one in self.qkv(self.norm(x)).chunk(3, -1))
        attended = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(attended.transpose(-3, -2).flatten(-2))
        return x + self.down(torch.nn.functional.gelu(self.up(self.after(x))))


class Net(torch.nn.Module):
    def __init__(self, width):
        super().__init__()
        self.layers = torch.nn.ModuleList([Block(width) for _ in range(BLOCKS)])

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


def make():
    net = Net(WIDTH)
    return net, torch.optim.AdamW(net.parameters(), foreach=True), torch.randn(1, TOKENS, WIDTH)


def allocator():
    """As many counters as torch.cuda.memory_stats_as_nested_dict returns."""
    names = ("allocation", "segment", "active", "inactive_split", "allocated_bytes", "reserved_bytes", "active_bytes",
             "inactive_split_bytes", "requested_bytes")
    pool = {"current": 1, "peak": 2, "allocated": 3, "freed": 4}
    pools = ("all", "large_pool", "small_pool")
    return {**{name: {one: dict(pool) for one in pools} for name in names}, "num_alloc_retries": 0, "num_ooms": 0}


def step(net, optimizer, x):
    begun = time.thread_time_ns()
    net(x).square().mean().backward()
    optimizer.step()
    optimizer.zero_grad()
    return (time.thread_time_ns() - begun) / 1e3


def hook_us():
    """What torch takes to call a hook before and one after a forward pass, both of which do nothing."""
    def call_us(module, count=20_000):
        begun = time.thread_time_ns()
        for _ in range(count):
            module(None)
        return (time.thread_time_ns() - begun) / count / 1e3
    bare, hooked = torch.nn.Identity(), torch.nn.Identity()
    hooked.register_forward_pre_hook(lambda *_: None, with_kwargs=True)
    hooked.register_forward_hook(lambda *_: None)
    call_us(bare), call_us(hooked)
    return (call_us(hooked) - call_us(bare)) / 2


net, optimizer, x = make()
for _ in range(WARM):
    step(net, optimizer, x)
length = statistics.median(step(net, optimizer, x) for _ in range(30))
plumbline.time.perf_counter = time.thread_time
plumbline.watch(net, optimizer)
watcher = plumbline._watcher()
watcher.memory = allocator
first, told = [], []
while len(told) < STEPS:
    before = watcher.spent, watcher.blocks.spent, watcher.objects.spent, watcher.started
    took = step(net, optimizer, x)
    if watcher.started != before[3] or watcher.is_beginning():  # the count begins anew after the first steps
        first.append(took - length)
        continue
    more = [name for name, part, then in zip(("blocks", "objects"), (watcher.blocks, watcher.objects), before[1:]) if part.spent != then]
    kind = "not told" if watcher.wake_at is not None else "with its " + " and ".join(more) if more else "told"
    told.append((kind, 1e6 * (watcher.spent - before[0]), took))

draw = random.Random(1)
blocks = [told[at:at + BLOCK_OF_STEPS] for at in range(0, len(told), BLOCK_OF_STEPS)]


def share(some):
    return sum(cost for _, cost, _ in some) / sum(took - cost for _, cost, took in some)


resampled = sorted(share(sum(draw.choices(blocks, k=len(blocks)), [])) for _ in range(2000))
print("%d blocks of width %d, %d tokens: a step takes %.1f ms of CPU unwatched" % (BLOCKS, WIDTH, TOKENS, length / 1e3))
print("  the first %d steps, told whole: %.0f ms more in all, and up to %.0f after them before its share counts" % (
    len(first), sum(first) / 1e3, 1e3 * watcher.cost * plumbline._GRACE_S))
for kind in sorted({kind for kind, _, _ in told}):
    some = [cost for own, cost, _ in told if own == kind]
    print("  %4d steps %-28s %8.0f µs each, the mean; %.0f the middle one" % (len(some), kind + ":", statistics.mean(some), statistics.median(some)))
half = len(told) // 2
print("watched: %.0f µs a step, %.2f%% of it (95%% interval %.2f to %.2f), in the second half %.2f%%" % (
    statistics.mean(cost for _, cost, _ in told), 100 * share(told), 100 * resampled[50], 100 * resampled[1949], 100 * share(told[half:])))
print("a hook that has nothing to do: %.1f µs, counted as %.1f" % (hook_us(), 1e6 * plumbline._CALL_S))
