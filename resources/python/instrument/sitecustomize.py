"""Watches PyTorch in a script that knows nothing of Plumbline: `plumbline record -- python train.py`.

Python imports this file at its start because its folder leads PYTHONPATH. It waits for the script to import torch, then
finds the models by how they are used: the outermost module that is called and has parameters is one, and every optimizer
is one. Those get the hooks of plumbline.watch; torch itself is left as it was after the first steps. What a script
announces itself is not told a second time. A sitecustomize that this one hides is run first. Nothing here can fail the script.
"""
import importlib.util
import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))


def _run_hidden():
    """The sitecustomize that would have been imported without this one."""
    for folder in sys.path:
        path = os.path.join(folder or os.curdir, "sitecustomize.py")
        if os.path.abspath(os.path.dirname(path)) != _HERE and os.path.isfile(path):
            spec = importlib.util.spec_from_file_location("sitecustomize", path)
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            sys.modules["sitecustomize"] = module  # a script that imports it by name wants what is in it
            return


def _helper():
    """The helper beside this folder, also for a script that imports it by name."""
    if "plumbline" not in sys.modules:
        spec = importlib.util.spec_from_file_location("plumbline", os.path.join(os.path.dirname(_HERE), "plumbline.py"))
        module = importlib.util.module_from_spec(spec)
        sys.modules["plumbline"] = module
        spec.loader.exec_module(module)
    return sys.modules["plumbline"]


class _WaitForTorch:
    """Finds nothing itself: it lets the others find torch, and is told when what they found is loaded. Until then it stays:
    to look for torch is not to import it, and libraries look before they do."""

    def find_spec(self, name, path=None, target=None):
        if name != "torch":
            return None
        for finder in list(sys.meta_path):
            find = getattr(finder, "find_spec", None)
            spec = find(name, path, target) if finder is not self and find is not None else None
            if spec is not None:
                if spec.loader is not None:
                    self.watch_once_loaded(spec.loader)
                return spec
        return None

    def watch_once_loaded(self, loader):
        execute = loader.exec_module

        def execute_and_watch(module):
            execute(module)
            try:
                sys.meta_path.remove(self)
                _watch_all(module)
            except Exception:
                pass

        loader.exec_module = execute_and_watch


def _watch_all(torch):
    plumbline = _helper()
    arm = _on_outermost_call(torch, plumbline)
    arm()
    plumbline._look_for_models = arm
    _on_new_optimizer(torch.optim.Optimizer, plumbline, arm)


def _on_new_optimizer(optimizers, plumbline, arm):
    """Watches every optimizer; with a new one a new model may come, and with its first step if that is late."""
    initialize = optimizers.__init__

    def __init__(self, *args, **kwargs):
        initialize(self, *args, **kwargs)
        try:
            plumbline._watcher().add_optimizer(self)
            arm()
        except Exception:
            pass

    optimizers.__init__ = __init__


def _on_outermost_call(torch, plumbline):
    """What makes the outermost module of each call be watched, until after the first steps one that is known is called."""
    modules = torch.nn.Module
    original = modules.__call__
    inside = [False]
    compiling = plumbline._compiling(torch)

    def __call__(self, *args, **kwargs):
        if compiling() or inside[0]:
            return original(self, *args, **kwargs)
        inside[0] = True
        try:
            try:
                watcher = plumbline._watcher()
                if watcher.depth > 0:  # a checkpointed block is run again by backward: a part of a model, not one
                    pass
                elif self in watcher.models:
                    if watcher.is_settled() and modules.__call__ is __call__:
                        modules.__call__ = original
                elif plumbline._is_model(self):
                    kind = plumbline._untouchable(self)
                    if kind is None:
                        watcher.add_model(self)
                    else:
                        watcher.leave(self, kind)
            except Exception:
                pass
            return original(self, *args, **kwargs)
        finally:
            inside[0] = False

    def arm():
        if modules.__call__ is original:
            modules.__call__ = __call__

    return arm


try:
    _run_hidden()
except Exception as error:  # Python itself would have said so and gone on
    sys.stderr.write("sitecustomize: %s: %s\n" % (type(error).__name__, error))
if os.environ.get("PLUMBLINE_SOCKET"):
    sys.meta_path.insert(0, _WaitForTorch())
