"""
Live bytes of tensors that hold no memory: every operator's outputs are followed by their storage, from the operator
that makes one to the moment its last reference goes.

Two sums are kept: bytes asked for, and blocks as PyTorch's caching allocator hands them out, in multiples of 512 B
(c10/cuda/CUDACachingAllocator.cpp, kMinBlockSize). A mark closes a phase with its high-water and the value at its end.
"""

import weakref

import torch
from torch.distributed.tensor import DTensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter

BLOCK = 512

aten = torch.ops.aten

# Statistics of norms: CUDA keeps them in fp32 whatever the input (native/cuda/layer_norm_kernel.cu); the CPU's copy of
# the operator, which a fake tensor on a CPU takes, has them in the input's own type.
FP32_STATISTICS = {aten.native_layer_norm.default, aten.native_group_norm.default}


def _round(size):
    return -(-size // BLOCK) * BLOCK


class Follower(TorchDispatchMode):
    def __init__(self):
        super().__init__()
        self.requested = self.allocated = 0
        self.high = [0, 0]
        self.phases = []
        #: Bytes of each storage that is there, by its address.
        self._known = {}
        #: Called with the operator, its arguments and its outputs: bytes that CUDA's kernel holds while it runs.
        self.scratch = None
        #: What a question whose answer is a value gets.
        self.answer = False
        #: Operators that ran, by name, with their temporaries: who is to blame for a difference.
        self.log = None

    def follow(self, tensor, width=None):
        if isinstance(tensor, DTensor):
            return  # Its local tensor is followed.
        storage = tensor.untyped_storage()
        address = storage._cdata
        if address in self._known:
            return
        size = storage.nbytes() if width is None else tensor.numel() * width
        self._known[address] = size
        self.requested += size
        self.allocated += _round(size)
        weakref.finalize(storage, self._gone, address)
        self._raise()

    def resize(self, storage, size):
        """FSDP empties the storage of gathered weights and fills it again."""
        before = self._known.get(storage._cdata)
        if before is not None:
            self._known[storage._cdata] = size
            self.requested += size - before
            self.allocated += _round(size) - _round(before)
            self._raise()

    def ignore(self, tensor):
        """A tensor that a real run keeps in host memory."""
        size = self._known.get(tensor.untyped_storage()._cdata)
        if size:
            self._known[tensor.untyped_storage()._cdata] = 0
            self.requested -= size
            self.allocated -= _round(size)

    def _gone(self, address):
        size = self._known.pop(address)
        self.requested -= size
        self.allocated -= _round(size)

    def _raise(self, more=0):
        if self.requested + more > self.high[0]:
            self.high[0] = self.requested + more
        if self.allocated + more > self.high[1]:
            self.high[1] = self.allocated + more

    def mark(self, phase, step=None):
        self.phases.append([phase, step, *self.high, self.requested, self.allocated])
        self.high = [self.requested, self.allocated]

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if any(issubclass(kind, DTensor) for kind in types):
            return NotImplemented  # Its own dispatch comes first, and asks again with local tensors.
        if func is aten._local_scalar_dense.default:
            # A value that nobody has computed. What the models ask is whether something is so, and how many; what the
            # optimizers ask is which step it is.
            return {torch.bool: self.answer, torch.int64: 0}.get(args[0].dtype, 1.0)
        out = func(*args, **kwargs)
        width = 4 if func in FP32_STATISTICS else None
        for index, tensor in enumerate(tree_iter(out)):
            if isinstance(tensor, torch.Tensor):
                self.follow(tensor, width if index > 0 else None)
        if self.scratch is not None:
            more = self.scratch(func, args, kwargs, out)
            if more:
                self._raise(more)
        if self.log is not None:
            self.log.append((str(func), self.requested))
        return out
