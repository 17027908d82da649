"""GPT-2 in PyTorch: the sample to record on a GPU, written so that what it allocates is plain to see.

    plumbline record -- python torch_gpt2.py train --model gpt2 --batch 8 --seq 1024 --precision mixed-bf16
    plumbline record -- python torch_gpt2.py generate --prompt-tokens 512 --tokens 128 --kv-cache on

The loops are those of torch_sample.py beside this file, which says what is announced and what the exit codes mean.
"""
import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import torch_sample  # noqa: E402

SIZES = {  # layers, width, heads
    "gpt2": (12, 768, 12), "gpt2-medium": (24, 1024, 16), "gpt2-large": (36, 1280, 20), "gpt2-xl": (48, 1600, 25),
}


def arguments(argv):
    count = torch_sample.at_least(1)
    parser = argparse.ArgumentParser(description="GPT-2 in PyTorch: trains or generates, and tells Plumbline its phases.")
    torch_sample.add_run_options(parser)
    parser.add_argument("--model", choices=tuple(SIZES), default="gpt2")
    for name in ("layers", "hidden", "heads", "ffn"):
        parser.add_argument("--" + name, type=count, help="instead of the model's own")
    parser.add_argument("--vocab", type=count, default=50257)
    parser.add_argument("--positions", type=count, default=1024)
    args = parser.parse_args(argv)
    layers, hidden, heads = SIZES[args.model]
    args.layers, args.hidden, args.heads = args.layers or layers, args.hidden or hidden, args.heads or heads
    args.ffn = args.ffn or 4 * args.hidden
    if args.hidden % args.heads:
        parser.error("%d heads do not divide the width of %d" % (args.heads, args.hidden))
    torch_sample.check_run(parser, args)
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


if __name__ == "__main__":
    sys.exit(torch_sample.run(arguments(sys.argv[1:]), build))
