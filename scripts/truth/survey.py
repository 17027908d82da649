"""
The default configuration of every causal, masked and sequence-to-sequence architecture that the installed transformers has, with
the parameters of its model on PyTorch's meta device: one JSON object a line, {type, class, head, config, parameters} or
{type, class, head, error}. `npm run bench:survey` lays Plumbline's own counts beside them.

    python scripts/truth/survey.py [TYPE…]    those alone (needs torch and transformers)
"""

import json
import sys
import warnings

import torch
import transformers
from transformers.models.auto import modeling_auto as auto

HEADS = {
    "causal": auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    "masked": auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES,
    "seq2seq": auto.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES,
}


#: Where classes of several parts keep their language model and its head.
LANGUAGE = ("language_model", "text_model", "lm_head", "projection_head")


def describe(kind, name):
    config = transformers.AutoConfig.for_model(kind)
    with torch.device("meta"):
        model = getattr(transformers, name)._from_config(config)
    fields = {**config.to_dict(), "architectures": [name]}
    own, beside = set(), set()
    for path, parameter in model.named_parameters():
        is_language = "text_config" not in fields or any(part in path for part in LANGUAGE)
        (own if is_language else beside).add((id(parameter), parameter.numel()))
    answer = {"config": fields, "parameters": sum(count for _, count in own)}
    if beside:
        answer["besides"] = sum(count for _, count in beside)
    return answer


def main():
    warnings.filterwarnings("ignore")
    transformers.logging.set_verbosity_error()
    print(json.dumps({"versions": {"torch": torch.__version__, "transformers": transformers.__version__}}), flush=True)
    seen = set()
    for head, names in HEADS.items():
        for kind, name in names.items():
            name = name[0] if isinstance(name, (tuple, list)) else name
            if kind in seen or (len(sys.argv) > 1 and kind not in sys.argv[1:]):
                continue
            seen.add(kind)
            row = {"type": kind, "class": name, "head": head}
            try:
                row.update(describe(kind, name))
            except Exception as error:  # One class that cannot be built must not hide the others.
                row["error"] = f"{type(error).__name__}: {str(error).splitlines()[0][:160] if str(error) else ''}"
            print(json.dumps(row, default=str), flush=True)


main()
