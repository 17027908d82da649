"""
Bytes allocated at the edges of each layer of a real model in forward and backward, on fake tensors: what the predicted
staircase is held against. Reads steps as run.py does; writes one a line: {id, forward: [[block, edge, bytes]…], backward: […]}
of the last step.
"""

import gc
import json
import sys

import torch
from torch._subclasses.fake_tensor import FakeTensorMode

import run as truth
import stand_ins
from follow import Follower


def first_tensor(value):
    if isinstance(value, torch.Tensor):
        return value
    return next((one for one in value if isinstance(one, torch.Tensor)), None)


def stairs(step):
    follower, edges = Follower(), []
    follower.scratch = stand_ins.scratch
    with FakeTensorMode(allow_non_fake_inputs=True), follower:
        run = step["run"]
        model = truth.build(step)
        model.config.use_cache = False
        model.train()
        truth.checkpoint(model, run.get("checkpointing"))
        stack, name = truth.find_layers(model)
        optimizer = truth.make_optimizer(model, run)
        inputs = truth.inputs_of(step, model)
        running = [False]

        def mark(block, edge):
            edges.append([block, edge, follower.allocated])

        for index, layer in enumerate(getattr(stack, name)):
            def begin(_module, args, index=index):
                if not running[0]:
                    return
                mark(index, 0)
                args[0].register_hook(lambda _gradient: mark(index, 1))

            def end(_module, _args, output, index=index):
                if not running[0]:
                    return
                mark(index, 1)
                first_tensor(output).register_hook(lambda _gradient: mark(index, 0))

            layer.register_forward_pre_hook(begin)
            layer.register_forward_hook(end)
        for number in range(1, run.get("steps", 1) + 1):
            edges.clear()
            running[0] = True
            with truth.autocast(run):
                out = model(**inputs)
                loss = out.loss
                del out
            running[0] = False
            forward = list(edges)
            edges.clear()
            loss.backward()
            del loss
            backward = list(edges)
            optimizer.step()
            if number == 1:
                truth.steps_on_host(optimizer, follower, run)
            optimizer.zero_grad(set_to_none=True)
    return {"id": step["id"], "forward": forward, "backward": backward}


if __name__ == "__main__":
    stand_ins.install()
    truth.patch_masks()
    for line in sys.stdin:
        step = json.loads(line)
        try:
            print(json.dumps(stairs(step)), flush=True)
        except Exception as error:
            print(json.dumps({"id": step["id"], "error": repr(error)}), flush=True)
        gc.collect()
