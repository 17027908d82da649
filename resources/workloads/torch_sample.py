"""What the PyTorch samples beside this file share: their options, their loops, and how they tell Plumbline.

A sample gives a parser its model's options and `run` a function that builds the model. Weights and data are random from
a seed: memory and time depend on shapes alone. Training repeats one batch, so its loss falls. Phases and memory are
announced through plumbline.py (../python, or beside this file); without it nothing is.
Exit codes: 0 done, 1 out of memory, 2 wrong usage, 3 PyTorch, a package or the device is missing.
"""
import argparse
import importlib.util
import inspect
import os
import sys
import time
from contextlib import contextmanager, nullcontext

_HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(_HERE, "..", "python")]
try:
    import plumbline
except ImportError:
    plumbline = None


def at_least(least):
    def parse(text):
        value = int(text)
        if value < least:
            raise argparse.ArgumentTypeError("%d is not at least %d" % (value, least))
        return value
    parse.__name__ = "whole number"
    return parse


def add_run_options(parser):
    """The options of a run, in the words that `plumbline record` declares it with."""
    count = at_least(1)
    parser.add_argument("mode", choices=("train", "generate", "infer"))
    parser.add_argument("--batch", type=count, default=1)
    parser.add_argument("--seq", type=count, default=128, help="tokens a sequence (train, infer)")
    parser.add_argument("--prompt-tokens", type=count, default=16)
    parser.add_argument("--tokens", type=count, default=32, help="tokens to generate")
    parser.add_argument("--kv-cache", choices=("on", "off"), default="on")
    parser.add_argument("--precision", choices=("fp32", "fp16", "bf16", "mixed-fp16", "mixed-bf16"), default="fp32",
                        help="fp16 and bf16 hold everything so; mixed holds fp32 weights and computes by autocast")
    parser.add_argument("--attention", choices=("eager", "sdpa"), default="eager")
    parser.add_argument("--checkpointing", choices=("none", "full"), default="none")
    parser.add_argument("--optimizer", choices=("adamw", "adam", "sgd", "momentum", "adam8bit"), default="adamw",
                        help="adam8bit is that of the package bitsandbytes")
    parser.add_argument("--optimizer-kernel", choices=("foreach", "fused", "single"), default="foreach")
    parser.add_argument("--grad-accum", type=count, default=1)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--steps", type=count, default=5)
    parser.add_argument("--lr", type=float, default=3e-4)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--seed", type=at_least(0), default=0)
    parser.add_argument("--linger", type=float, default=0.0, help="seconds to stay at the end, for who looks at processes once a second")


def check_run(parser, args):
    """Refuses what no model of `args.positions` positions can run."""
    longest = args.prompt_tokens + args.tokens if args.mode == "generate" else args.seq
    if longest > args.positions:
        parser.error("a sequence of %d tokens exceeds the %d positions of the model" % (longest, args.positions))
    if args.dropout is not None and not 0 <= args.dropout < 1:
        parser.error("--dropout is a probability below 1")


def optimizer_class(torch, args):
    if args.optimizer == "adam8bit":
        import bitsandbytes
        return bitsandbytes.optim.Adam8bit
    return {"adamw": torch.optim.AdamW, "adam": torch.optim.Adam}.get(args.optimizer, torch.optim.SGD)


def optimizer_for(torch, args, model):
    kernel = {"foreach": {"foreach": True}, "fused": {"fused": True}, "single": {"foreach": False}}[args.optimizer_kernel]
    own = {"adamw": {"weight_decay": 0.1}, "momentum": {"momentum": 0.9}}.get(args.optimizer, {})
    if args.optimizer == "adam8bit":
        kernel = {}  # it has one of its own
    trained = [one for one in model.parameters() if one.requires_grad]
    return optimizer_class(torch, args)(trained, lr=args.lr, **own, **kernel)


def lacking(torch, args):
    """What was asked for that came with a later PyTorch or another package, in a sentence; None where nothing was."""
    if args.attention == "sdpa" and not hasattr(torch.nn.functional, "scaled_dot_product_attention"):
        return "PyTorch %s has no scaled_dot_product_attention: use 2.0 or newer, or --attention eager." % torch.__version__
    if args.mode == "train" and args.optimizer == "adam8bit" and importlib.util.find_spec("bitsandbytes") is None:
        return "bitsandbytes is not installed for this Python: install it, or use --optimizer adamw."
    optimizer = optimizer_class(torch, args) if args.mode == "train" else None
    if optimizer and args.optimizer_kernel == "fused" and "fused" not in inspect.signature(optimizer).parameters:
        return "PyTorch %s has no fused %s: use a newer one, or --optimizer-kernel foreach." % (torch.__version__, optimizer.__name__)
    if args.precision == "mixed-fp16" and args.device == "cpu":
        try:
            with torch.autocast("cpu", dtype=torch.float16):
                pass
        except RuntimeError:
            return "PyTorch %s has no autocast to fp16 on a CPU: use --precision mixed-bf16 or a newer one." % torch.__version__
    return None


def text_and_next(torch, args):
    """Random tokens, and of each the one that follows."""
    text = torch.randint(args.vocab, (args.batch, args.seq + 1), device=args.device)
    return text[:, :-1].contiguous(), text[:, 1:].reshape(-1)


def next_token_loss(torch, args, model, ids, targets):
    logits = model(ids)
    return torch.nn.functional.cross_entropy(logits.float().view(-1, args.vocab), targets)


def train(torch, args, model, autocast, data=text_and_next, loss_of=next_token_loss):
    """Trains on the one batch that `data(torch, args)` makes, by `loss_of(torch, args, model, *batch)`."""
    optimizer = optimizer_for(torch, args, model)
    if plumbline:
        plumbline.watch(model, optimizer)
    scaler = getattr(torch.amp, "GradScaler", torch.cuda.amp.GradScaler)() if args.precision == "mixed-fp16" and args.device == "cuda" else None
    batch = data(torch, args)
    model.train()
    for index in range(args.steps):
        started = time.perf_counter()
        for _ in range(args.grad_accum):
            with autocast():
                loss = loss_of(torch, args, model, *batch) / args.grad_accum
            (scaler.scale(loss) if scaler else loss).backward()
        if scaler:
            scaler.step(optimizer)
            scaler.update()
        else:
            optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        value = loss.item() * args.grad_accum  # waits for the GPU
        print("step %d/%d loss %.4f %.3f s" % (index + 1, args.steps, value, time.perf_counter() - started), flush=True)


def generate(torch, args, model, autocast):
    if plumbline:
        plumbline.watch(model)
    model.eval()
    ids = torch.randint(args.vocab, (args.batch, args.prompt_tokens), device=args.device)
    past = [[] for _ in range(args.layers)] if args.kv_cache == "on" else None
    started = time.perf_counter()
    with torch.no_grad(), autocast():
        for _ in range(args.tokens):
            if past is None:
                logits = model(ids, last_only=True)
            else:
                logits = model(ids[:, -1:] if past[0] else ids, past_key_values=past, last_only=True)
            ids = torch.cat((ids, logits[:, -1].argmax(-1, keepdim=True)), 1)
    chosen = ids[:, args.prompt_tokens:].tolist()
    print("tokens %s" % chosen[0])
    print("%.2f tokens/s per sequence" % (args.tokens / (time.perf_counter() - started)))


def infer(torch, args, model, autocast):
    if plumbline:
        plumbline.watch(model)
    model.eval()
    ids = torch.randint(args.vocab, (args.batch, args.seq), device=args.device)
    for index in range(args.steps):
        started = time.perf_counter()
        with torch.no_grad(), autocast():
            model(ids, last_only=True)[0, -1, 0].item()
        print("step %d/%d %.3f s" % (index + 1, args.steps, time.perf_counter() - started), flush=True)


@contextmanager
def made(torch, device, dtype):
    """Weights are made where they stay and in their own type, as loading a checkpoint does (before PyTorch 2.0: on the CPU)."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype or before)
    try:
        with torch.device(device) if hasattr(torch.device, "__enter__") else nullcontext():
            yield
    finally:
        torch.set_default_dtype(before)


def refuse(sentence):
    sys.stderr.write(sentence + "\n")
    return 3


def run(args, build, also_lacking=None, loops=None):
    """Builds the model with `build(torch, args)` and runs what `args` say; returns the exit code. `loops` stand in for those
    of this file, by mode.
    """
    try:
        import torch
        import torch.utils.checkpoint
    except ImportError:
        return refuse("PyTorch is not installed for this Python: install it from https://pytorch.org, or use another Python.")
    if args.device == "cuda" and not torch.cuda.is_available():
        return refuse("PyTorch finds no CUDA GPU here: install a driver and a CUDA build of PyTorch, or use --device cpu.")
    missing = lacking(torch, args) or (also_lacking and also_lacking(torch, args))
    if missing:
        return refuse(missing)
    torch.manual_seed(args.seed)
    dtype = {"fp16": torch.float16, "bf16": torch.bfloat16}.get(args.precision.replace("mixed-", ""))
    mixed = args.precision.startswith("mixed-")

    def autocast():
        return torch.autocast(args.device, dtype=dtype) if mixed else nullcontext()

    try:
        with plumbline.phase("load") if plumbline else nullcontext():
            with made(torch, args.device, None if mixed else dtype):
                model = build(torch, args)
            model = model.to(device=args.device)
        print("%d parameters, torch %s on %s" % (sum(one.numel() for one in model.parameters()), torch.__version__, args.device), flush=True)
        dict({"train": train, "generate": generate, "infer": infer}, **(loops or {}))[args.mode](torch, args, model, autocast)
        time.sleep(args.linger)
    except torch.cuda.OutOfMemoryError as error:
        sys.stderr.write("Out of GPU memory: %s\n" % str(error).split("\n")[0])
        return 1
    return 0
