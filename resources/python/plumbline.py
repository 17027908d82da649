"""Announces a workload's phases, steps, tokens and memory to Plumbline.

Copy this file beside your script (standard library only, Python 3.8 or later):

    import plumbline
    for i, batch in enumerate(data):
        plumbline.step(i)
        with plumbline.phase("forward"):
            loss = model(batch)
        plumbline.memory(torch.cuda.memory_allocated(), reserved=torch.cuda.memory_reserved())

Without PLUMBLINE_SOCKET in the environment every call does nothing. No call raises, and none waits for Plumbline
longer than a quarter of a second. Bytes are bytes; times are time.monotonic_ns().
"""
import json
import os
import socket
import threading
import time
from contextlib import contextmanager

_TIMEOUT_S = 0.25
_RETRY_S = 5.0

_lock = threading.Lock()
_connection = None
_retry_at = 0.0
_step = None


def _rank():
    for name in ("RANK", "OMPI_COMM_WORLD_RANK", "SLURM_PROCID"):
        if os.environ.get(name, "").isdigit():
            return int(os.environ[name])
    return 0


def _plain(value):
    return value.item() if hasattr(value, "item") else str(value)  # scalars of numpy and torch


def _connect(address):
    if os.name == "nt":
        return open(address, "wb", buffering=0)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(_TIMEOUT_S)
        connection.connect(address)
    except OSError:
        connection.close()
        raise
    return connection


def _drop():
    global _connection, _retry_at
    connection, _connection = _connection, None
    _retry_at = time.monotonic() + _RETRY_S
    try:
        if connection is not None:
            connection.close()
    except OSError:
        pass


def _send(kind, fields):
    global _connection
    address = os.environ.get("PLUMBLINE_SOCKET")
    if not address:
        return
    try:
        message = {"v": 1, "ts": time.monotonic_ns(), "type": kind, "rank": _rank()}
        message.update((key, value) for key, value in fields.items() if value is not None)
        line = json.dumps(message, default=_plain).encode() + b"\n"
        with _lock:
            if _connection is None:
                if time.monotonic() < _retry_at:
                    return
                _connection = _connect(address)
            if os.name == "nt":
                _connection.write(line)
            else:
                _connection.sendall(line)
    except Exception:  # A profiler's trouble is never the workload's.
        _drop()


def _after_fork():
    """A child has its own connection: bytes of two processes on one would mix."""
    global _lock, _connection, _retry_at
    _lock = threading.Lock()
    connection, _connection, _retry_at = _connection, None, 0.0
    try:
        if connection is not None:
            connection.close()
    except OSError:
        pass


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


@contextmanager
def phase(name, step=None):
    """A span of the run: load, prefill, decode, forward, backward, optimizer, or a name of your own."""
    at = _step if step is None else step
    _send("phase", {"name": name, "event": "begin", "step": at})
    try:
        yield
    finally:
        _send("phase", {"name": name, "event": "end", "step": at})


class _Step:
    def __init__(self, index):
        self._index = index

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        _end_step(self._index)
        return False


def step(index):
    """Begins a step, and ends the one before. As `with plumbline.step(i):` it ends where the block does."""
    global _step
    _end_step(_step)
    _step = index
    _send("step", {"event": "begin", "step": index})
    return _Step(index)


def _end_step(index):
    global _step
    if index is not None and index == _step:
        _send("step", {"event": "end", "step": index})
        _step = None


def tokens(index):
    """Announces that the token with this index (from 0) has been generated."""
    _send("token", {"index": index, "step": _step})


def memory(allocated, reserved=None, requested=None, peak=None, phase=None, step=None, components=None, counters=None):
    """Bytes as the framework counts them now; `peak` since the phase began; `components` maps component to bytes."""
    _send("memory", {
        "allocated": allocated, "reserved": reserved, "requested": requested, "peak": peak, "phase": phase,
        "step": _step if step is None else step, "components": components, "counters": counters,
    })


def model(**fields):
    """What the model is, in the words of its configuration."""
    _send("model", {"fields": fields})


def run(**fields):
    """How it is run: batch, seq, precision, optimizer and the like."""
    _send("run", {"fields": fields})


def note(text):
    """A remark at this moment of the run."""
    _send("note", {"text": str(text), "step": _step})
