"""Plants a fault of known size in a PyTorch script, or holds GPU memory as a second process would.

    faults.py --leak-mib 16 -- SCRIPT ARGUMENTS…        keeps 16 MiB more after every optimizer step
    faults.py --fragment-mib 2048 -- SCRIPT ARGUMENTS…  leaves that much of the allocator's reserve in holes of 1 MiB at the start
    faults.py --pool-percent 50 -- SCRIPT ARGUMENTS…    holds that share of the card from the start, as a server's cache does
    faults.py --snapshot FILE -- SCRIPT ARGUMENTS…      no fault: PyTorch's own memory snapshot of the run, written at its end
    faults.py --hold-mib 3000 --after 2                 holds 3000 MiB until it is ended

The script runs as if it had been started itself. Each fault is announced on stderr with its size.
"""
import argparse
import os
import runpy
import sys
import time

MIB = 1 << 20
SNAPSHOT_EVENTS = 60000
SNAPSHOT_BYTES = 64 * MIB


def say(text):
    sys.stderr.write("planted: %s\n" % text)
    sys.stderr.flush()


def plant_leak(torch, mib):
    from torch.optim.optimizer import register_optimizer_step_post_hook
    kept = []

    def keep(*_args):
        kept.append(torch.empty(mib * MIB, dtype=torch.uint8, device="cuda"))

    register_optimizer_step_post_hook(keep)
    say("a leak of %d MiB at each optimizer step" % mib)
    return kept


def plant_holes(torch, mib):
    """Of 2 x `mib` blocks every other one is freed. What is larger than 1 MiB shares segments of 20 MiB in torch's
    allocator, and what is not lives in a pool of its own, so that nothing a model allocates fits the holes.
    """
    blocks = [torch.empty(MIB + 512, dtype=torch.uint8, device="cuda") for _ in range(2 * mib)]
    kept = blocks[::2]
    del blocks
    say("%d MiB in holes of 1 MiB, %d MiB kept between them" % (mib, len(kept)))
    return kept


def plant_pool(torch, percent):
    total = torch.cuda.get_device_properties(0).total_memory
    pool = torch.empty(total * percent // 100, dtype=torch.uint8, device="cuda")
    say("a pool of %d bytes, %d%% of the card" % (pool.numel(), percent))
    return pool


def remember_events(torch):
    """With Python's frames alone: to name those of C++ takes minutes at the end."""
    try:
        torch.cuda.memory._record_memory_history(max_entries=SNAPSHOT_EVENTS, stacks="python")
    except Exception as error:  # a PyTorch that has it otherwise, or none for CUDA: the run is worth having without
        say("no history of events: %s" % error)


def write_snapshot(torch, path):
    """The history kept so far, at most SNAPSHOT_EVENTS events; nothing where it is larger than SNAPSHOT_BYTES."""
    try:
        torch.cuda.memory._dump_snapshot(path)
        size = os.path.getsize(path)
        if size > SNAPSHOT_BYTES:
            os.remove(path)
        say("%s snapshot of %d bytes" % ("no" if size > SNAPSHOT_BYTES else "a", size))
    except Exception as error:  # a snapshot is beside the run, which must end as it would have
        say("no snapshot: %s" % error)


def hold(torch, mib, after):
    torch.zeros(1, device="cuda")
    time.sleep(after)
    kept = torch.zeros(mib * MIB, dtype=torch.uint8, device="cuda")
    torch.cuda.synchronize()
    print("holding %d MiB" % mib, flush=True)
    while True:
        time.sleep(60)
        kept.numel()


def main(argv):
    cut = argv.index("--") if "--" in argv else len(argv)
    parser = argparse.ArgumentParser(description="Plants a fault of known size in a PyTorch script.")
    parser.add_argument("--leak-mib", type=int, default=0)
    parser.add_argument("--fragment-mib", type=int, default=0)
    parser.add_argument("--pool-percent", type=int, default=0)
    parser.add_argument("--snapshot", help="file for PyTorch's memory snapshot")
    parser.add_argument("--hold-mib", type=int, default=0)
    parser.add_argument("--after", type=float, default=0.0, help="seconds before memory is held")
    args, script = parser.parse_args(argv[:cut]), argv[cut + 1:]
    if not args.hold_mib and not script:
        parser.error("nothing to run: give a script after --, or --hold-mib")
    try:
        import torch
    except ImportError:
        sys.stderr.write("PyTorch is not installed for this Python.\n")
        return 3
    if args.hold_mib:
        hold(torch, args.hold_mib, args.after)
    planted = [plant_leak(torch, args.leak_mib)] if args.leak_mib else []
    if args.fragment_mib:
        planted.append(plant_holes(torch, args.fragment_mib))
    if args.pool_percent:
        planted.append(plant_pool(torch, args.pool_percent))
    if args.snapshot:
        remember_events(torch)
    sys.argv = script
    sys.path[0] = os.path.dirname(os.path.abspath(script[0]))
    try:
        runpy.run_path(script[0], run_name="__main__")
    finally:
        if args.snapshot:
            write_snapshot(torch, args.snapshot)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
