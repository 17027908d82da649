"""Holds resources/workloads/torch_llama.py to transformers and PEFT: parameters, loss, and bytes by phase on fake tensors.

    python scripts/truth/check_sample.py [WORD]    (needs torch, transformers and peft; prints a line a case, those with WORD alone; exit code 1 on a miss)

Loss: the same weights and tokens in both, in fp32 on the CPU. Bytes: one training step of each under FakeTensorMode, as
test/bench/truth/run.py follows them, the highest of forward and backward.
"""
import gc
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "resources", "workloads"), os.path.join(ROOT, "test", "bench", "truth")]
sys.dont_write_bytecode = True
import torch  # noqa: E402
import torch.utils.checkpoint  # noqa: E402
import run as truth  # noqa: E402
import stand_ins  # noqa: E402
import torch_llama  # noqa: E402
from follow import Follower  # noqa: E402
from torch._subclasses.fake_tensor import FakeTensorMode  # noqa: E402

BASE = dict(hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=8, num_key_value_heads=2, vocab_size=160,
            max_position_embeddings=64, tie_word_embeddings=False, rms_norm_eps=1e-6, head_dim=8)
CONFIGS = {
    "llama": dict(BASE, model_type="llama"),
    "llama-tied": dict(BASE, model_type="llama", tie_word_embeddings=True, num_key_value_heads=8),
    "qwen2": dict(BASE, model_type="qwen2"),
    "qwen3": dict(BASE, model_type="qwen3", head_dim=16),
    "mixtral": dict(BASE, model_type="mixtral", num_local_experts=4, num_experts_per_tok=2, sliding_window=None),
    "qwen3_moe": dict(BASE, model_type="qwen3_moe", num_experts=8, num_experts_per_tok=2, moe_intermediate_size=32, norm_topk_prob=True),
}
LARGE = dict(hidden_size=1024, intermediate_size=2816, num_hidden_layers=4, num_attention_heads=16, num_key_value_heads=4, vocab_size=32000,
             max_position_embeddings=4096, head_dim=64)
RUNS = [
    dict(precision="fp32", attention="eager"), dict(precision="bf16", attention="sdpa"), dict(precision="mixed-bf16", attention="sdpa"),
    dict(precision="mixed-bf16", attention="eager", checkpointing="full"), dict(precision="bf16", attention="sdpa", optimizerKernel="fused"),
]
LORA = [dict(precision="bf16", attention="sdpa", loraRank=8, loraModules=["q_proj", "v_proj"]),
        dict(precision="bf16", attention="eager", loraRank=8, loraModules=list(torch_llama.ATTENTION + torch_llama.DENSE), checkpointing="full")]


def sample(config, run):
    """The sample's model and arguments for a run in Plumbline's words."""
    import json
    import tempfile

    words = ["train", "--device", "cpu", "--attention", run["attention"], "--precision", run["precision"], "--batch", "2", "--seq", str(run["seq"]),
             "--checkpointing", run.get("checkpointing", "none"), "--optimizer-kernel", run.get("optimizerKernel", "foreach")]
    if run.get("loraRank"):
        words += ["--lora-rank", str(run["loraRank"]), "--lora-targets", ",".join(run["loraModules"])]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(config, file)
        file.flush()
        args = torch_llama.arguments(words + ["--model", file.name])
    half = {"bf16": torch.bfloat16}.get(run["precision"])
    with torch_llama.torch_sample.made(torch, "cpu", half):
        return torch_llama.build(torch, args), args


def compare_loss(name, config, attention):
    run = dict(mode="train", batch=2, seq=24, precision="fp32", attention=attention)
    theirs = truth.build({"config": {**config, "initializer_range": 0.02}, "head": "causal", "run": run})
    ours, _ = sample(config, run)
    counts = [sum(one.numel() for one in model.parameters()) for model in (ours, theirs)]
    ours.load_state_dict(theirs.state_dict())
    ids = torch.randint(config["vocab_size"], (2, 24))
    with torch.no_grad():
        wanted = theirs(input_ids=ids, labels=ids).loss.item()
        logits = ours(ids)[:, :-1].float()
        found = torch.nn.functional.cross_entropy(logits.reshape(-1, config["vocab_size"]), ids[:, 1:].reshape(-1)).item()
        past, grown = [[] for _ in range(config["num_hidden_layers"])], ids[:, :8]
        cached = [ours(grown, past_key_values=past, last_only=True)] + [ours(ids[:, i : i + 1], past_key_values=past, last_only=True) for i in range(8, 12)]
        cache_off = (cached[-1][:, -1] - ours(ids[:, :12], last_only=True)[:, -1]).abs().max().item()
    good = counts[0] == counts[1] and abs(wanted - found) < 1e-5 and cache_off < 1e-5
    print("%-4s %-11s %-5s %9d parameters (%d), loss %.6f (%.6f), with a cache %.1e off" % (
        "ok" if good else "MISS", name, attention, counts[0], counts[1], found, wanted, cache_off), flush=True)
    return good


def step_of_sample(config, run, follower):
    model, args = sample(config, run)
    model.train()
    gc.collect()
    follower.high = [follower.requested, follower.allocated]
    follower.mark("load")
    optimizer = torch_llama.torch_sample.optimizer_for(torch, args, model)
    ids, targets = torch.zeros(2, run["seq"], dtype=torch.long), torch.zeros(2 * run["seq"], dtype=torch.long)
    for number in (1, 2):
        with truth.autocast(run):
            logits = model(ids)
            loss = torch.nn.functional.cross_entropy(logits.float().view(-1, config["vocab_size"]), targets)
        del logits
        follower.mark("forward", number)
        loss.backward()
        del loss
        follower.mark("backward", number)
        optimizer.step()
        if number == 1:
            truth.steps_on_host(optimizer, follower, run)
        optimizer.zero_grad(set_to_none=True)
        follower.mark("optimizer", number)


def compare_bytes(name, config, given):
    run = dict(mode="train", batch=2, seq=512, steps=2, optimizer="adamw", **given)
    theirs = truth.measure({"config": config, "head": "causal", "run": run}).phases
    follower = Follower()
    follower.scratch = stand_ins.scratch
    with FakeTensorMode(allow_non_fake_inputs=True), follower:
        step_of_sample(config, run, follower)
    off = {"%s %s" % (one[0], one[1]): 100.0 * (one[3] / other[3] - 1) for one, other in zip(follower.phases, theirs)}
    worst = max(off, key=lambda phase: abs(off[phase]))
    peak = [max(one[3] for one in phases) for phases in (follower.phases, theirs)]
    good = abs(peak[0] / peak[1] - 1) < 0.01
    print("%-4s %-10s %-70s peak %+.3f%%, worst phase %s %+.3f%%" % (
        "ok" if good else "MISS", name, ", ".join("%s=%s" % pair for pair in given.items() if pair[0] != "loraModules"), 100.0 * (peak[0] / peak[1] - 1), worst, off[worst]), flush=True)
    return good


def main():
    torch.manual_seed(0)
    only = sys.argv[1] if len(sys.argv) > 1 else ""
    good = [compare_loss(name, config, attention) for name, config in CONFIGS.items() for attention in ("eager", "sdpa") if only in name]
    stand_ins.install()
    truth.patch_masks()
    for name in (name for name in ("llama", "qwen3", "mixtral", "qwen3_moe") if only in name):
        config = {**CONFIGS[name], **LARGE, **({"head_dim": 128} if name == "qwen3" else {}), **({"moe_intermediate_size": 768} if name == "qwen3_moe" else {})}
        dense = name in ("llama", "qwen3")
        # Grouped multiplication has a meta kernel for bf16 alone.
        runs = RUNS + LORA if dense else [run for run in RUNS + LORA[:1] if run["precision"] == "bf16"]
        good += [compare_bytes(name, config, run) for run in runs]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
