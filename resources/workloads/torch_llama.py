"""Llama and what is written after it, in PyTorch alone: grouped queries, rotary positions, SwiGLU, and as the model says
q/k norms (Qwen3), biases (Qwen2) or experts (Mixtral, Qwen3-MoE), with low-rank adapters where asked.

    plumbline record -- python torch_llama.py train --model qwen3-0.6b --batch 4 --seq 1024 --lora-rank 16
    plumbline record -- python torch_llama.py generate --model config.json --precision bf16 --prompt-tokens 512

What is allocated follows Hugging Face's implementation and PEFT's (transformers 5.18, peft 0.21), and so do the names of
the weights, so that the budget of that family is what it is compared with. The loops are those of torch_sample.py beside
this file, which says what is announced and what the exit codes mean.
"""
import argparse
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import torch_sample  # noqa: E402

ATTENTION = ("q_proj", "k_proj", "v_proj", "o_proj")
DENSE = ("gate_proj", "up_proj", "down_proj")
# Their config.json on Hugging Face, as far as memory depends on it.
MODELS = {
    "llama-3.2-1b": {
        "model_type": "llama", "num_hidden_layers": 16, "hidden_size": 2048, "num_attention_heads": 32, "num_key_value_heads": 8,
        "intermediate_size": 8192, "vocab_size": 128256, "max_position_embeddings": 131072, "head_dim": 64, "tie_word_embeddings": True,
    },
    "qwen3-0.6b": {
        "model_type": "qwen3", "num_hidden_layers": 28, "hidden_size": 1024, "num_attention_heads": 16, "num_key_value_heads": 8,
        "intermediate_size": 3072, "vocab_size": 151936, "max_position_embeddings": 40960, "head_dim": 128, "tie_word_embeddings": True,
    },
}
NEEDED = ("num_hidden_layers", "hidden_size", "num_attention_heads", "intermediate_size", "vocab_size")
KINDS = ("llama", "qwen2", "qwen3", "mixtral", "qwen3_moe")
DEFAULTS = {"max_position_embeddings": 4096, "rms_norm_eps": 1e-6, "tie_word_embeddings": False}


def configuration(parser, name):
    """The fields of a config.json with the defaults of this family; ends with exit code 2 where it cannot be run here."""
    fields = MODELS.get(name)
    if fields is None:
        try:
            with open(name, encoding="utf-8") as file:
                fields = json.load(file)
        except (OSError, ValueError) as error:
            parser.error("--model is one of %s or a config.json, and %s cannot be read: %s" % (", ".join(MODELS), name, error))
    fields = {**DEFAULTS, **fields} if isinstance(fields, dict) else {}
    fields.setdefault("rope_theta", 1e6 if fields.get("model_type") == "mixtral" else 1e4)
    if fields.get("model_type") not in KINDS:
        parser.error("the model is of the type %s, and this sample runs %s" % (fields.get("model_type"), ", ".join(KINDS)))
    needed = NEEDED + {"mixtral": ("num_local_experts",), "qwen3_moe": ("num_experts", "moe_intermediate_size")}.get(fields["model_type"], ())
    for field in needed:
        if not isinstance(fields.get(field), int) or fields[field] < 1:
            parser.error("the model's %s is not a whole number above 0" % field)
    for field in ("sliding_window", "attention_bias", "mlp_bias", "mlp_only_layers"):
        if fields.get(field) and fields.get("use_%s" % field, True):
            parser.error("the model has %s, which this sample does not run" % field)
    return fields


def arguments(argv):
    parser = argparse.ArgumentParser(description="A Llama-like decoder in PyTorch: trains or generates, and tells Plumbline its phases.")
    torch_sample.add_run_options(parser)
    parser.add_argument("--model", default="llama-3.2-1b", help="%s, or a config.json" % ", ".join(MODELS))
    parser.add_argument("--layers", type=torch_sample.at_least(1), help="instead of the model's own")
    parser.add_argument("--lora-rank", type=torch_sample.at_least(0), default=0, help="train adapters of this rank instead of the weights")
    parser.add_argument("--lora-targets", default="query-value", help="query-value, all-linear, or names of modules: q_proj,v_proj")
    parser.add_argument("--experts", choices=("grouped", "loop"), help="one multiplication over all experts, or one each; grouped where PyTorch has it")
    args = parser.parse_args(argv)
    fields = args.fields = configuration(parser, args.model)
    args.layers = fields["num_hidden_layers"] = args.layers or fields["num_hidden_layers"]
    args.vocab, args.positions = fields["vocab_size"], fields["max_position_embeddings"]
    heads, kv_heads = fields["num_attention_heads"], fields.setdefault("num_key_value_heads", fields["num_attention_heads"])
    if heads % kv_heads:
        parser.error("%d key heads do not divide %d query heads" % (kv_heads, heads))
    width = fields.get("head_dim") or (128 if fields["model_type"] in ("qwen3", "qwen3_moe") else fields["hidden_size"] // heads)
    args.head_dim = fields["head_dim"] = width
    args.expert_count = fields.get({"mixtral": "num_local_experts", "qwen3_moe": "num_experts"}.get(fields["model_type"]), 0)
    args.adapted = adapted(parser, args) if args.lora_rank else ()
    if args.lora_rank and args.mode != "train":
        parser.error("adapters are trained, and the mode is %s" % args.mode)
    torch_sample.check_run(parser, args)
    return args


def adapted(parser, args):
    known = ATTENTION if args.expert_count else ATTENTION + DENSE
    names = {"query-value": ("q_proj", "v_proj"), "all-linear": known}.get(args.lora_targets, tuple(args.lora_targets.split(",")))
    unknown = [name for name in names if name not in known]
    if unknown or (args.expert_count and args.lora_targets == "all-linear"):
        parser.error("adapters are laid beside %s here, not %s" % (", ".join(known), ", ".join(unknown) or "experts"))
    return names


def lacking(torch, args):
    if args.expert_count and args.experts == "grouped" and grouped_mm(torch) is None:
        return "PyTorch %s has no grouped_mm: use 2.10 or newer, or --experts loop." % torch.__version__
    return None


def grouped_mm(torch):
    return getattr(torch.nn.functional, "grouped_mm", None)


def build(torch, args):
    """The model by Hugging Face's names: model.embed_tokens, model.layers.N.self_attn.q_proj and so on, lm_head."""
    nn, functional = torch.nn, torch.nn.functional
    config = argparse.Namespace(**args.fields, _attn_implementation=args.attention)
    eps, kind = config.rms_norm_eps, config.model_type
    heads, kv_heads, width, hidden = config.num_attention_heads, config.num_key_value_heads, args.head_dim, config.hidden_size
    groups = heads // kv_heads
    version = tuple(int(part) for part in torch.__version__.split(".")[:2])

    class RMSNorm(nn.Module):
        def __init__(self, size):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(size))

        def forward(self, x):
            wide = x.to(torch.float32)
            wide = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + eps)
            return self.weight * wide.to(x.dtype)

    class Adapted(nn.Module):
        """A frozen matrix and a low-rank one beside it, in fp32 unless the weights are that already, as PEFT has it."""

        def __init__(self, base):
            super().__init__()
            self.base_layer = base
            self.lora_A = nn.Linear(base.in_features, args.lora_rank, bias=False, dtype=torch.float32)
            self.lora_B = nn.Linear(args.lora_rank, base.out_features, bias=False, dtype=torch.float32)
            nn.init.zeros_(self.lora_B.weight)

        def forward(self, x):
            plain = self.base_layer(x)
            return (plain + self.lora_B(self.lora_A(x.to(self.lora_A.weight.dtype))) * (16 / args.lora_rank)).to(plain.dtype)

    def linear(name, wide, out, bias=False):
        layer = nn.Linear(wide, out, bias=bias)
        nn.init.normal_(layer.weight, std=0.02)
        return Adapted(layer) if name in args.adapted else layer

    def turned(x, cos, sin):
        half = x.shape[-1] // 2
        return x * cos + torch.cat((-x[..., half:], x[..., :half]), -1) * sin

    def repeated(x):
        """Key heads as many as query heads: [batch, key heads, tokens, width] copied per group."""
        if groups == 1:
            return x
        batch, _, length, _ = x.shape
        return x[:, :, None].expand(batch, kv_heads, groups, length, width).reshape(batch, heads, length, width)

    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            bias = kind == "qwen2"
            self.q_proj = linear("q_proj", hidden, heads * width, bias)
            self.k_proj = linear("k_proj", hidden, kv_heads * width, bias)
            self.v_proj = linear("v_proj", hidden, kv_heads * width, bias)
            self.o_proj = linear("o_proj", heads * width, hidden)
            self.normed = kind in ("qwen3", "qwen3_moe")
            if self.normed:
                self.q_norm, self.k_norm = RMSNorm(width), RMSNorm(width)

        def forward(self, x, cos, sin, mask, past):
            shape = (*x.shape[:2], -1, width)
            q, k = self.q_proj(x).view(shape), self.k_proj(x).view(shape)
            if self.normed:
                q, k = self.q_norm(q), self.k_norm(k)
            v = self.v_proj(x).view(shape).transpose(1, 2)
            q, k = turned(q.transpose(1, 2), cos, sin), turned(k.transpose(1, 2), cos, sin)
            if past is not None:  # a cache grows by copies, and its first tokens are one as well
                old = past or (k.new_empty(0), v.new_empty(0))
                past[:] = k, v = torch.cat((old[0], k), -2), torch.cat((old[1], v), -2)
            y = self.fused(q, k, v) if args.attention == "sdpa" else self.eager(q, k, v, mask)
            return self.o_proj(y.transpose(1, 2).contiguous().reshape(*x.shape[:2], -1))

        def fused(self, q, k, v):
            how = {"dropout_p": args.dropout if self.training else 0.0, "is_causal": q.shape[2] > 1}
            if groups > 1 and version >= (2, 5) and width <= 256:
                return functional.scaled_dot_product_attention(q, k, v, enable_gqa=True, **how)
            return functional.scaled_dot_product_attention(q, repeated(k), repeated(v), **how)

        def eager(self, q, k, v, mask):
            k, v = repeated(k), repeated(v)
            scores = torch.matmul(q, k.transpose(2, 3)) * width ** -0.5
            scores = scores + mask
            scores = functional.softmax(scores, dim=-1, dtype=torch.float32).to(q.dtype)
            return torch.matmul(functional.dropout(scores, args.dropout, self.training), v)

    class Dense(nn.Module):
        def __init__(self):
            super().__init__()
            for name in DENSE:
                turn = (config.intermediate_size, hidden) if name == "down_proj" else (hidden, config.intermediate_size)
                setattr(self, name, linear(name, *turn))

        def forward(self, x):
            return self.down_proj(functional.silu(self.gate_proj(x)) * self.up_proj(x))

    class Router(nn.Module):
        """Each token's best experts and their shares, which Mixtral keeps in fp32."""

        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(nn.init.normal_(torch.empty(args.expert_count, hidden), std=0.02))

        def forward(self, x):
            logits = functional.linear(x, self.weight)
            shares = functional.softmax(logits.float(), dim=-1) if kind == "mixtral" else functional.softmax(logits, dim=-1, dtype=torch.float)
            shares, chosen = torch.topk(shares, getattr(config, "num_experts_per_tok", 2 if kind == "mixtral" else 8), dim=-1)
            if kind == "mixtral" or getattr(config, "norm_topk_prob", False):
                shares /= shares.sum(-1, keepdim=True)
            return (shares if kind == "mixtral" else shares.to(logits.dtype)), chosen

    class Experts(nn.Module):
        def __init__(self):
            super().__init__()
            inner = config.intermediate_size if kind == "mixtral" else config.moe_intermediate_size
            self.gate_up_proj = nn.Parameter(nn.init.normal_(torch.empty(args.expert_count, 2 * inner, hidden), std=0.02))
            self.down_proj = nn.Parameter(nn.init.normal_(torch.empty(args.expert_count, hidden, inner), std=0.02))
            self.grouped = None if args.experts == "loop" else grouped_mm(torch)

        def forward(self, x, shares, chosen):
            return self.together(x, shares, chosen) if self.grouped else self.in_turn(x, shares, chosen)

        def together(self, x, shares, chosen):
            """Tokens copied once an expert and sorted by expert; rows of an expert lie together."""
            each = chosen.size(-1)
            experts, order = torch.sort(chosen.reshape(-1))
            rows, weights = x[order // each], shares.reshape(-1)[order]
            counted = torch.histc(experts.float() if x.device.type == "cpu" else experts.int(), args.expert_count, 0, args.expert_count - 1)
            ends = torch.cumsum(counted, 0, dtype=torch.int32)

            def multiply(rows, matrices):
                return self.grouped(rows.to(matrices.dtype), matrices.transpose(-2, -1), offs=ends)

            rows = multiply(rows, self.gate_up_proj)
            gate, up = rows.chunk(2, dim=-1)
            rows = functional.silu(gate) * up
            del gate, up
            rows = multiply(rows, self.down_proj)
            rows = rows * weights.unsqueeze(-1)
            back = torch.empty_like(order)
            back[order] = torch.arange(order.size(0), device=x.device)
            return rows[back].view(x.size(0), each, hidden).sum(1).to(x.dtype)

        def in_turn(self, x, shares, chosen):
            result = torch.zeros_like(x)
            for expert in chosen.unique().tolist():
                token, place = torch.where(chosen == expert)
                gate, up = functional.linear(x[token], self.gate_up_proj[expert]).chunk(2, dim=-1)
                rows = functional.linear(functional.silu(gate) * up, self.down_proj[expert]) * shares[token, place, None]
                result.index_add_(0, token, rows.to(result.dtype))
            return result

    class Sparse(nn.Module):
        def __init__(self):
            super().__init__()
            self.gate, self.experts = Router(), Experts()

        def forward(self, x):
            flat = x.view(-1, hidden)
            return self.experts(flat, *self.gate(flat)).reshape(x.shape)

    class Layer(nn.Module):
        def __init__(self):
            super().__init__()
            self.self_attn, self.mlp = Attention(), Sparse() if args.expert_count else Dense()
            self.input_layernorm, self.post_attention_layernorm = RMSNorm(hidden), RMSNorm(hidden)

        def forward(self, x, cos, sin, mask, past=None):
            x = x + self.self_attn(self.input_layernorm(x), cos, sin, mask, past)
            return x + self.mlp(self.post_attention_layernorm(x))

    class Decoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed_tokens = nn.Embedding(config.vocab_size, hidden)
            nn.init.normal_(self.embed_tokens.weight, std=0.02)
            self.layers = nn.ModuleList(Layer() for _ in range(args.layers))
            self.norm = RMSNorm(hidden)
            turns = config.rope_theta ** -(torch.arange(0, width, 2, dtype=torch.float) / width)
            self.register_buffer("frequencies", turns, persistent=False)

    class Llama(nn.Module):
        def __init__(self):
            super().__init__()
            self.config = config  # what it is, in the words of config.json: a watcher tells Plumbline
            self.is_gradient_checkpointing = args.checkpointing == "full"
            self.model = Decoder()
            self.lm_head = nn.Linear(hidden, config.vocab_size, bias=False)
            nn.init.normal_(self.lm_head.weight, std=0.02)
            if config.tie_word_embeddings:
                self.lm_head.weight = self.model.embed_tokens.weight
            if args.adapted:
                for name, weight in self.named_parameters():
                    weight.requires_grad_("lora_" in name)

        def rotation(self, x, start):
            places = torch.arange(start, start + x.shape[1], device=x.device)[None]
            with torch.autocast(x.device.type, enabled=False), torch.no_grad():
                turns = (self.model.frequencies[None, :, None] @ places[:, None, :].float()).transpose(1, 2)
                turns = torch.cat((turns, turns), -1)
                cos, sin = turns.cos().to(x.dtype), turns.sin().to(x.dtype)
            return cos.unsqueeze(1), sin.unsqueeze(1)

        def mask(self, x, start):
            """What eager attention adds: 0 where a token is seen, the least number where not; [batch, 1, tokens, tokens before]."""
            if args.attention == "sdpa":
                return None
            end = start + x.shape[1]
            seen = torch.arange(end, device=x.device) <= torch.arange(start, end, device=x.device)[:, None]
            seen = seen[None, None].expand(x.shape[0], 1, -1, -1)
            return torch.where(seen, torch.zeros((), dtype=x.dtype, device=x.device), torch.finfo(x.dtype).min)

        def forward(self, ids, past_key_values=None, last_only=False):
            past = past_key_values
            start = past[0][0].shape[2] if past and past[0] else 0
            x = self.model.embed_tokens(ids)
            again = self.training and self.is_gradient_checkpointing
            if again and args.adapted:
                x.requires_grad_(True)  # as PEFT does, so that a frozen layer is run again as well
            mask, (cos, sin) = self.mask(x, start), self.rotation(x, start)
            for index, layer in enumerate(self.model.layers):
                if again:
                    x = torch.utils.checkpoint.checkpoint(layer, x, cos, sin, mask, use_reentrant=False)
                else:
                    x = layer(x, cos, sin, mask, None if past is None else past[index])
            x = self.model.norm(x)
            return self.lm_head(x[:, -1:] if last_only else x)

    return Llama()


if __name__ == "__main__":
    sys.exit(torch_sample.run(arguments(sys.argv[1:]), build, lacking))
