"""GPT-2 in PyTorch: the sample to record on a GPU, written so that what it allocates is plain to see.

    plumbline record -- python torch_gpt2.py train --model gpt2 --batch 8 --seq 1024 --precision mixed-bf16
    plumbline record -- python torch_gpt2.py generate --prompt-tokens 512 --tokens 128 --kv-cache on

Weights and data are random from a seed: memory and time depend on shapes alone. Training repeats one batch, so its loss
falls. Phases and memory are announced through plumbline.py (../python, or beside this file); without it nothing is.
Exit codes: 0 done, 1 out of memory, 2 wrong usage, 3 PyTorch or the device is missing.
"""
import argparse
import inspect
import os
import sys
import time
from contextlib import nullcontext

_HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [_HERE, os.path.join(_HERE, "..", "python")]
try:
    import plumbline
except ImportError:
    plumbline = None

SIZES = {  # layers, width, heads
    "gpt2": (12, 768, 12), "gpt2-medium": (24, 1024, 16), "gpt2-large": (36, 1280, 20), "gpt2-xl": (48, 1600, 25),
}


def at_least(least):
    def parse(text):
        value = int(text)
        if value < least:
            raise argparse.ArgumentTypeError("%d is not at least %d" % (value, least))
        return value
    parse.__name__ = "whole number"
    return parse


def arguments(argv):
    count = at_least(1)
    parser = argparse.ArgumentParser(description="GPT-2 in PyTorch: trains or generates, and tells Plumbline its phases.")
    parser.add_argument("mode", choices=("train", "generate", "infer"))
    parser.add_argument("--model", choices=tuple(SIZES), default="gpt2")
    for name, least in (("layers", 1), ("hidden", 1), ("heads", 1), ("ffn", 1)):
        parser.add_argument("--" + name, type=at_least(least), help="instead of the model's own")
    parser.add_argument("--vocab", type=count, default=50257)
    parser.add_argument("--positions", type=count, default=1024)
    parser.add_argument("--batch", type=count, default=1)
    parser.add_argument("--seq", type=count, default=128, help="tokens a sequence (train, infer)")
    parser.add_argument("--prompt-tokens", type=count, default=16)
    parser.add_argument("--tokens", type=count, default=32, help="tokens to generate")
    parser.add_argument("--kv-cache", choices=("on", "off"), default="on")
    parser.add_argument("--precision", choices=("fp32", "fp16", "bf16", "mixed-fp16", "mixed-bf16"), default="fp32",
                        help="fp16 and bf16 hold everything so; mixed holds fp32 weights and computes by autocast")
    parser.add_argument("--attention", choices=("eager", "sdpa"), default="eager")
    parser.add_argument("--checkpointing", choices=("none", "full"), default="none")
    parser.add_argument("--optimizer", choices=("adamw", "adam", "sgd", "momentum"), default="adamw")
    parser.add_argument("--optimizer-kernel", choices=("foreach", "fused", "single"), default="foreach")
    parser.add_argument("--grad-accum", type=count, default=1)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--steps", type=count, default=5)
    parser.add_argument("--lr", type=float, default=3e-4)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--seed", type=at_least(0), default=0)
    args = parser.parse_args(argv)
    layers, hidden, heads = SIZES[args.model]
    args.layers, args.hidden, args.heads = args.layers or layers, args.hidden or hidden, args.heads or heads
    args.ffn = args.ffn or 4 * args.hidden
    if args.hidden % args.heads:
        parser.error("%d heads do not divide the width of %d" % (args.heads, args.hidden))
    longest = args.prompt_tokens + args.tokens if args.mode == "generate" else args.seq
    if longest > args.positions:
        parser.error("a sequence of %d tokens exceeds the %d positions of the model" % (longest, args.positions))
    if not 0 <= args.dropout < 1:
        parser.error("--dropout is a probability below 1")
    return args


def build(torch, args):
    """The model: learned positions, pre-norm blocks, tanh GELU, causal attention, head tied to the embedding."""
    nn, functional = torch.nn, torch.nn.functional

    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.qkv, self.projection = nn.Linear(args.hidden, 3 * args.hidden), nn.Linear(args.hidden, args.hidden)

        def forward(self, x, past):
            batch, length, width = x.shape
            q, k, v = (one.view(batch, length, args.heads, -1).transpose(1, 2) for one in self.qkv(x).split(width, dim=2))
            if past is not None:
                if past:
                    k, v = torch.cat((past[0], k), 2), torch.cat((past[1], v), 2)
                past[:] = k, v
            dropout = args.dropout if self.training else 0.0
            if args.attention == "sdpa":
                y = functional.scaled_dot_product_attention(q, k, v, dropout_p=dropout, is_causal=length > 1)
            else:
                scores = (q @ k.transpose(-2, -1)) * (width // args.heads) ** -0.5
                if length > 1:
                    ahead = torch.ones(length, length, dtype=torch.bool, device=x.device).triu(1)
                    scores = scores.masked_fill(ahead, float("-inf"))
                y = functional.dropout(functional.softmax(scores, dim=-1), dropout) @ v
            return self.projection(y.transpose(1, 2).reshape(batch, length, width))

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(args.hidden), nn.LayerNorm(args.hidden)
            self.attention = Attention()
            self.up, self.down = nn.Linear(args.hidden, args.ffn), nn.Linear(args.ffn, args.hidden)
            self.dropout = nn.Dropout(args.dropout)

        def forward(self, x, past=None):
            x = x + self.dropout(self.attention(self.norm1(x), past))
            return x + self.dropout(self.down(functional.gelu(self.up(self.norm2(x)), approximate="tanh")))

    class GPT2(nn.Module):
        def __init__(self):
            super().__init__()
            self.tokens, self.positions = nn.Embedding(args.vocab, args.hidden), nn.Embedding(args.positions, args.hidden)
            self.dropout = nn.Dropout(args.dropout)
            self.blocks = nn.ModuleList(Block() for _ in range(args.layers))
            self.norm = nn.LayerNorm(args.hidden)
            self.is_gradient_checkpointing = args.checkpointing == "full"
            # What it is, in the words of Hugging Face's config.json: a watcher tells Plumbline.
            self.config = argparse.Namespace(
                model_type="gpt2", n_layer=args.layers, n_embd=args.hidden, n_head=args.heads, n_inner=args.ffn, n_positions=args.positions,
                vocab_size=args.vocab, activation_function="gelu_pytorch_tanh", tie_word_embeddings=True, _attn_implementation=args.attention)
            for name, weight in self.named_parameters():
                if weight.dim() > 1:
                    small = name.endswith(("projection.weight", "down.weight"))
                    nn.init.normal_(weight, std=0.02 / (2 * args.layers) ** 0.5 if small else 0.02)
                elif name.endswith("bias"):
                    nn.init.zeros_(weight)

        def forward(self, ids, past_key_values=None, last_only=False):
            past = past_key_values
            start = past[0][0].shape[2] if past and past[0] else 0
            places = torch.arange(start, start + ids.shape[1], device=ids.device)
            x = self.dropout(self.tokens(ids) + self.positions(places))
            for index, block in enumerate(self.blocks):
                if self.training and self.is_gradient_checkpointing:
                    x = torch.utils.checkpoint.checkpoint(block, x, use_reentrant=False)
                else:
                    x = block(x, None if past is None else past[index])
            x = self.norm(x[:, -1:] if last_only else x)
            return functional.linear(x, self.tokens.weight)

    return GPT2()


def optimizer_class(torch, args):
    return {"adamw": torch.optim.AdamW, "adam": torch.optim.Adam}.get(args.optimizer, torch.optim.SGD)


def optimizer_for(torch, args, model):
    kernel = {"foreach": {"foreach": True}, "fused": {"fused": True}, "single": {"foreach": False}}[args.optimizer_kernel]
    own = {"adamw": {"weight_decay": 0.1}, "momentum": {"momentum": 0.9}}.get(args.optimizer, {})
    return optimizer_class(torch, args)(model.parameters(), lr=args.lr, **own, **kernel)


def lacking(torch, args):
    """What was asked for that came with a later PyTorch, in a sentence; None where nothing was."""
    if args.attention == "sdpa" and not hasattr(torch.nn.functional, "scaled_dot_product_attention"):
        return "PyTorch %s has no scaled_dot_product_attention: use 2.0 or newer, or --attention eager." % torch.__version__
    optimizer = optimizer_class(torch, args)
    if args.mode == "train" and args.optimizer_kernel == "fused" and "fused" not in inspect.signature(optimizer).parameters:
        return "PyTorch %s has no fused %s: use a newer one, or --optimizer-kernel foreach." % (torch.__version__, optimizer.__name__)
    if args.precision == "mixed-fp16" and args.device == "cpu":
        try:
            with torch.autocast("cpu", dtype=torch.float16):
                pass
        except RuntimeError:
            return "PyTorch %s has no autocast to fp16 on a CPU: use --precision mixed-bf16 or a newer one." % torch.__version__
    return None


def train(torch, args, model, autocast):
    optimizer = optimizer_for(torch, args, model)
    if plumbline:
        plumbline.watch(model, optimizer)
    scaler = getattr(torch.amp, "GradScaler", torch.cuda.amp.GradScaler)() if args.precision == "mixed-fp16" and args.device == "cuda" else None
    text = torch.randint(args.vocab, (args.batch, args.seq + 1), device=args.device)
    ids, targets = text[:, :-1].contiguous(), text[:, 1:].reshape(-1)
    model.train()
    for index in range(args.steps):
        started = time.perf_counter()
        for _ in range(args.grad_accum):
            with autocast():
                logits = model(ids)
                loss = torch.nn.functional.cross_entropy(logits.float().view(-1, args.vocab), targets) / args.grad_accum
            del logits
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


def refuse(sentence):
    sys.stderr.write(sentence + "\n")
    return 3


def main(argv):
    args = arguments(argv)
    try:
        import torch
        import torch.utils.checkpoint
    except ImportError:
        return refuse("PyTorch is not installed for this Python: install it from https://pytorch.org, or use another Python.")
    if args.device == "cuda" and not torch.cuda.is_available():
        return refuse("PyTorch finds no CUDA GPU here: install a driver and a CUDA build of PyTorch, or use --device cpu.")
    missing = lacking(torch, args)
    if missing:
        return refuse(missing)
    torch.manual_seed(args.seed)
    dtype = {"fp16": torch.float16, "bf16": torch.bfloat16}.get(args.precision.replace("mixed-", ""))
    mixed = args.precision.startswith("mixed-")

    def autocast():
        return torch.autocast(args.device, dtype=dtype) if mixed else nullcontext()

    try:
        with plumbline.phase("load") if plumbline else nullcontext():
            model = build(torch, args)
            model = model.to(device=args.device, dtype=None if mixed else dtype)
        print("%d parameters, torch %s on %s" % (sum(one.numel() for one in model.parameters()), torch.__version__, args.device), flush=True)
        {"train": train, "generate": generate, "infer": infer}[args.mode](torch, args, model, autocast)
    except torch.cuda.OutOfMemoryError as error:
        sys.stderr.write("Out of GPU memory: %s\n" % str(error).split("\n")[0])
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
