"""
What `plumbline.watch` costs a training step of a PyTorch model of 32 blocks on the CPU, in microseconds and as a share.

    python test/bench/workload/watch_cost.py [WIDTH TOKENS PAIRS]

A watched model and its twin take steps in turn in one process, so that both meet the same machine; each watched step is
held against the mean of the two beside it. Twins are never quite alike (their memory lies elsewhere): how far they part
before either is watched is measured first, and taken off. What is taken is the CPU time of their thread: that of whoever reads the markers
is another process's. Steps fall into kinds: told alone, with what the script's objects hold, with what is allocated at each block. Of each kind the
middle difference counts, which load moves little, as often as that kind came. What torch's allocator would say of a GPU is
stood in for by as large a dictionary. The first steps, which are told whole, are left out.
"""
import os
import random
import socket
import statistics
import sys
import tempfile
import time

WIDTH, TOKENS, PAIRS = (int(value) for value in (sys.argv[1:4] if len(sys.argv) > 3 else ("64", "64", "300")))
WARM, BLOCKS = 8, 32


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


def weighed(kinds):
    """The middle difference of each kind, as often as it came."""
    return sum(statistics.median(some) * len(some) for some in kinds) / sum(map(len, kinds))


plain, watched = make(), make()
for _ in range(WARM):
    step(*plain), step(*watched)
apart, without = [], step(*plain)
for _ in range(PAIRS):
    with_it, after = step(*watched), step(*plain)
    apart.append(with_it - (without + after) / 2)
    without = after
plumbline.watch(*watched[:2])
watcher = plumbline._watcher()
watcher.memory = allocator
bare, told = [], []
for index in range(WARM + PAIRS):
    before = watcher.blocks.spent, watcher.objects.spent
    begun = time.perf_counter()
    without = step(*plain)
    watcher.started += time.perf_counter() - begun  # a share of its own model's time is what watching may cost
    with_it = step(*watched)
    if index >= WARM:
        more = [name for name, part, then in zip(("blocks", "objects"), (watcher.blocks, watcher.objects), before) if part.spent != then]
        kind = "untold" if watcher.quiet else "with its " + " and ".join(more) if more else "told alone"
        bare.append(without)
        told.append((kind, with_it))
bare.append(step(*plain))
differences = {}
for index, (kind, with_it) in enumerate(told):
    differences.setdefault(kind, []).append(with_it - (bare[index] + bare[index + 1]) / 2)

draw = random.Random(1)
again = lambda some: draw.choices(some, k=len(some))  # noqa: E731
resampled = sorted(
    weighed([again(some) for some in differences.values()]) - statistics.median(again(apart)) for _ in range(2000))
bias = statistics.median(apart)
middle, low, high = weighed(differences.values()) - bias, resampled[50], resampled[1949]
length = statistics.median(bare)
print("%d blocks of width %d, %d tokens: a step takes %.1f ms of CPU unwatched" % (BLOCKS, WIDTH, TOKENS, length / 1e3))
print("  %4d steps %-28s %+8.0f µs each, the middle one; taken off below" % (PAIRS, "before watching:", bias))
for kind, some in sorted(differences.items()):
    print("  %4d steps %-28s %+8.0f µs each, the middle one" % (len(some), kind + ":", statistics.median(some) - bias))
print("watched: %+.0f µs a step (95%% interval %+.0f to %+.0f), %+.2f%% of it (%+.2f to %+.2f)" % (
    middle, low, high, 100 * middle / length, 100 * low / length, 100 * high / length))
print("that is 1%% of a step of %.0f ms" % (max(middle, 0) / 10))
