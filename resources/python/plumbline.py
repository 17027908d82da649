"""Announces a workload's phases, steps, tokens and memory to Plumbline.

A script that Plumbline records finds it by name; to run it elsewhere too, copy this file beside it (standard library
only, Python 3.8 or later):

    import plumbline
    for i, batch in enumerate(data):
        plumbline.step(i)
        with plumbline.phase("forward"):
            loss = model(batch)
        plumbline.memory(torch.cuda.memory_allocated(), reserved=torch.cuda.memory_reserved())

In PyTorch one line does all of that, with memory at every boundary:

    plumbline.watch(model, optimizer)

Without PLUMBLINE_SOCKET in the environment every call does nothing. No call raises and none waits: a marker goes
straight to the socket, so that nothing is lost when the process is killed; what Plumbline does not take at once is
kept, up to 4 MiB, and sent with what follows or at the exit. Bytes are bytes; times are time.monotonic_ns().
"""
import atexit
import contextlib
import functools
import json
import os
import socket
import sys
import threading
import time
import types
import weakref

_CONNECT_S = 0.25
_RETRY_S = 5.0
_EXIT_S = 1.0
_MOST_KEPT = 4 * 1024 * 1024
# A script that has SIGPIPE as the system has it would die of a send to a recorder that is gone.
_NO_SIGNAL = getattr(socket, "MSG_NOSIGNAL", 0)

_now = time.monotonic_ns
_step = None
_by_hand = False  # the script announces its run itself


# What a process that has a rank leaves those it starts, which inherit the launcher's variables and are no ranks: the
# variable it has it from, and its pid.
_RANKED = "PLUMBLINE_RANKED"


def _launched_rank():
    """The rank the launcher gave this process (torchrun, accelerate, mpirun, srun); None where there is none."""
    if _is_worker():
        return None
    own = str(os.getpid())
    for name in ("RANK", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "SLURM_PROCID", "LOCAL_RANK"):
        if os.environ.get(name, "").isdigit():
            by, pid = os.environ.get(_RANKED, name + " " + own).split(" ")
            if by == name and pid != own:
                return None
            os.environ[_RANKED] = name + " " + own
            return int(os.environ[name])
    return None


def _joined_rank():
    """The rank in torch's process group, which a script may join at any time; None outside one."""
    distributed = getattr(sys.modules.get("torch"), "distributed", None)
    if distributed is not None and distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank()
    return None


def _is_worker():
    """Whether multiprocessing, or torch's, started this process."""
    process = sys.modules.get("multiprocessing.process")
    return process is not None and process.parent_process() is not None


def _process_name():
    """What a worker was called by the script, of others the script itself."""
    if _is_worker():
        return sys.modules["multiprocessing.process"].current_process().name
    return os.path.basename((getattr(sys, "argv", None) or [""])[0])


class _Channel:
    """The socket. Safe to use from threads, signal handlers and finalizers, and after a fork: a child makes its own."""

    def __init__(self):
        self.lock, self.sending, self.kept, self.dropped = threading.RLock(), False, bytearray(), 0
        self.socket, self.retry_at, self.address = None, 0.0, os.environ.get("PLUMBLINE_SOCKET")
        self.rank, self.head, self.joined = None, '{"v":1,"ts":', _joined_rank
        if self.address:
            self.look_up_rank(_launched_rank)

    def after_fork(self):
        """Without a word on the parent's connection: bytes of two processes would mix, and what it kept is its own. A
        process group that the parent had joined is not this one's."""
        inherited = self.joined is _never or _joined_rank() is not None
        self.drop()
        self.__init__()
        if inherited:
            self.joined = _never

    def look_up_rank(self, find=None):
        if self.rank is not None:
            return
        try:
            self.rank = (find or self.joined)()
        except Exception:
            return
        if self.rank is not None:
            self.head = '{"v":1,"rank":%d,"ts":' % self.rank

    def write(self, text, later=False):
        """Whole lines; those for later go out with the next that are not, or at the exit."""
        if not self.address:
            return
        try:
            with self.lock:
                if self.socket is None and not self.connect():
                    return
                self.kept += text.encode("ascii", "replace")
                if not (self.sending or later):
                    self.send()
        except Exception:  # A profiler's trouble is never the workload's.
            self.drop()

    def connect(self):
        if time.monotonic() < self.retry_at:
            return False
        if os.name == "nt":
            self.socket = open(self.address, "wb", buffering=0)
        else:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                connection.settimeout(_CONNECT_S)
                connection.connect(self.address)
                connection.setblocking(False)
            except BaseException:
                connection.close()
                raise
            self.socket = connection
        self.look_up_rank(_launched_rank)
        self.look_up_rank()
        self.kept += ('%s%d,"type":"process","pid":%d,"name":%s}\n' % (
            self.head, _now(), os.getpid(), json.dumps(_process_name()[:200]))).encode()
        return True

    def send(self):
        """As much as is taken without waiting. A signal handler or a finalizer that comes between only adds to `kept`."""
        self.sending = True
        try:
            while self.kept:
                sent = self.socket.write(self.kept) if os.name == "nt" else self.socket.send(self.kept, _NO_SIGNAL)
                del self.kept[:sent]
        except (BlockingIOError, InterruptedError):
            if len(self.kept) > _MOST_KEPT:  # whole lines from the end: the first may be half sent
                keep = self.kept.rfind(b"\n", 0, _MOST_KEPT) + 1
                self.dropped += self.kept.count(b"\n", keep)
                del self.kept[keep:]
        finally:
            self.sending = False

    def drop(self):
        connection, self.socket, self.kept, self.retry_at = self.socket, None, bytearray(), time.monotonic() + _RETRY_S
        try:
            if connection is not None:
                connection.close()
        except Exception:
            pass

    def at_exit(self):
        if not self.lock.acquire(timeout=_EXIT_S):
            return
        try:
            if self.dropped:  # for later: a send would drop the last line again, where what is kept is at its limit
                text = "%d markers were dropped: they came faster than Plumbline took them" % self.dropped
                self.write(_line("note", {"text": text}), later=True)
            if self.kept and self.socket is not None and os.name != "nt":
                self.socket.settimeout(_EXIT_S)
                self.socket.sendall(self.kept, _NO_SIGNAL)
        except Exception:
            pass
        finally:
            self.lock.release()


_channel = _Channel()
_the_watcher = None
_look_for_models = None  # of a script that is watched without having asked: makes the next module that is called be looked at


def _after_fork():
    global _step, _by_hand
    try:
        _channel.after_fork()
        _step, _by_hand = None, False
        if _the_watcher is not None:
            _the_watcher.after_fork()
    except Exception:
        pass


def _never():
    return None


atexit.register(_channel.at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _plain(value):
    return value.item() if hasattr(value, "item") else str(value)  # scalars of numpy and torch


def _json(value):
    try:
        return json.dumps(value, default=_plain, allow_nan=False)
    except Exception:  # not a number, infinite, a circle, keys that are no names, objects that refuse
        return json.dumps(_tame(value, 8))


def _tame(value, depth):
    """What can be told of a value that is no JSON."""
    if value is None or type(value) in (bool, int, str) or (type(value) is float and value - value == 0):
        return value
    if isinstance(value, dict) and depth:
        return {str(key): _tame(one, depth - 1) for key, one in value.items()}
    if isinstance(value, (list, tuple)) and depth:
        return [_tame(one, depth - 1) for one in value]
    try:
        return str(value)[:1000]
    except Exception:
        return type(value).__name__


_quoted = {}


def _name(name):
    """A phase's name as JSON; the few there are are kept."""
    text = _quoted.get(name)
    if text is None:
        text = json.dumps(str(name))
        if len(_quoted) < 256:
            _quoted[name] = text
    return text


def _value(value):
    """As JSON; whole numbers, and names with whole numbers, without the detour through the encoder."""
    if type(value) is int:
        return "%d" % value
    if type(value) is dict and len(value) < 64:
        for one in value.values():
            if type(one) is not int:
                return _json(value)
        return "{%s}" % ",".join(["%s:%d" % (_name(key), one) for key, one in value.items()])
    return _json(value)


def _line(kind, fields, ts=None):
    pairs = "".join([',"%s":%s' % (key, _value(value)) for key, value in fields.items() if value is not None])
    return '%s%d,"type":"%s"%s}\n' % (_channel.head, _now() if ts is None else ts, kind, pairs)


def _phase_line(name, event, step, ts=None):
    """What `_line` would make, without the detour: phases and steps are the most frequent of all."""
    return '%s%d,"type":"phase","name":%s,"event":"%s"%s}\n' % (
        _channel.head, _now() if ts is None else ts, _name(name), event, "" if step is None else ',"step":%d' % step)


def _step_line(event, step):
    return '%s%d,"type":"step","event":"%s"%s}\n' % (_channel.head, _now(), event, "" if step is None else ',"step":%d' % step)


def _send(line, *args):
    """Makes a line of the script's own and sends it, where anybody listens."""
    global _by_hand
    if not _channel.address:
        return
    _by_hand = _by_hand or args[0] != "note"
    try:
        _channel.write(line(*args))
    except Exception:
        pass


class phase(contextlib.ContextDecorator):
    """A span of the run: load, prefill, decode, forward, backward, optimizer, or a name of your own."""

    __slots__ = ("_name", "_step", "_at")

    def __init__(self, name, step=None):
        self._name, self._step, self._at = name, step, None

    def _recreate_cm(self):
        return phase(self._name, self._step)

    def __enter__(self):
        self._at = _step if self._step is None else self._step
        _send(_phase_line, self._name, "begin", self._at)

    def __exit__(self, *_error):
        _send(_phase_line, self._name, "end", self._at)
        if _the_watcher is not None and _the_watcher.is_silent():
            _the_watcher.on_phase_by_hand(self._name, self._at)
        return False


class _Step:
    __slots__ = ("_step",)

    def __init__(self, index):
        self._step = index

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        _end_step(self._step)
        return False


def step(index):
    """Begins a step, and ends the one before. As `with plumbline.step(i):` it ends where the block does."""
    global _step
    _end_step(_step)
    try:
        index = int(index)
    except Exception:  # no number: a step without one
        index = None
    _step = index
    _channel.look_up_rank()
    _send(_step_line, "begin", index)
    return _Step(index)


def _end_step(index):
    global _step
    if index is not None and index == _step:
        _send(_step_line, "end", index)
        _step = None


def tokens(index):
    """Announces that the token with this index (from 0) has been generated."""
    _send(_line, "token", {"index": index, "step": _step})


def memory(allocated, reserved=None, requested=None, peak=None, phase=None, step=None, components=None, counters=None):
    """Bytes as the framework counts them now; `peak` since the phase began; `components` maps component to bytes."""
    _send(_line, "memory", {
        "allocated": allocated, "reserved": reserved, "requested": requested, "peak": peak, "phase": phase,
        "step": _step if step is None else step, "components": components, "counters": counters,
    })


def model(**fields):
    """What the model is, in the words of its configuration."""
    _send(_line, "model", {"fields": fields})


def run(**fields):
    """How it is run: batch, seq, precision, optimizer and the like."""
    _send(_line, "run", {"fields": fields})


def note(text):
    """A remark at this moment of the run."""
    try:
        _send(_line, "note", {"text": str(text), "step": _step})
    except Exception:
        pass


# --- PyTorch ---

# The share of the run that watching may cost, by its own clock; past it, whole steps go untold.
_COST = 0.008
# The part of it that counting the script's objects may take, beyond the first steps.
_OBJECTS_COST = 0.002
# The same of reading what is allocated at each block of a model.
_BLOCKS_COST = 0.003
# How much of the one step that they are told in they may take: as many are told as that allows.
_BLOCKS_STEP_COST = 0.004
_MOST_BLOCKS = 256
# Blocks of another kind are told beside those that hold most from so many on, and from this share of their parameters.
_FEWEST_BESIDE, _LEAST_BESIDE = 4, 0.05
_ALWAYS_TOLD_STEPS = 3
# The first steps of this many models or optimizers are told whole, whatever share of a short run that is.
_MOST_BEGINNINGS = 8
# From then on the share is counted as if so many seconds had passed, so that a short run is told whole.
_GRACE_S = 6.25
# Seconds that torch takes to call a hook of ours, which our own clock does not see; a hook that has nothing to do takes no more.
_CALL_S = 2e-6
# An optimizer that waits while another steps as often as this is not of the same iteration.
_MOST_ROUNDS = 10


def watch(model, optimizer=None):
    """Announces a PyTorch model's phases, steps, tokens, memory and configuration by itself, from hooks.

    Call it once the model is built and wrapped (DistributedDataParallel, torch.compile: what is inside a compiled graph
    cannot be watched, the compiled model itself can). Forward lasts until
    loss.backward() where gradients are wanted, so that the loss counts as forward; backward is loss.backward();
    optimizer is optimizer.step(). Calls with a key-value cache are prefill and decode. Times are those at which work
    was queued to the GPU. Each phase restarts torch's own peak counters (torch.cuda.max_memory_allocated).
    Returns the model. Without Plumbline or without torch it does nothing.
    """
    if os.environ.get("PLUMBLINE_SOCKET"):
        try:
            watcher = _watcher()
            if watcher is not None:
                watcher.asked = True
                watcher.add_model(model)
                if optimizer is not None:
                    watcher.add_optimizer(optimizer)
        except Exception:
            pass
    return model


def _watcher():
    global _the_watcher
    torch = sys.modules.get("torch")
    if _the_watcher is None and torch is not None:
        _the_watcher = _Watcher(torch)
    return _the_watcher


def _told(method):
    """Makes a method safe as a hook: it returns nothing, raises nothing, its own time is counted, and what it tells goes
    out in one piece. A send wakes whoever reads, and costs more than anything else here."""
    @functools.wraps(method)
    def call(self, *args, **kwargs):
        if self.busy or self.compiling():
            return
        self.busy, began, later = True, time.perf_counter(), False
        try:
            later = method(self, *args, **kwargs) is _LATER
        except Exception:
            pass
        finally:
            if self.lines:
                _channel.write("".join(self.lines), later)
                self.lines.clear()
            if self.ended is not None:
                self.tell_objects(*self.ended)
                self.ended = None
            self.busy = False
            self.spent += time.perf_counter() - began + _CALL_S
    return call


def _told_when_awake(method):
    """As `_told`; while steps are not told it only counts what calling it costs."""
    told = _told(method)

    @functools.wraps(method)
    def call(self, *args, **kwargs):
        if self.compiling():
            return
        if self.wake_at is None:
            told(self, *args, **kwargs)
        else:
            self.spent += _CALL_S
    return call


class _Hook:
    """A hook on a module of the script's own, which may be copied, pickled or sent to another process with it: the copy has
    one that does nothing, and needs no Plumbline to be loaded."""

    __slots__ = ("call", "__name__")

    def __init__(self, call):
        self.call, self.__name__ = call, "plumbline"

    def __call__(self, *args):
        return self.call(*args)

    def __reduce__(self):
        return getattr, (contextlib.nullcontext(), "__exit__")


def _unscripted(torch):
    """Leaves hooks of ours out where torch.jit.script compiles a module with those on it: they are no TorchScript."""
    recursive = getattr(getattr(torch, "jit", None), "_recursive", None)
    original = getattr(recursive, "get_hook_stubs", None)
    if original is None:
        return

    @functools.wraps(original)
    def get_hook_stubs(module):
        kept = [(hooks, dict(hooks)) for hooks in (module._forward_hooks, module._forward_pre_hooks)]
        if not any(type(one) is _Hook for _hooks, all in kept for one in all.values()):
            return original(module)
        try:
            for hooks, all in kept:
                for key, one in all.items():
                    if type(one) is _Hook:
                        del hooks[key]
            return original(module)
        finally:
            for hooks, all in kept:
                hooks.clear()
                hooks.update(all)

    recursive.get_hook_stubs = get_hook_stubs


# What a hook returns whose lines may wait for the next hook's.
_LATER = object()


def _compiling(torch):
    """What tells whether torch is compiling or tracing just now: a look at a tensor's shape would become a part of the
    graph."""
    compiles = getattr(getattr(torch, "compiler", None), "is_compiling", _never)
    traces = getattr(getattr(torch, "jit", None), "is_tracing", _never)

    def compiling():
        return compiles() or traces()
    return compiling


def _allowed_cost():
    try:
        return float(os.environ.get("PLUMBLINE_WATCH_COST", _COST))
    except ValueError:
        return _COST


class _Objects:
    """Bytes that the script's own objects hold: parameters, buffers, gradients, optimizer states, each storage once, by
    type and device. Nothing is held between two counts but numbers, nothing is allocated on a device, and what does
    not tell its bytes is named rather than guessed. A storage is told by its own address: asking for that of its data
    would make a copy-on-write one real."""

    def __init__(self, torch, models, optimizers):
        self.torch, self.models, self.optimizers = torch, models, optimizers
        self.spent, self.latest, self.told = 0.0, 0.0, {}
        self.packed = weakref.WeakKeyDictionary()  # by model: what its packed weights hold, and what was not opened
        self.opening = _OPENING_S
        # Models and optimizers a process was forked with and has not used yet: they are the parent's, as are those on a GPU.
        self.inherited, self.forked = weakref.WeakSet(), False
        # Those whose storage is the whole of them, and whether a storage can be asked for (from torch 2.0).
        self.plain = {torch.Tensor, getattr(getattr(torch, "nn", None), "Parameter", None)}
        self.storages = hasattr(torch.Tensor, "untyped_storage")

    def line(self, phase, step, ts):
        """What is to be told at the end of `phase`: None where it is as it was at the last."""
        began = time.perf_counter()
        try:
            parts, untold = self.count()
            fields = '"parts":%s%s' % (json.dumps(parts), ',"untold":%s' % json.dumps(untold) if untold else "")
        finally:
            took = time.perf_counter() - began
            self.spent, self.latest = self.spent + took, took
        if self.told.get(phase) == fields:
            return None
        self.told[phase] = fields
        return '%s%d,"type":"objects","phase":%s,%s%s}\n' % (
            _channel.head, ts, _name(phase), fields, "" if step is None else ',"step":%d' % step)

    def count(self):
        """[component, type, device, bytes] of each that holds any, and sentences on what could not be told."""
        held, untold, seen, strided = {}, {}, set(), getattr(self.torch, "strided", None)
        for model in self.used(self.models):
            packed, unopened = self.packed_in(model)
            for dtype, size, _elements in packed:
                name = ("params", dtype, self.torch.device("cpu"))
                held[name] = held.get(name, 0) + size
            if unopened:
                untold["packed"] = untold.get("packed", 0) + unopened
        for component, value in self.values():
            for one in (value,) if hasattr(value, "untyped_storage") else _tensors(value, 4):
                try:
                    if self.forked and one.device.type == "cuda":
                        untold["forked"] = untold.get("forked", 0) + 1
                        continue
                    plain = (strided is not None and type(one) in self.plain and one.layout is strided and one.device.type != "meta"
                             and not getattr(one, "is_quantized", False))
                    for tensor in (one,) if plain else _strided(one):
                        storage = tensor.untyped_storage() if self.storages else None
                        key = id(tensor) if storage is None else storage._cdata
                        if key not in seen:
                            seen.add(key)
                            name = (component, tensor.dtype, tensor.device)
                            held[name] = held.get(name, 0) + (_bytes(tensor) if storage is None else storage.nbytes())
                except Exception:
                    kind = "meta" if getattr(getattr(one, "device", None), "type", None) == "meta" else type(one).__name__
                    untold[kind] = untold.get(kind, 0) + 1
        words = [_untold(kind, n) for kind, n in sorted(untold.items())]
        return sorted([component, _dtype_name(dtype), str(device), size] for (component, dtype, device), size in held.items() if size), words

    def used(self, some):
        return [one for one in some if one not in self.inherited] if self.forked else list(some)

    def packed_in(self, model):
        """What the quantized modules of `model` keep where no tensor is to be seen, [type, bytes, elements] each, and how
        many of these were not opened. To open one copies it, in host memory: that is done once, and not for long."""
        known = self.packed.get(model)
        if known is None:
            found, unopened, shapes = [], 0, {}
            for module in model.modules():
                if not _is_packed(module):
                    continue
                if hasattr(module, "in_features"):
                    shapes[id(getattr(module, "_packed_params", None))] = module.in_features * module.out_features
                for value in vars(module).values():
                    if type(value).__name__ != "ScriptObject":
                        continue
                    if self.opening <= 0:
                        size = shapes.get(id(module), 0)
                        if size:
                            found.append((self.torch.qint8, size, size))
                        unopened += 1
                        continue
                    began = time.perf_counter()
                    inside = {one.data_ptr(): one for one in _unpacked(value, 8)}  # a bias that two of its parts share counts once
                    half = self.torch.float16 if inside and _is_half(module, value) else None  # it opens as floats
                    for one in inside.values():
                        dtype = half if half is not None and one.dim() > 1 else one.dtype
                        found.append((dtype, one.numel() * (2 if dtype is half else one.element_size()), one.numel()))
                    self.opening -= time.perf_counter() - began
            known = self.packed[model] = found, unopened
        return known

    def values(self):
        """Whatever may hold tensors, with its component. What is reached twice counts where it comes first."""
        models, optimizers = self.used(self.models), self.used(self.optimizers)
        weights = {id(one): one for model in models for one in model.parameters()}
        half = any(str(getattr(one, "dtype", "")) in ("torch.float16", "torch.bfloat16") for one in weights.values())
        few_bits = any(str(getattr(one, "dtype", "")) in ("torch.int8", "torch.uint8") for one in weights.values())
        for one in weights.values():
            yield "params", one
        for one in weights.values():
            for name, value in one.__dict__.items() if hasattr(one, "__dict__") else ():  # bitsandbytes keeps scales there
                yield "gradients" if "grad" in name else "params", value
        for model in models:
            for one in model.buffers():
                yield "buffers", one
            for one in model.modules() if few_bits else ():
                # Scales of bitsandbytes' 8-bit layers once they were called, and of its 4-bit ones beside a sharded weight.
                yield "params", vars(one).get("state" if type(one).__name__ in _EIGHT_BIT else "quant_state")
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                for one in group["params"]:
                    if id(one) not in weights:
                        weights[id(one)] = one
                        yield ("master_params" if half and str(getattr(one, "dtype", "")) == "torch.float32" else "params"), one
        for one in weights.values():
            yield "gradients", getattr(one, "grad", None)
        for optimizer in optimizers:
            for state in list(optimizer.state.values()):
                if isinstance(state, dict):
                    for key, value in state.items():
                        yield _STATES.get(key, "optimizer_other"), value
                else:
                    yield "optimizer_other", state


# How long packed weights may be opened to count them, in all.
_OPENING_S = 0.2
_UNTOLD = {
    "meta": ("tensor is on the meta device and holds no bytes yet", "tensors are on the meta device and hold no bytes yet"),
    "packed": ("packed weight was not opened, which takes long: its values are counted by their shape, the rest of it is not",
               "packed weights were not opened, which takes long: their values are counted by their shape, the rest of them is not"),
    "forked": ("tensor is on the GPU of the process that this one was forked from",
               "tensors are on the GPU of the process that this one was forked from"),
}


def _untold(kind, count):
    one, many = _UNTOLD.get(kind, ("tensor of kind %s does not tell its bytes" % kind, "tensors of kind %s do not tell their bytes" % kind))
    return "%d %s" % (count, one if count == 1 else many)


_EIGHT_BIT = ("Linear8bitLt", "SwitchBackLinearBnb")
_STATES = {"exp_avg": "adam_m", "exp_avg_sq": "adam_v", "momentum_buffer": "momentum"}


def _is_packed(module):
    """Whether it is one of torch's quantized modules, which keep their weights in the form their library wants."""
    name = type(module).__module__
    return name.startswith("torch.") and ".quantized." in name


def _is_half(module, packed):
    """Whether its weights are kept in 16 bits: linear ones say so themselves, recurrent ones in what they are packed in."""
    kinds = (one for one in packed.__getstate__()[0] if isinstance(one, str))
    return str(getattr(module, "dtype", None)) == "torch.float16" or any("fp16" in one for one in kinds)


def _unpacked(value, depth):
    """The weights and biases in a packed object. Whole numbers are how it was packed, and not kept as tensors."""
    if hasattr(value, "element_size"):
        if value.is_quantized or value.is_floating_point():
            yield value
    elif depth and type(value).__name__ == "ScriptObject":
        yield from _unpacked(value.__getstate__(), depth - 1)
    elif depth and isinstance(value, (list, tuple)):
        for one in value:
            yield from _unpacked(one, depth - 1)


def _tensors(value, depth):
    """Every tensor in it, through lists, dictionaries, and what libraries call the state of a quantized weight."""
    if hasattr(value, "element_size"):
        yield value
    elif depth and type(value).__name__ in ("QuantState", "MatmulLtState"):
        yield from _tensors(vars(value), depth - 1)
    elif depth and isinstance(value, dict):
        for one in list(value.values()):
            yield from _tensors(one, depth - 1)
    elif depth and isinstance(value, (list, tuple)):
        for one in value:
            yield from _tensors(one, depth - 1)


def _strided(tensor):
    """The tensors with storages of their own that one of another kind is made of. Raises where nothing is held."""
    if hasattr(type(tensor), "__tensor_flatten__"):  # a subclass that wraps others, as quantized and sharded ones do
        for name in tensor.__tensor_flatten__()[0]:
            yield from _strided(getattr(tensor, name))
        return
    if tensor.device.type == "meta":
        raise TypeError("nothing is held")
    if _wraps(tensor):
        inner = [one for one in vars(tensor).values() if hasattr(one, "element_size")]
        for one in inner:
            yield from _strided(one)
        if inner:
            return
        tensor.untyped_storage().data_ptr()  # raises where there is none
    layout = str(getattr(tensor, "layout", "torch.strided"))
    if layout == "torch.sparse_coo":
        yield from (tensor._indices(), tensor._values())
    elif layout in ("torch.sparse_csr", "torch.sparse_bsr"):
        yield from (tensor.crow_indices(), tensor.col_indices(), tensor.values())
    elif layout in ("torch.sparse_csc", "torch.sparse_bsc"):
        yield from (tensor.ccol_indices(), tensor.row_indices(), tensor.values())
    else:
        yield tensor
        if getattr(tensor, "is_quantized", False) and "per_channel" in str(tensor.qscheme()):
            yield from (tensor.q_per_channel_scales(), tensor.q_per_channel_zero_points())


def _wraps(tensor):
    """Whether it is of a class that does its own arithmetic, and so may keep its bytes in others that it holds."""
    own = getattr(type(tensor), "__torch_dispatch__", None)
    return own is not None and own is not getattr(sys.modules["torch"].Tensor, "__torch_dispatch__", None)


def _dtype_name(dtype):
    name = str(dtype)
    return _DTYPES.get(name, name.replace("torch.", ""))


class _Blocks:
    """The module that a model repeats, its layers: what is allocated as each begins and ends, forward and backward.

    A block's hooks are on it only during a forward pass that is told. Backward shows where the graph reaches what a block
    was given and what it gave: hooks there go with the graph, and hold neither a tensor nor a module.

    To ask the allocator at every edge of many blocks is more than a short step may be held up. Beyond the first steps a pass
    therefore tells as many of them as take little of its step, and the next goes on with those that follow."""

    def __init__(self, watcher):
        self.watcher, self.handles, self.edges = watcher, [], []
        self.found = weakref.WeakKeyDictionary()  # by model: kind, names, and each block with its two hooks
        self.kind, self.names = None, ()
        self.spent, self.latest = 0.0, 0.0  # of all passes, and of the last that was told
        self.each, self.next = 0.0, 0  # what a block of that pass cost; the first of those that follow
        self.told_at, self.steps, self.count_told = None, 0, 0

    def attach(self, root, whole):
        """For one forward pass of `root`: to all its blocks, or to as many as a step affords."""
        began = time.perf_counter()
        if self.count_told > 0:
            self.each = self.latest / self.count_told
        self.latest = 0.0
        if root not in self.found:
            kind, blocks = _repeated(_inner(root))
            self.found[root] = kind, tuple(name for name, _one in blocks), [
                (weakref.ref(one), self.hook(index, 0), self.hook(index, 1)) for index, (_name, one) in enumerate(blocks)]
        self.kind, self.names, blocks = self.found[root]
        chosen = blocks if whole else self.turn(blocks, began)
        self.told_at, self.steps, self.count_told = began, self.watcher.steps, len(chosen)
        for block, begin, end in chosen:
            block = block()
            if block is not None:
                self.handles.append(block.register_forward_pre_hook(begin))
                self.handles.append(block.register_forward_hook(end))
        self.count(time.perf_counter() - began)

    def turn(self, blocks, now):
        """Those whose turn it is, by what the last pass cost and how long a step has taken since."""
        if self.told_at is None or self.each <= 0:
            return blocks
        step = (now - self.told_at) / max(1, self.watcher.steps - self.steps)
        many = min(len(blocks), max(1, int(_BLOCKS_STEP_COST * step / self.each)))
        if many == len(blocks):
            return blocks
        first = self.next % len(blocks)
        self.next = first + many
        return [blocks[index % len(blocks)] for index in range(first, first + many)]

    def detach(self):
        for handle in self.handles:
            handle.remove()
        self.handles.clear()

    def hook(self, index, edge):
        """For the beginning (0) or the end (1) of a block. What it was given comes last in backward, what it gave first."""
        backward = functools.partial(self.on_gradient, index, 1 - edge)
        return _Hook(functools.partial(self.mark, index, edge, backward))

    def mark(self, index, edge, backward, _block, args, output=None):
        watcher = self.watcher
        if watcher.busy or watcher.depth > 0 or watcher.open not in ("forward", "prefill") or watcher.compiling():
            return
        began, watcher.busy = time.perf_counter(), True
        try:
            self.read(index, edge)
            if watcher.torch.is_grad_enabled():
                _before_gradient(output if edge else args, backward)
        except Exception:
            pass
        finally:
            watcher.busy = False
            self.count(time.perf_counter() - began + _CALL_S)

    def on_gradient(self, index, edge, _gradient):
        watcher = self.watcher
        if watcher.busy or watcher.open != "backward":
            return
        began = time.perf_counter()
        try:
            self.read(index, edge)
        except Exception:
            pass
        self.count(time.perf_counter() - began + _CALL_S)

    def read(self, index, edge):
        if len(self.edges) < 4 * _MOST_BLOCKS:
            self.edges.append((index, edge, time.monotonic_ns(), self.watcher.memory()["allocated_bytes"]["all"]["current"]))

    def count(self, took):
        self.spent += took
        self.latest += took
        self.watcher.spent += took

    def take(self):
        """What was read in the phase that ends, as a field of its memory marker."""
        if not self.edges:
            return ""
        text = ',"blocks":{"kind":%s,"names":%s,"edges":%s}' % (
            json.dumps(self.kind), json.dumps(self.names), json.dumps(self.edges))
        self.edges.clear()
        return text


def _before_gradient(values, hook):
    """Calls `hook` when backward reaches the first tensor of `values` that has a gradient to come."""
    first = values[0] if type(values) is tuple and values else values
    if getattr(first, "grad_fn", None) is None:
        first = next((one for one in _tensors(values, 2) if getattr(one, "grad_fn", None) is not None), None)
        if first is None:
            return
    # On the graph's own node a hook costs a third of what it does on the tensor, which keeps a dictionary for it.
    register = getattr(first.grad_fn, "register_prehook", None)  # from torch 2.0
    (register or first.register_hook)(hook)


def _repeated(model):
    """The kind of module that a list of `model` repeats and that holds most of its parameters, and its blocks by name; with
    them those of further lists beside these, as of an encoder whose blocks are not its decoder's. What is compiled is left
    alone."""
    kinds = {}
    for path, module in model.named_modules():
        if type(module).__name__ not in ("ModuleList", "Sequential"):
            continue
        own = {}
        for name, one in module.named_children():
            own.setdefault(type(_inner(one)), []).append((path + "." + name if path else name, one))
        for kind, some in own.items():
            if len(some) > 1:
                kinds.setdefault(kind, []).extend(some)
    if not kinds:
        return None, []
    sizes = {kind: sum(each.numel() for _name, block in some for each in block.parameters()) for kind, some in kinds.items()}
    first = max(sizes, key=sizes.get)
    chosen = _outermost(kinds.pop(first))
    for kind, some in kinds.items():
        if sizes[kind] < _LEAST_BESIDE * sizes[first]:
            continue
        taken = {name for name, _one in chosen}
        around = {outer for name in taken for outer in _around(name)}
        beside = [(name, one) for name, one in _outermost(some)
                  if name not in taken and name not in around and taken.isdisjoint(_around(name))]
        if len(beside) >= _FEWEST_BESIDE:
            chosen += beside
    places = {name: index for index, (name, _module) in enumerate(model.named_modules())}
    chosen.sort(key=lambda one: places.get(one[0], 0))
    return first.__name__, [(name, one) for name, one in chosen if _untouchable(one) is None][:_MOST_BLOCKS]


def _outermost(blocks):
    """Those that lie in none of the others. Of experts there may be many thousands: each is looked at once."""
    names = {name for name, _one in blocks}
    return [(name, one) for name, one in blocks if names.isdisjoint(_around(name))]


def _around(name):
    """Names of the modules that the one of this name lies in."""
    parts = name.split(".")
    return [".".join(parts[:depth]) for depth in range(1, len(parts))]


def _is_model(module):
    """Whether it has weights: parameters, or packed ones."""
    return next(iter(module.parameters()), None) is not None or any(map(_is_packed, module.modules()))


def _untouchable(module):
    """Compiled and scripted modules are as fast as they are because nobody looks in: the word for what this one is."""
    if type(module).__name__ == "OptimizedModule" or getattr(module, "_compiled_call_impl", None) is not None:
        return "compiled"
    kinds = [one.__name__ for one in type(module).__mro__]
    return "scripted" if "ScriptModule" in kinds else "exported" if "GraphModule" in kinds else None


class _Iteration:
    """When an iteration is over: once each of the optimizers that take part in it has stepped. One that steps in turn with
    others (a critic five times, then a generator) takes part; one that has been replaced, or that waits for long, does not,
    until it steps often."""

    class _Part:
        __slots__ = ("calls", "needed", "last")

        def __init__(self):
            self.calls, self.needed, self.last = 0, True, None

    def __init__(self):
        self.parts, self.calls, self.number = weakref.WeakKeyDictionary(), 0, 0

    def add(self, optimizer):
        own = _trained(optimizer)
        for other, part in self.parts.items():
            if not own.isdisjoint(_trained(other)):
                part.needed = False
        self.parts[optimizer] = self._Part()

    def is_begun(self):
        return any(part.calls for part in self.parts.values())

    def is_first_of(self, optimizer):
        part = self.parts.get(optimizer)
        return part is not None and part.last is None

    def is_over(self, optimizer):
        """Called after each step of an optimizer."""
        part = self.parts.get(optimizer)
        self.calls += 1
        if part is not None:
            if part.last is not None and self.calls - part.last <= _MOST_ROUNDS * (len(self.parts) - 1) + 1:
                part.needed = True
            part.last = self.calls
        if part is not None and len(self.parts) > 1:
            part.calls += 1
            parts = list(self.parts.values())
            if part.calls > _MOST_ROUNDS:
                for one in parts:
                    one.needed = one.needed and one.calls > 0
            if any(one.needed and one.calls == 0 for one in parts):
                return False
            for one in parts:
                one.calls = 0
        self.number += 1
        return True


def _trained(optimizer):
    """Ids of its parameters; of one that wraps another, and has not got it yet, none."""
    try:
        return {id(one) for group in optimizer.param_groups for one in group["params"]}
    except Exception:
        return set()


class _Watcher:
    """One phase is open at a time. What may go on (a forward pass whose loss is still to be computed, decoding between
    two tokens) stays open with the time and memory of its last activity, and is ended with those if nothing follows.

    Where a phase begins and where a step ends is told before the hook returns, so that of a process that is killed it
    is known what it was at. The end of backward alone waits for what an optimizer or the next forward pass begins.

    Once telling a step would cost more than its share of the time that passed, it sleeps until it is affordable again: its
    hooks count steps and what calling them costs. Where that alone is more than the share, it takes them off."""

    def __init__(self, torch):
        self.torch = torch
        self.models, self.optimizers = weakref.WeakSet(), weakref.WeakSet()
        self.handles, self.blocks = [], _Blocks(self)
        self.asked = False  # by the script: else what it announces itself comes first
        self.cost, self.watching, self.steps_follow = _allowed_cost(), False, False
        self.forked_from = None
        self.begin_anew()
        self.compiling = _compiling(torch)
        backward = torch.autograd.backward

        @functools.wraps(backward)
        def watched_backward(*args, **kwargs):
            self.on_backward_begin()
            self.depth += 1  # reentrant checkpointing calls it again inside
            try:
                return backward(*args, **kwargs)
            finally:
                self.depth -= 1
                self.on_backward_end()

        torch.autograd.backward = watched_backward
        _unscripted(torch)
        atexit.register(self.on_exit)

    def begin_anew(self):
        """As of a process that has told nothing yet."""
        self.objects = _Objects(self.torch, self.models, self.optimizers)
        self.busy = False
        self.started, self.spent = time.perf_counter(), 0.0
        self.wake_at, self.slept_at = None, (0.0, 0.0)  # when asleep: until when at the least; when and at what cost it began
        self.latest, self.told_from = 0.0, None  # what the phases of the step told last cost; what had been spent on phases before
        self.midway = False  # in a step that is not told
        self.thinned = False  # and this was said
        self.open, self.open_step, self.last = None, None, None
        self.depth, self.device, self.gpu, self.run_told = 0, None, False, None
        self.numbers = []  # of models, as they were first told
        self.step, self.backwards, self.token = None, 0, 0
        self.steps, self.iteration = 0, _Iteration()  # passes that might have been told, evaluations among them
        self.alternates, self.accumulated = False, 1  # whether optimizers of this step take turns; backward passes of the last
        self.left = set()  # kinds of modules that were left alone
        self.root = None  # whose forward pass runs: a watched module inside it tells nothing
        self.lines, self.input, self.told_input = [], None, None  # and the shape of what the model is called with
        self.ended = None  # phase, step and time of what ended in this hook: its objects are counted once that is told
        self.objects_failed, self.new_at = False, 0  # the pass before which a model or an optimizer came last
        self.settled_at, self.beginnings = None, 0  # of which of these the first steps are over, and how many that were

    def after_fork(self):
        """In the child: what the parent watches is watched in it as well, and told once it is used there."""
        self.blocks.detach()
        self.blocks.edges.clear()
        self.blocks.spent, self.blocks.latest = 0.0, 0.0
        self.begin_anew()
        self.forked_from = os.getppid()
        self.objects.forked, self.objects.inherited = True, weakref.WeakSet([*self.models, *self.optimizers])
        for optimizer in self.optimizers:
            self.iteration.add(optimizer)
        if _look_for_models is not None:
            _look_for_models()

    # --- what is watched ---

    def add_model(self, model):
        if model in self.models:
            return
        self.models.add(model)
        self.watching, self.new_at = True, self.steps
        self.rouse()
        try:
            self.handles.append(model.register_forward_pre_hook(_Hook(self.on_forward_begin), with_kwargs=True))
        except TypeError:  # before torch 2.0
            self.handles.append(model.register_forward_pre_hook(_Hook(lambda module, args: self.on_forward_begin(module, args, {}))))
        self.handles.append(model.register_forward_hook(_Hook(self.on_forward_end)))
        self.tell_model(model)

    def is_silent(self):
        """Nobody asked to watch, and the script tells its phases itself: it is told what they hold and nothing else."""
        return _by_hand and not self.asked

    def is_settled(self):
        """The first steps with the newest model and optimizer are over."""
        return self.steps - self.new_at >= _ALWAYS_TOLD_STEPS

    def is_beginning(self):
        """They are not, and are told whole; of a script that makes new ones again and again those of a few."""
        return self.beginnings < _MOST_BEGINNINGS and not self.is_settled()

    def leave(self, model, kind):
        """Counts what a module holds that no hook may touch, and says so once."""
        if model in self.models:
            return
        self.models.add(model)
        self.watching, self.new_at = True, self.steps
        self.rouse()
        self.tell_model(model)
        if kind not in self.left:
            self.left.add(kind)
            note("%s modules are left alone: their forward passes are not told, what they hold, backward and optimizer are" % kind)

    def add_optimizer(self, optimizer):
        if optimizer in self.optimizers:
            return
        self.optimizers.add(optimizer)
        self.iteration.add(optimizer)
        self.steps_follow, self.new_at = True, self.steps
        self.rouse()
        if hasattr(optimizer, "register_step_pre_hook"):
            self.handles.append(optimizer.register_step_pre_hook(self.on_optimizer_begin))
            self.handles.append(optimizer.register_step_post_hook(self.on_optimizer_end))
            return
        step = optimizer.step  # before torch 2.0

        @functools.wraps(step)
        def watched_step(own, *args, **kwargs):
            self.on_optimizer_begin(own)
            try:
                return step(*args, **kwargs)
            finally:
                self.on_optimizer_end(own)

        optimizer.step = types.MethodType(watched_step, optimizer)  # a method, as learning rate schedulers expect

    @_told
    def tell_model(self, root):
        self.describe(root)

    def describe(self, root):
        inner = _inner(root)
        weights = list(inner.parameters())
        packed, _unopened = self.objects.packed_in(inner)
        if weights or packed:
            self.device = weights[0].device if weights else self.torch.device("cpu")
            self.gpu = getattr(self.device, "type", None) == "cuda" and self.forked_from is None
        if not self.is_silent():
            self.tell(_line("model", {"fields": dict(_model_fields(inner, weights, packed), modelNumber=self.number_of(inner))}))

    def number_of(self, model):
        """Models that share parameters are one: a wrapper, or a part that is called by itself. So are those that follow one
        another, each made when the one before it is gone."""
        own, gone = {id(one) for one in model.parameters()}, None
        for number, known in enumerate(self.numbers):
            other = known()
            if other is model or (other is not None and not own.isdisjoint(id(one) for one in other.parameters())):
                return number
            gone = number if other is None else gone
        if gone is None:
            gone = len(self.numbers)
            self.numbers.append(None)
        self.numbers[gone] = weakref.ref(model)
        return gone

    def describe_inherited(self, root):
        """A model that this process was forked with, once it uses it."""
        if root not in self.objects.inherited:
            return
        self.objects.inherited.discard(root)
        if not self.left:
            self.left.add("forked")
            self.tell(_line("note", {"text": "this process was forked from process %d, and shares with it what both held then until one of them writes to it" % self.forked_from}))
        self.describe(root)

    # --- hooks ---

    def on_forward_begin(self, root, args, kwargs):
        if self.compiling():
            return
        if self.wake_at is None or self.wakes(root, args, kwargs):
            self.begin_pass(root, args, kwargs)

    @_told
    def begin_pass(self, root, args, kwargs):
        if self.depth > 0 or (self.root is not None and self.root() not in (None, root)):  # recomputed, or inside another
            return
        if self.captured():
            return
        self.root = weakref.ref(root)
        if self.objects.inherited:
            self.describe_inherited(root)
        self.input = _shape(args, kwargs)
        training = self.torch.is_grad_enabled() and getattr(root, "training", False)
        if training and self.run_told is not None and self.run_told["mode"] == "train":  # all that has to be known is
            if self.goes_on() if self.step is not None else self.afford(own_step=len(self.optimizers) > 0):
                self.begin("forward")
            return
        ids = kwargs.get("input_ids")
        ids = ids if ids is not None else next((one for one in args if hasattr(one, "shape")), None)
        ids = ids if ids is not None else next((one for one in kwargs.values() if hasattr(one, "shape")), None)
        cached = not training and (kwargs.get("past_key_values") is not None or kwargs.get("use_cache") is True)
        length = int(ids.shape[1]) if ids is not None and len(ids.shape) > 1 else None
        decoding = cached and length == 1 and self.token > 0
        if self.step is None and not decoding and not self.afford(own_step=training and len(self.optimizers) > 0):
            return
        if not training and not cached:
            self.close()
        if cached and not decoding:
            self.token = 0
        self.tell_run(root, ids, length, training, cached)
        self.begin("decode" if decoding else "prefill" if cached else "forward")

    @_told_when_awake
    def on_forward_end(self, root, args, output):
        if self.depth > 0 or self.root is None or self.root() is not root:
            return
        self.root = None
        if self.open is None:
            return
        self.last = (time.monotonic_ns(), self.memory())
        if self.open in ("prefill", "decode"):
            self.token += 1
            self.tell(_line("token", {"index": self.token, "step": _step}))
            self.tell_memory(*self.last)
        if self.open == "prefill" or (self.open == "forward" and not self.torch.is_grad_enabled()):
            self.close()

    @_told_when_awake
    def on_backward_begin(self):
        self.root = None
        if self.depth == 0 and self.watching and not self.captured():
            self.last = None  # the loss belongs to forward
            self.begin("backward")

    @_told_when_awake
    def on_backward_end(self):
        if self.depth == 0 and self.open == "backward":
            self.backwards += 1
            self.alternates = self.alternates or self.iteration.is_begun()
            self.close()
            return _LATER if self.steps_follow else None

    @_told_when_awake
    def on_optimizer_begin(self, optimizer, *_args):
        if self.captured():
            return
        self.objects.inherited.discard(optimizer)
        self.tell_optimizer(optimizer)
        self.begin("optimizer")

    def on_optimizer_end(self, optimizer, *_args):
        if self.compiling():
            return
        if self.is_settled() and self.iteration.is_first_of(optimizer):
            self.meet()
        if self.wake_at is None:
            self.end_pass(optimizer)
        elif self.iteration.is_over(optimizer):
            self.steps += 1
            self.midway = False
            self.spent += _CALL_S

    def meet(self):
        """An optimizer that steps for the first time long after it was made may train a model that was not called before."""
        self.new_at = self.steps
        self.rouse()
        if _look_for_models is not None:
            _look_for_models()

    @_told
    def end_pass(self, optimizer):
        if self.captured():
            return
        self.close()
        if not self.iteration.is_over(optimizer):
            return
        self.steps += 1
        self.end_step()
        self.tell_accumulation()
        self.backwards, self.alternates = 0, False

    @_told
    def on_phase_by_hand(self, name, step):
        self.ended = (str(name), step, time.monotonic_ns())

    def captured(self):
        """Whether a CUDA graph is being captured: what runs in it runs later, and nothing is told of it."""
        capturing = self.gpu and getattr(self.torch.cuda, "is_current_stream_capturing", _never)()
        if capturing and "captured" not in self.left:
            self.left.add("captured")
            self.tell(_line("note", {"text": "what is captured in a CUDA graph is left alone: its passes are not told"}))
        return capturing

    @_told
    def on_exit(self):
        self.close()

    # --- phases ---

    def tell(self, line):
        self.lines.append(line)

    def afford(self, own_step):
        """At the start of a step: whether it is told. It gets its number, unless the script counts its own."""
        global _step
        self.close()
        if self.is_silent():
            self.steps += 1
            return True
        self.settle()
        if self.told_from is not None:
            self.latest = self.spent_on_phases() - self.told_from
        if not self.is_affordable():
            self.sleep(midway=own_step)
            return False
        self.told_from = self.spent_on_phases()
        if own_step and _step is None:
            _step = self.step = self.iteration.number
            _channel.look_up_rank()
            self.tell(_step_line("begin", _step))
        elif not own_step:
            self.steps += 1
        return True

    def spent_on_phases(self):
        return self.spent - self.objects.spent - self.blocks.spent

    def affords(self, part, share):
        """Whether a part that is told now and then costs no more than its share, nor all together than theirs."""
        elapsed = time.perf_counter() - self.started
        return part.spent + part.latest <= share * elapsed and self.spent + part.latest < self.cost * elapsed

    def goes_on(self):
        """At a further forward pass of a step: it is told to its end, but for one without an end, as of passes in training
        mode that no optimizer follows."""
        if self.is_beginning() or self.spent <= 2 * self.cost * (time.perf_counter() - self.started):
            return True
        self.close()
        self.end_step()
        self.sleep(midway=True)
        return False

    def is_affordable(self):
        """The next step, if it costs what the last one did; the first are told anyway."""
        return self.is_beginning() or self.spent + self.latest < self.cost * (time.perf_counter() - self.started)

    def sleep(self, midway):
        if not self.thinned:
            self.thinned = True
            self.tell(_line("note", {"text": "from here on some steps are not told: telling all of them would cost more than %s of the run" % _share(self.cost)}))
        self.root, self.midway, self.told_from = None, midway, None
        self.slept_at = time.perf_counter(), self.spent
        self.wake_at = self.until_affordable()

    def until_affordable(self):
        return self.started + (self.spent + self.latest) / self.cost if self.cost > 0 else float("inf")

    def wakes(self, root, args, kwargs):
        """At a forward pass while asleep: whether it is the first of a step that can be told."""
        self.spent += _CALL_S
        training = self.torch.is_grad_enabled() and getattr(root, "training", False)
        if not training:
            self.steps += not self.midway
        now = time.perf_counter()
        if self.midway or now < self.wake_at or (not training and _is_decoding(args, kwargs)):
            self.midway = self.midway or training
            return False
        if not self.is_affordable():
            at, spent = self.slept_at
            if self.spent - spent > self.cost * (now - at):
                self.leave_all()
            self.wake_at = self.until_affordable()
            self.midway = training
            return False
        self.rouse()
        return True

    def rouse(self):
        if self.wake_at is not None:
            self.wake_at, self.token, self.backwards, self.alternates = None, 0, 0, False

    def leave_all(self):
        """Of steps so short that to count them is more than the share."""
        for handle in self.handles:
            if handle is not None:
                handle.remove()
        self.handles.clear()
        _channel.write(_line("note", {"text": "steps are too short to be watched for %s of them: from here on none is told" % _share(self.cost)}))

    def settle(self):
        """What the first steps with a model or an optimizer cost is paid once, and no share of those that follow."""
        if self.is_settled() and self.settled_at != self.new_at and self.beginnings < _MOST_BEGINNINGS:
            self.settled_at, self.beginnings = self.new_at, self.beginnings + 1
            self.started, self.spent = time.perf_counter() - _GRACE_S, 0.0
            self.objects.spent, self.blocks.spent = 0.0, 0.0
            self.latest, self.told_from = 0.0, None

    def end_step(self):
        """Of a step that was numbered here."""
        global _step
        if self.step is not None and self.step == _step:
            self.tell(_step_line("end", _step))
            _step = None
        self.step = None

    def tell_accumulation(self):
        """How many backward passes a step takes, once two in a row take as many: a scaler that leaves a step out of an
        overflow makes the next seem twice as long."""
        before, self.accumulated = self.accumulated, self.backwards
        if self.alternates or before != self.backwards or self.run_told is None:
            return
        if self.backwards != self.run_told.get("gradAccum", 1):
            self.run_told["gradAccum"] = self.backwards
            self.tell(_line("run", {"fields": self.run_told}))

    def begin(self, name):
        if self.open == name:
            self.last = None
            return
        self.close()
        if self.is_silent():
            return
        if self.gpu:
            self.torch.cuda.reset_peak_memory_stats(self.device)
        self.open, self.open_step = name, _step
        line = _phase_line(name, "begin", _step)
        if name == "forward" and self.input != self.told_input:
            self.told_input = self.input
            line = '%s,"input":%s}\n' % (line[:-2], json.dumps(self.input))
        self.tell(line)
        if name in ("forward", "prefill"):
            self.tell_blocks()

    def tell_blocks(self):
        """All in the first steps with a new model, then some as often as is affordable, where what is allocated can be read."""
        root = self.root and self.root()
        if root is None or type(root).__name__ == "DataParallel":
            return
        whole = self.is_beginning()
        if (whole or self.affords(self.blocks, _BLOCKS_COST)) and self.memory() is not None:
            self.blocks.attach(root, whole)

    def close(self):
        if self.open is None:
            return
        ts, stats = self.last or (time.monotonic_ns(), self.memory())
        self.blocks.detach()
        self.tell_memory(ts, stats)
        self.ended = (self.open, self.open_step, ts)
        self.tell(_phase_line(self.open, "end", self.open_step, ts))
        self.open, self.last = None, None

    # --- memory and settings ---

    def memory(self):
        """What torch's caching allocator holds now, and its peaks since the phase began; None off the GPU. The nested
        form is what torch keeps: memory_stats() would flatten and sort hundreds of names at every phase's end."""
        return self.torch.cuda.memory_stats_as_nested_dict(self.device) if self.gpu else None

    def tell_objects(self, phase, step, ts):
        """In every phase of the first steps with a new model or optimizer, then as often as is affordable."""
        try:
            if self.is_beginning() or self.steps - self.new_at == _ALWAYS_TOLD_STEPS or self.affords(
                    self.objects, _OBJECTS_COST):
                line = self.objects.line(phase, step, ts)
                if line is not None:
                    _channel.write(line, True)  # with what is told next
        except Exception as error:
            if not self.objects_failed:
                self.objects_failed = True
                _channel.write(_line("note", {"text": "what the script's objects hold could not be counted: %s" % type(error).__name__}))

    def tell_memory(self, ts, stats):
        if stats is None:
            return
        allocated, reserved, requested = stats["allocated_bytes"]["all"], stats["reserved_bytes"]["all"], stats.get("requested_bytes")
        text = '%s%d,"type":"memory","allocated":%d,"peak":%d,"reserved":%d' % (
            _channel.head, ts, allocated["current"], allocated["peak"], reserved["current"])
        counters = '"reserved_bytes.all.peak":%d' % reserved["peak"]
        if requested is not None:  # from torch 2.0
            text += ',"requested":%d' % requested["all"]["current"]
            counters += ',"requested_bytes.all.peak":%d' % requested["all"]["peak"]
        if "inactive_split_bytes" in stats:
            counters += ',"inactive_split_bytes.all.current":%d' % stats["inactive_split_bytes"]["all"]["current"]
        for name in ("num_alloc_retries", "num_ooms"):
            if name in stats:
                counters += ',"%s":%d' % (name, stats[name])
        self.tell('%s%s,"counters":{%s},"phase":"%s"%s}\n' % (
            text, self.blocks.take(), counters, self.open, "" if self.open_step is None else ',"step":%d' % self.open_step))

    def tell_run(self, root, ids, length, training, cached):
        if self.is_silent():
            return
        mode = "train" if training else "generate" if cached else "infer"
        if self.run_told is not None and self.run_told.get("mode") in (mode, "train"):
            return
        inner = _inner(root)
        config = getattr(inner, "config", None)
        torch, cuda = self.torch, getattr(self.device, "type", None) == "cuda"
        self.run_told = {
            "framework": "pytorch", "torch": str(torch.__version__), "mode": mode, "modelNumber": self.number_of(inner),
            "device": torch.cuda.get_device_name(self.device) if cuda else str(self.device),
            "batch": int(ids.shape[0]) if ids is not None and len(ids.shape) > 0 else None, "seq": length,
            "precision": _precision(torch, inner, self.device, self.objects.packed_in(inner)[0]),
            "attention": getattr(config, "_attn_implementation", None),
            "checkpointing": "full" if getattr(inner, "is_gradient_checkpointing", False) else "none",
        }
        for optimizer in self.optimizers if training else ():
            self.run_told.update(_optimizer_fields(optimizer))
        distributed = getattr(torch, "distributed", None)
        if distributed is not None and distributed.is_available() and distributed.is_initialized():
            wrapper = type(root).__name__
            if wrapper in ("DistributedDataParallel", "FullyShardedDataParallel"):
                self.run_told["dp"] = distributed.get_world_size()
                self.run_told["zero"] = 3 if wrapper.startswith("Fully") else 0
        self.run_told = {key: value for key, value in self.run_told.items() if value is not None}
        self.tell(_line("run", {"fields": self.run_told}))
        self.look_inside(inner)

    def look_inside(self, model):
        """Once at the first part of `model` that is called: autocast may begin inside its own forward, as accelerate's does."""
        handles = []

        def look(_part, _args):
            for handle in handles:
                handle.remove()
            handles.clear()
            self.tell_precision(model)

        handles += [part.register_forward_pre_hook(_Hook(look)) for part in getattr(model, "children", tuple)() if _untouchable(part) is None]

    @_told
    def tell_precision(self, model):
        precision = _precision(self.torch, model, self.device, self.objects.packed_in(model)[0])
        if self.run_told is not None and precision is not None and precision != self.run_told.get("precision"):
            self.run_told["precision"] = precision
            self.tell(_line("run", {"fields": self.run_told}))

    def tell_optimizer(self, optimizer):
        if self.run_told is not None and "optimizer" not in self.run_told:
            self.run_told.update(_optimizer_fields(optimizer))
            self.tell(_line("run", {"fields": self.run_told}))


def _share(cost):
    return "%g%%" % (100 * cost)


def _is_decoding(args, kwargs):
    """Whether a pass goes on with a generation: with a cache and one token."""
    shape = _shape(args, kwargs) or ()
    return (kwargs.get("past_key_values") is not None or kwargs.get("use_cache") is True) and len(shape) > 1 and shape[1] == 1


def _shape(args, kwargs):
    """Of the first tensor that a model is called with; None where there is none."""
    for values in (args, kwargs.values()):
        for one in values:
            shape = getattr(one, "shape", None)
            if shape is not None:
                return [int(size) for size in shape][:8] or None
    return None


def _inner(root):
    """The model inside DistributedDataParallel or torch.compile: what has every parameter there is. One that calls a part
    of itself `module` is no wrapper."""
    for name in ("module", "_orig_mod"):
        inner = getattr(root, name, None)
        if hasattr(inner, "parameters") and {id(one) for one in inner.parameters()} == {id(one) for one in root.parameters()}:
            return _inner(inner)
    return root


def _bytes(tensor):
    return tensor.numel() * tensor.element_size() if hasattr(tensor, "element_size") else 0


_DTYPES = {"torch.float32": "fp32", "torch.float16": "fp16", "torch.bfloat16": "bf16", "torch.int8": "int8"}


def _elements(weight):
    """Of a weight in 4 bits, two of which lie in a byte, as many as it stands for."""
    shape = getattr(getattr(weight, "quant_state", None), "shape", None)
    if shape is None:
        return weight.numel()
    count = 1
    for size in shape:
        count *= int(size)
    return count


def _weight_precision(model, packed):
    """What most of its weights are held in."""
    held = {}
    for one in model.parameters():
        kind = getattr(getattr(one, "quant_state", None), "quant_type", None)
        kind = "int4" if kind == "fp4" else kind or _DTYPES.get(str(one.dtype))
        held[kind] = held.get(kind, 0) + _elements(one)
    for dtype, _size, elements in packed:
        kind = "int8" if str(dtype) == "torch.qint8" else _DTYPES.get(str(dtype))
        held[kind] = held.get(kind, 0) + elements
    return max(held, key=held.get) if held else None


def _precision(torch, model, device, packed=()):
    kind = getattr(device, "type", "cpu")
    try:
        if torch.is_autocast_enabled(kind):
            return "mixed-" + _DTYPES.get(str(torch.get_autocast_dtype(kind)), "bf16")
    except TypeError:  # before torch 2.4
        if kind == "cuda" and torch.is_autocast_enabled():
            return "mixed-" + _DTYPES.get(str(torch.get_autocast_gpu_dtype()), "fp16")
    return _weight_precision(model, packed)


def _optimizer_fields(optimizer):
    name = type(optimizer).__name__.lower()
    group = optimizer.param_groups[0] if optimizer.param_groups else {}
    fields = {"optimizer": "momentum" if name == "sgd" and group.get("momentum") else name}
    kernel = "fused" if group.get("fused") else "foreach" if group.get("foreach") else None
    return dict(fields, optimizerKernel=kernel) if kernel else fields


_CONFIG = {
    "layers": ("n_layer", "num_hidden_layers", "num_layers"), "hidden": ("n_embd", "hidden_size", "d_model"),
    "heads": ("n_head", "num_attention_heads", "num_heads"), "kvHeads": ("num_key_value_heads",),
    "headDim": ("head_dim",), "ffn": ("n_inner", "intermediate_size", "d_ff"), "vocab": ("vocab_size",),
    "maxPositions": ("n_positions", "max_position_embeddings", "block_size", "n_ctx"), "modelType": ("model_type",),
}


def _model_fields(model, weights, packed=()):
    """What the model is: from its configuration where it has one, else from the shapes of its parameters. `packed` is what
    quantized modules keep beside these."""
    config = getattr(model, "config", None)
    fields = {"name": getattr(config, "_name_or_path", None) or type(model).__name__}
    for field, names in _CONFIG.items():
        value = next((one for one in (getattr(config, name, None) for name in names) if isinstance(one, (int, str))), None)
        if value is not None:
            fields[field] = value
    if "hidden" not in fields:
        fields.update(_shape_fields(model))
    if weights or packed:
        fields["dtype"] = _dtype_name(weights[0].dtype if weights else packed[0][0])
    told = _config_fields(config)
    if told:
        fields["config"] = told
    fields["parameters"] = sum(map(_elements, weights)) + sum(elements for _dtype, _size, elements in packed)
    fields["trainable"] = sum(one.numel() for one in weights if one.requires_grad)
    fields["parameterBytes"] = sum(map(_bytes, weights)) + sum(size for _dtype, size, _elements in packed)
    fields.update(_adapter_fields(model))
    return fields


def _adapter_fields(model):
    """Low-rank adapters as PEFT lays them beside matrices, read off the layers they are on: patterns and expressions of its
    configuration are resolved there. Empty where there are none, or not all of one rank."""
    layers = [(name.rpartition(".")[2], one) for name, one in getattr(model, "named_modules", tuple)()
              if isinstance(getattr(one, "r", None), dict) and hasattr(one, "lora_A")]
    ranks = {rank for _name, one in layers for rank in one.r.values()}
    if len(ranks) != 1:
        return {}
    dropouts = [getattr(drop, "p", 0.0) for _name, one in layers for drop in one.lora_dropout.values()]
    # PEFT casts them to fp32 unless it is told to keep what the model is in.
    dtypes = {_DTYPES.get(str(matrix.weight.dtype)) for _name, one in layers for matrix in one.lora_A.values()}
    return {
        "loraDtype": dtypes.pop() if len(dtypes) == 1 else None, "loraRank": ranks.pop(), "loraTargets": ",".join(sorted({name for name, _one in layers})),
        "loraDropout": max(dropouts, default=0.0), "dora": any(len(one.lora_magnitude_vector) > 0 for _name, one in layers),
    }


def _config_fields(config):
    """The configuration in its own words, where it names its architecture as Hugging Face's do: plain values alone."""
    if not getattr(config, "model_type", None):
        return None
    told = config.to_dict() if hasattr(config, "to_dict") else vars(config)
    return {key: value for key, value in told.items()
            if isinstance(value, (bool, int, float)) or value is None or (isinstance(value, str) and len(value) < 200)}


def _shape_fields(model):
    modules = list(model.modules())
    tables = sorted(((one.num_embeddings, one.embedding_dim) for one in modules if hasattr(one, "num_embeddings")), reverse=True)
    fields = {"layers": max((len(one) for one in modules if type(one).__name__ == "ModuleList"), default=None)}
    if tables:
        fields["vocab"], fields["hidden"] = tables[0]
        fields["maxPositions"] = tables[1][0] if len(tables) > 1 else None
        inner = [one.out_features for one in modules if getattr(one, "in_features", None) == tables[0][1]]
        fields["ffn"] = max((one for one in inner if one not in (tables[0][0], 3 * tables[0][1])), default=None)
    return {key: value for key, value in fields.items() if value is not None}
