"""Models of Hugging Face's transformers, built from a configuration with random weights: no network, no checkpoint.

    plumbline record -- python torch_transformers.py train --model config.json --batch 4 --seq 1024 --precision bf16
    plumbline record -- python torch_transformers.py train --model gpt2 --loop trainer --precision mixed-bf16

As people write it: `model(input_ids=…, labels=…).loss`, `model.generate`, PEFT's adapters, or the Trainer. One call of
plumbline.watch tells all of it, and under the Trainer not even that: `plumbline record` watches a script that asks for
nothing. Options and exit codes are those of torch_sample.py beside this file.
"""
import argparse
import importlib.util
import json
import os
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import torch_llama  # noqa: E402
import torch_sample  # noqa: E402

MODELS = dict(torch_llama.MODELS, gpt2={"model_type": "gpt2"})  # what is not said is what transformers has for that type
DROPOUTS = ("attention_dropout", "attn_pdrop", "embd_pdrop", "resid_pdrop", "hidden_dropout", "hidden_dropout_prob", "attention_probs_dropout_prob", "dropout")
ADAPTED = {"query-value": {"gpt2": ["c_attn"]}, "all-linear": "all-linear"}


def arguments(argv):
    parser = argparse.ArgumentParser(description="A model of transformers: trains or generates, watched by Plumbline.")
    torch_sample.add_run_options(parser)
    parser.set_defaults(dropout=None, attention="sdpa")
    parser.add_argument("--model", default="gpt2", help="%s, or a config.json" % ", ".join(MODELS))
    parser.add_argument("--layers", type=torch_sample.at_least(1), help="instead of the model's own")
    parser.add_argument("--loop", choices=("plain", "trainer"), default="plain", help="who trains: this script, or transformers' Trainer")
    parser.add_argument("--lora-rank", type=torch_sample.at_least(0), default=0, help="train PEFT's adapters of this rank instead of the weights")
    parser.add_argument("--lora-targets", default="query-value", help="query-value, all-linear, or names of modules: q_proj,v_proj")
    args = parser.parse_args(argv)
    try:
        args.fields = MODELS.get(args.model) or read(args.model)
    except (OSError, ValueError) as error:
        parser.error("--model is one of %s or a config.json, and %s cannot be read: %s" % (", ".join(MODELS), args.model, error))
    args.positions = args.fields.get("max_position_embeddings", args.fields.get("n_positions", 1024))
    if args.mode != "train" and (args.lora_rank or args.loop == "trainer"):
        parser.error("adapters and the Trainer train, and the mode is %s" % args.mode)
    if args.loop == "trainer" and args.optimizer != "adamw":
        parser.error("under the Trainer this sample runs adamw alone")
    torch_sample.check_run(parser, args)
    return args


def read(path):
    with open(path, encoding="utf-8") as file:
        fields = json.load(file)
    if not isinstance(fields, dict) or not isinstance(fields.get("model_type"), str):
        raise ValueError("it names no model_type")
    return fields


def lacking(torch, args):
    wanted = ["transformers"] + ["peft"] * (args.lora_rank > 0) + ["accelerate"] * (args.loop == "trainer")
    missing = next((name for name in wanted if importlib.util.find_spec(name) is None), None)
    return missing and "%s is not installed for this Python: install it, or use torch_gpt2.py or torch_llama.py." % missing


def build(torch, args):
    import transformers

    fields = {key: value for key, value in args.fields.items() if key not in ("model_type", "architectures", "dtype", "torch_dtype")}
    config = transformers.AutoConfig.for_model(args.fields["model_type"], **fields)
    if args.layers:
        config.num_hidden_layers = args.layers
    for name in DROPOUTS:
        if args.dropout is not None and isinstance(getattr(config, name, None), float):
            setattr(config, name, args.dropout)
    args.vocab = config.vocab_size
    model = transformers.AutoModelForCausalLM.from_config(config, attn_implementation=args.attention, dtype=torch.get_default_dtype())
    if args.checkpointing == "full":
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    return adapted(model, args) if args.lora_rank else model


def adapted(model, args):
    import peft

    named = ADAPTED.get(args.lora_targets, args.lora_targets.split(","))
    targets = named.get(model.config.model_type, ["q_proj", "v_proj"]) if isinstance(named, dict) else named
    if args.checkpointing == "full":
        model.enable_input_require_grads()
    return peft.get_peft_model(model, peft.LoraConfig(r=args.lora_rank, target_modules=targets, task_type="CAUSAL_LM"))


def text(torch, args):
    return (torch.randint(args.vocab, (args.batch, args.seq), device=args.device),)


def train(torch, args, model, autocast):
    if args.loop == "trainer":
        train_by_trainer(torch, args, model)
    else:
        torch_sample.train(torch, args, model, autocast, text, lambda _torch, _args, model, ids: model(input_ids=ids, labels=ids).loss)


def train_by_trainer(torch, args, model):
    import transformers

    class Told(transformers.TrainerCallback):
        """Prints steps as the loop of torch_sample.py does."""

        def on_step_begin(self, *_args, **_more):
            self.started = time.perf_counter()

        def on_log(self, _args, state, _control, logs=None, **_more):
            if "loss" in (logs or {}):
                took = time.perf_counter() - self.started
                print("step %d/%d loss %.4f %.3f s" % (state.global_step, args.steps, float(logs["loss"]), took), flush=True)

    one = torch.randint(args.vocab, (args.seq,))
    rows = [{"input_ids": one, "labels": one}] * (args.batch * args.grad_accum * args.steps)
    with tempfile.TemporaryDirectory() as folder:
        how = transformers.TrainingArguments(
            folder, max_steps=args.steps, per_device_train_batch_size=args.batch, gradient_accumulation_steps=args.grad_accum, learning_rate=args.lr,
            bf16=args.precision == "mixed-bf16", fp16=args.precision == "mixed-fp16", optim="adamw_torch_fused" if args.optimizer_kernel == "fused" else "adamw_torch",
            use_cpu=args.device == "cpu", logging_steps=1, report_to=[], save_strategy="no", disable_tqdm=True, seed=args.seed)
        transformers.Trainer(model=model, args=how, train_dataset=rows, callbacks=[Told()]).train()


def generate(torch, args, model, autocast):
    if torch_sample.plumbline:
        torch_sample.plumbline.watch(model)
    model.eval()
    ids = torch.randint(args.vocab, (args.batch, args.prompt_tokens), device=args.device)
    model.generation_config.pad_token_id = 0
    started = time.perf_counter()
    with autocast():
        told = model.generate(
            ids, attention_mask=torch.ones_like(ids), do_sample=False, use_cache=args.kv_cache == "on", min_new_tokens=args.tokens, max_new_tokens=args.tokens)
    print("tokens %s" % told[0, args.prompt_tokens:].tolist())
    print("%.2f tokens/s per sequence" % (args.tokens / (time.perf_counter() - started)))


def infer(torch, args, model, autocast):
    if torch_sample.plumbline:
        torch_sample.plumbline.watch(model)
    model.eval()
    (ids,) = text(torch, args)
    for index in range(args.steps):
        started = time.perf_counter()
        with torch.no_grad(), autocast():
            model(input_ids=ids, use_cache=False).logits[0, -1, 0].item()
        print("step %d/%d %.3f s" % (index + 1, args.steps, time.perf_counter() - started), flush=True)


def main(argv):
    args = arguments(argv)
    if args.loop == "trainer":
        torch_sample.plumbline = None  # a script that announces anything itself is not watched unasked
    return torch_sample.run(args, build, lacking, {"train": train, "generate": generate, "infer": infer})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
