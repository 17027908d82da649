"""
Parameters of models as Hugging Face transformers itself builds them, on PyTorch's meta device: no weights, no download.

    python scripts/truth/count_parameters.py            writes the counts into the fixture
    python scripts/truth/count_parameters.py --shapes N prints every parameter of the Nth model, or of the one named N

The fixture holds configurations with the sizes that models were published with. A file with a `text_config` is counted by
the language model alone, since that is what the budget knows; what lies beside it is counted apart (`besides`).
A weight that two modules share counts once.
"""

import json
import sys
from pathlib import Path

import torch
import transformers
from transformers import AutoConfig

FIXTURE = Path(__file__).parents[2] / "test/fixtures/models/configurations.json"


def build(config):
    """The model of the class its file names, with no storage behind its weights."""
    fields = {key: value for key, value in config.items() if key not in ("model_type", "architectures")}
    parsed = AutoConfig.for_model(config["model_type"], **fields)
    with torch.device("meta"):
        return getattr(transformers, config["architectures"][0])._from_config(parsed)


def count(parameters):
    return sum(parameter.numel() for parameter in parameters)


def count_model(config):
    """(parameters of the language model, parameters of whatever stands beside it)."""
    model = build(config)
    whole = count(model.parameters())
    if "text_config" not in config:
        return whole, 0
    besides = {
        id(parameter): parameter
        for name, parameter in model.named_parameters()
        if not ("language_model" in name or name.startswith("lm_head"))
    }
    beside = count(besides.values())
    return whole - beside, beside


def main():
    entries = json.loads(FIXTURE.read_text())
    if len(sys.argv) == 3 and sys.argv[1] == "--shapes":
        entry = next(each for at, each in enumerate(entries["models"]) if sys.argv[2] in (str(at), each["name"]))
        for name, parameter in build(entry["config"]).named_parameters():
            print(f"{name:70} {tuple(parameter.shape)}")
        return
    for entry in entries["models"]:
        if "source" in entry:
            continue
        entry["parameters"], besides = count_model(entry["config"])
        if besides:
            entry["besides"] = besides
    entries["transformers"] = transformers.__version__
    entries["torch"] = torch.__version__
    rows = ",\n".join("    " + json.dumps(entry) for entry in entries["models"])
    FIXTURE.write_text(
        f'{{\n  "transformers": "{entries["transformers"]}",\n  "torch": "{entries["torch"]}",\n  "models": [\n{rows}\n  ]\n}}\n'
    )
    print(f"{len(entries['models'])} models counted by transformers {transformers.__version__}")


main()
