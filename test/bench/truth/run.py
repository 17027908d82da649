"""
Runs steps of real Hugging Face models on fake tensors and says how many bytes were live in each phase.

Reads one JSON object a line on stdin, {id, config, head, run}: the model's config.json, the class that is built of it, and
the run in Plumbline's own words. Writes one a line on stdout: {id, phases: [[phase, step, high requested, high allocated,
end requested, end allocated]…], kernels: […]}, or {id, error}. The first line tells the versions.
"""

import gc
import json
import sys
import traceback

import torch
from torch._subclasses.fake_tensor import FakeTensorMode

import stand_ins
from follow import Follower


def versions():
    import transformers

    found = {"torch": torch.__version__, "transformers": transformers.__version__}
    try:
        import peft

        found["peft"] = peft.__version__
    except ImportError:
        pass
    return found


def patch_masks():
    """
    transformers asks whether a mask hides nothing by reading it, cannot read a fake one, and then makes a mask that a real
    run does not have. The inputs here are whole sequences without padding: the answers are known.
    """
    from transformers import masking_utils

    masking_utils.is_tracing = lambda tensor=None: False
    masking_utils.find_packed_sequence_indices = lambda position_ids: None
    masking_utils.fast_all = lambda tensor: not State.padded


class State:
    #: A static cache is longer than what it holds, so that the mask of a single token hides something.
    padded = False
    #: The ranks that share a model.
    mesh = None
    #: Name of the class that was built.
    built = ""


WEIGHTS = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16,
           "mixed-bf16": torch.float32, "mixed-fp16": torch.float32, "int4": torch.bfloat16}
CLASSES = {
    "causal": "AutoModelForCausalLM",
    "masked": "AutoModelForMaskedLM",
    "sequence": "AutoModelForSequenceClassification",
    "encoder": "AutoModel",
    "seq2seq": "AutoModelForSeq2SeqLM",
}
DROPOUTS = ("dropout", "attn_pdrop", "embd_pdrop", "resid_pdrop", "attention_dropout", "hidden_dropout", "hidden_dropout_prob",
            "attention_probs_dropout_prob", "activation_dropout", "dropout_rate", "classifier_dropout", "resid_dropout",
            "embed_dropout", "seq_classif_dropout", "qa_dropout", "classifier_dropout_prob", "embd_dropout", "summary_first_dropout",
            "ffn_dropout", "emb_dropout_prob", "hidden_dropout_rate", "summary_last_dropout", "pooler_dropout")


def build(step):
    import transformers

    run = step["run"]
    fields = dict(step["config"])
    kind = fields.pop("model_type")
    config = transformers.AutoConfig.for_model(kind, **fields)
    p = run.get("dropout", 0.0)
    for field in DROPOUTS:
        if getattr(config, field, None) is not None:
            setattr(config, field, type(getattr(config, field))(p))
    if hasattr(getattr(config, "attn_config", None), "attn_pdrop"):
        config.attn_config.attn_pdrop = type(config.attn_config.attn_pdrop)(p)
    if hasattr(config, "layerdrop"):
        config.layerdrop = 0.0
    for field in ("encoder_layerdrop", "decoder_layerdrop"):
        if hasattr(config, field):
            setattr(config, field, 0.0)
    if step["head"] == "seq2seq" and getattr(config, "decoder_start_token_id", None) is None:
        config.decoder_start_token_id = 0
    attention = run.get("attention", "sdpa")
    cls = getattr(transformers, CLASSES[step["head"]])
    dtype = WEIGHTS[run["precision"]]
    model = cls.from_config(config, dtype=dtype, attn_implementation="sdpa" if attention == "sdpa" else "eager")
    State.built = type(model).__name__
    if fields.get("tie_word_embeddings") is False and model.get_output_embeddings().weight is model.get_input_embeddings().weight:
        # mT5 and T5 1.1: built of a configuration the class has one table; the published weights hold two that differ, and
        # from_pretrained leaves those apart (transformers/modeling_utils.py, tie_weights).
        model.get_output_embeddings().weight = torch.nn.Parameter(torch.empty_like(model.get_output_embeddings().weight))
    if attention == "flash":
        for part in model.modules():
            if hasattr(part, "config") and hasattr(part.config, "_attn_implementation_internal"):
                part.config._attn_implementation_internal = "flash_attention_2"
    elif model.config._attn_implementation != attention:
        raise RuntimeError(f"the model runs {model.config._attn_implementation} attention, not {attention}")
    return model


def _convert(module, change, recurse=True):
    """`Module._apply` for fake tensors, which cannot be swapped in place: parameters that change become new ones."""
    for child in module.children():
        _convert(child, change)
    for name, parameter in list(module._parameters.items()):
        if parameter is None:
            continue
        with torch.no_grad():
            changed = change(parameter)
        if changed is not parameter:
            module._parameters[name] = torch.nn.Parameter(changed, requires_grad=parameter.requires_grad)
    for name, buffer in module._buffers.items():
        if buffer is not None:
            module._buffers[name] = change(buffer)
    return module


def freeze_and_adapt(model, run):
    if not run.get("loraRank"):
        return model
    from peft import LoraConfig, get_peft_model

    torch.nn.Module._apply = _convert
    names = run["loraModules"]
    lora = LoraConfig(r=run["loraRank"], lora_alpha=16, target_modules=names if isinstance(names, str) else list(names),
                      lora_dropout=run.get("loraDropout", 0.0), use_dora=run.get("dora", False))
    return get_peft_model(model, lora)


def checkpoint(model, how):
    if how in (None, "none"):
        return
    if how == "full":
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        return
    every = int(how.split("=")[1])
    stack, name = find_layers(model)
    layers = getattr(stack, name)
    groups = [Group(list(layers[i : i + every])) for i in range(0, len(layers), every)]
    setattr(stack, name, torch.nn.ModuleList(groups))


def find_layers(model):
    for part in model.modules():
        for name, child in part.named_children():
            if isinstance(child, torch.nn.ModuleList) and len(child) == layer_count(model.config):
                return part, name
    raise RuntimeError("no list of layers")


def layer_count(config):
    return getattr(config, "num_hidden_layers", None) or config.n_layer


class Group(torch.nn.Module):
    """Layers that are run again together: torch.utils.checkpoint around several calls."""

    def __init__(self, layers):
        super().__init__()
        self.layers = torch.nn.ModuleList(layers)
        self.attention_type = getattr(layers[0], "attention_type", None)

    def forward(self, hidden, *args, **kwargs):
        def through(hidden):
            for layer in self.layers:
                hidden = layer(hidden, *args, **kwargs)
                if isinstance(hidden, tuple):
                    hidden = hidden[0]
            return hidden

        return torch.utils.checkpoint.checkpoint(through, hidden, use_reentrant=False)


def make_optimizer(model, run):
    trained = [p for p in model.parameters() if p.requires_grad]
    kind, kernel = run.get("optimizer", "adamw"), run.get("optimizerKernel", "foreach")
    how = {"foreach": True} if kernel == "foreach" else {"fused": True}
    if kind in ("adamw", "adam"):
        return (torch.optim.AdamW if kind == "adamw" else torch.optim.Adam)(trained, lr=1e-4, **how)
    if kind in ("sgd", "momentum"):
        return torch.optim.SGD(trained, lr=1e-4, momentum=0.9 if kind == "momentum" else 0.0, **how)
    if kind == "adafactor":
        return torch.optim.Adafactor(trained, lr=1e-4)
    if kind == "muon":
        return torch.optim.Muon(trained, lr=1e-4)
    if kind == "adam8bit":
        from eight_bit import Adam8bit

        return Adam8bit(trained)
    raise RuntimeError(f"no optimizer {kind}")


class InBackward:
    """An optimizer for each weight, run by a hook as soon as the gradient is there, which then goes."""

    def __init__(self, model, run):
        trained = [p for p in model.parameters() if p.requires_grad]
        self.each = {p: make_optimizer(torch.nn.ParameterList([p]), run) for p in trained}
        self.follower = None
        for parameter in trained:
            parameter.register_post_accumulate_grad_hook(self.update)

    def update(self, parameter):
        self.each[parameter].step()
        steps_on_host(self.each[parameter], self.follower, {})
        self.each[parameter].zero_grad()

    def step(self):
        pass

    def zero_grad(self, set_to_none=True):
        pass


def steps_on_host(optimizer, follower, run):
    """Adam counts its steps in tensors: in host memory unless one kernel does it all (torch/optim/adam.py)."""
    if run.get("optimizerKernel") == "fused":
        return
    for state in optimizer.state.values():
        if isinstance(state, dict) and isinstance(state.get("step"), torch.Tensor):
            follower.ignore(state["step"])


def inputs_of(step, model):
    run = step["run"]
    B, n = run["batch"], run["seq"]
    ids = lambda *shape: torch.zeros(*shape, dtype=torch.long)
    if step["head"] == "sequence":
        return {"input_ids": ids(B, n), "labels": ids(B)}
    if step["head"] == "encoder":
        return {"input_ids": ids(B, n)}
    return {"input_ids": ids(B, n), "labels": ids(B, n)}


def autocast(run):
    half = {"mixed-bf16": torch.bfloat16, "mixed-fp16": torch.float16}.get(run["precision"])
    return torch.autocast("cpu", dtype=half or torch.bfloat16, enabled=half is not None)


def make_ranks(run):
    import torch.distributed as dist
    from torch.distributed.device_mesh import init_device_mesh
    from torch.testing._internal.distributed.fake_pg import FakeStore

    if not dist.is_initialized():
        dist.init_process_group("fake", store=FakeStore(), rank=0, world_size=run["dp"])
    State.mesh = init_device_mesh("cpu", (run["dp"],))


def shard(model, run, follower):
    """FSDP over each layer and the rest, as one of `dp` ranks of which the others do nothing."""
    if run.get("zero") != 3:
        return
    from torch.distributed.fsdp import fully_shard

    plain = torch.UntypedStorage.resize_

    def resize(storage, size):
        follower.resize(storage, size)
        return plain(storage, size)

    torch.UntypedStorage.resize_ = resize
    mesh = State.mesh
    stack, name = find_layers(model)
    for layer in getattr(stack, name):
        fully_shard(layer, mesh=mesh)
    fully_shard(model, mesh=mesh)


def train(step, follower):
    run = step["run"]
    model = build(step)
    model.config.use_cache = False
    model.train()
    checkpoint(model, run.get("checkpointing"))
    model = freeze_and_adapt(model, run)
    shard(model, run, follower)
    if run.get("loraRank") and run.get("checkpointing", "none") != "none":
        model.enable_input_require_grads()
    gc.collect()
    follower.high = [follower.requested, follower.allocated]
    follower.mark("load")
    if run.get("optimizerInBackward"):
        optimizer = InBackward(model, run)
        optimizer.follower = follower
    else:
        optimizer = make_optimizer(model, run)
    inputs = inputs_of(step, model)
    for number in range(1, run.get("steps", 1) + 1):
        for micro in range(run.get("gradAccum", 1)):
            with autocast(run):
                out = model(**inputs)
                loss = out.loss if "loss" in out and out.loss is not None else out[0].float().sum()
                del out
            last = micro == run.get("gradAccum", 1) - 1
            follower.mark("forward", number)
            loss.backward()
            del loss
            follower.mark("backward", number)
        optimizer.step()
        if number == 1 and not run.get("optimizerInBackward"):
            # Moved to where a real run has them; what they add to the first update's height is 512 B a tensor.
            steps_on_host(optimizer, follower, run)
        optimizer.zero_grad(set_to_none=True)
        follower.mark("optimizer", number)
        if run.get("zero") and number < run["steps"]:
            # A sharded tensor's first operator of a kind works out the shapes of all ranks, which is not the step's own.
            follower.phases.clear()


def infer(step, follower):
    model = build(step).eval()
    model.config.use_cache = False
    gc.collect()
    follower.high = [follower.requested, follower.allocated]
    follower.mark("load")
    run = step["run"]
    with torch.no_grad(), autocast(run):
        inputs = {"input_ids": torch.zeros(run["batch"], run["seq"], dtype=torch.long)}
        if run.get("evaluation"):
            inputs["labels"] = torch.zeros_like(inputs["input_ids"])
        out = model(**inputs)
        del out
    follower.mark("forward", 1)


class AtTheEnd:
    """Closes the last phase when the last token has come, before generate lets the cache go."""

    def __init__(self, follower, tokens, calls):
        self.follower, self.tokens, self.calls = follower, tokens, calls

    def __call__(self, input_ids, scores, **_):
        if self.calls() == self.tokens:
            self.follower.mark("decode")
        return torch.zeros(input_ids.shape[0], dtype=torch.bool)


def generate(step, follower):
    model = build(step).eval()
    gc.collect()
    follower.high = [follower.requested, follower.allocated]
    follower.mark("load")
    run = step["run"]
    static = run.get("cacheGrowth") == "static"
    plain = model.forward
    calls = 0

    def forward(*args, **kwargs):
        nonlocal calls
        calls += 1
        if calls == 2:
            follower.mark("prefill")
            State.padded = static
        # generate asks after each token whether all sequences are done.
        follower.answer = calls == run["tokens"]
        return plain(*args, **kwargs)

    # generate looks at forward's parameters to see which arguments it may give.
    forward.__signature__ = __import__("inspect").signature(plain)
    model.forward = forward
    ids = torch.zeros(run["batch"], run["promptTokens"], dtype=torch.long)
    with torch.no_grad(), autocast(run):
        out = model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=run["tokens"],
            min_new_tokens=run["tokens"],
            do_sample=False,
            pad_token_id=0,
            eos_token_id=None,
            use_cache=run.get("kvCache", True),
            disable_compile=True,
            stopping_criteria=[AtTheEnd(follower, run["tokens"], lambda: calls)],
            **({"cache_implementation": "static"} if static else {}),
        )
        if out.shape[-1] != run["promptTokens"] + run["tokens"]:
            raise RuntimeError(f"generated {out.shape}")
        del out, ids


MODES = {"train": train, "infer": infer, "generate": generate}


def measure(step, log=False):
    State.padded = False
    stand_ins.used.clear()
    follower = Follower()
    follower.scratch = stand_ins.scratch
    if log:
        follower.log = []
    if step["run"].get("zero"):
        make_ranks(step["run"])
    with FakeTensorMode(allow_non_fake_inputs=True), follower:
        MODES[step["run"]["mode"]](step, follower)
    gc.collect()
    return follower


def main():
    torch.manual_seed(0)
    stand_ins.install()
    patch_masks()
    print(json.dumps({"versions": versions()}), flush=True)
    # What is loaded by now stays: collecting garbage need not look at it again.
    gc.freeze()
    for line in sys.stdin:
        step = json.loads(line)
        try:
            follower = measure(step)
            answer = {"id": step["id"], "class": State.built, "phases": follower.phases, "kernels": sorted(stand_ins.used)}
        except Exception as error:  # One step that cannot run must not hide the others.
            answer = {"id": step["id"], "error": f"{type(error).__name__}: {str(error).splitlines()[0][:200] if str(error) else ''}"}
            if "--trace" in sys.argv:
                traceback.print_exc()
        print(json.dumps(answer), flush=True)
        gc.collect()


if __name__ == "__main__":
    main()
