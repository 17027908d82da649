"""
What CUDA does otherwise than the operators of a CPU, where that decides bytes. Each stand-in calls PyTorch's own
operator for CUDA, whose meta kernel says the shapes of what it returns and whose derivative says what is saved; what the
kernel holds only while it runs is added by `scratch`, with its source.
"""

import math

import torch
import torch.nn.functional as F

aten = torch.ops.aten


def _round(value, step):
    return -(-value // step) * step


# ---- attention -------------------------------------------------------------------------------------------------------

#: Steps whose attention ran through a stand-in, for the row that they stand in.
used = set()


def choose_attention(query, key, value, mask, dropout, gqa):
    """
    Which kernel CUDA takes, as ATen/native/transformers/cuda/sdp_utils.cpp decides: flash for half precision without a
    mask and equal widths up to 256 (grouped heads too, where the caller says so by enable_gqa); memory-efficient for any
    precision, with a mask too, but for as many key heads as query heads (`check_batch_size_and_num_heads_dense`,
    supports_gqa false); else the plain one.
    """
    half = query.dtype in (torch.float16, torch.bfloat16)
    width = query.shape[-1]
    grouped = query.shape[1] != key.shape[1]
    fits = mask is None and width <= 256 and width == value.shape[-1] and width % 8 == 0
    if half and fits and (gqa or not grouped):
        return "flash"
    aligned = width % (8 if half else 4) == 0 and value.shape[-1] % (8 if half else 4) == 0
    if not grouped and aligned:
        return "efficient"
    return "math"


def attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, enable_gqa=False):
    if query.dim() != 4:
        return _plain_attention(query, key, value, attn_mask, dropout_p, is_causal, scale=scale, enable_gqa=enable_gqa)
    # Of autocast's lower-precision list (ATen/autocast_mode.h).
    if torch.is_autocast_enabled("cpu"):
        dtype = torch.get_autocast_dtype("cpu")
        query, key, value = query.to(dtype), key.to(dtype), value.to(dtype)
        if attn_mask is not None and attn_mask.is_floating_point():
            attn_mask = attn_mask.to(dtype)
    kernel = choose_attention(query, key, value, attn_mask, dropout_p, enable_gqa)
    used.add(kernel)
    if kernel == "flash":
        return aten._scaled_dot_product_flash_attention(query, key, value, dropout_p, is_causal, scale=scale)[0]
    if kernel == "efficient":
        bias = attn_mask
        if bias is not None:
            # convert_boolean_attn_mask and pad_bias of ATen/native/transformers/attention.cpp.
            if bias.dtype == torch.bool:
                bias = torch.where(bias, 0.0, float("-inf")).to(query.dtype)
            if bias.shape[-1] % 16:
                pad = 16 - bias.shape[-1] % 16
                bias = F.pad(bias, (0, pad))[..., :-pad]
            bias = bias.expand(query.shape[0], query.shape[1], query.shape[2], key.shape[2])
        needs = any(t.requires_grad for t in (query, key, value)) and torch.is_grad_enabled()
        return aten._scaled_dot_product_efficient_attention(
            query, key, value, bias, needs, dropout_p, is_causal, scale=scale
        )[0]
    # Made of operators that every device has; half precision it computes in fp32 (ATen/native/transformers/attention.cpp).
    return aten._scaled_dot_product_attention_math(
        query, key, value, attn_mask, dropout_p, is_causal, scale=scale, enable_gqa=enable_gqa
    )[0]


def flash_attention_2(module, query, key, value, attention_mask=None, dropout=0.0, scaling=None, is_causal=None, **_):
    """The package flash-attn as transformers calls it: FlashAttnFunc saves q, k, v, out and the log-sum-exp."""
    if query.dtype == torch.float32:
        dtype = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else torch.bfloat16
        query, key, value = query.to(dtype), key.to(dtype), value.to(dtype)
    used.add("flash")
    query, key, value = (t.transpose(1, 2) for t in (query, key, value))
    causal = getattr(module, "is_causal", True) if is_causal is None else is_causal
    out = aten._flash_attention_forward(
        query, key, value, None, None, query.shape[1], key.shape[1], dropout, causal and query.shape[1] > 1, False,
        scale=scaling,
    )[0]
    return out, None


def dropout(input, p=0.5, training=True, inplace=False):
    """On CUDA one kernel with a mask of bytes (native_dropout, `is_fused_kernel_acceptable` of ATen/native/Dropout.cpp)."""
    if not training or p == 0:
        return input
    used.add("dropout")
    return aten.native_dropout(input, p, True)[0]


def scratch(func, args, kwargs, out):
    """
    Bytes that a CUDA kernel holds beside its inputs and outputs while it runs.

    Flash backward (ATen/native/transformers/cuda/flash_attn/flash_api.cpp, mha_bwd): dq accumulated in fp32 over
    [B, n rounded to 128, h, k rounded to 32], the row sums of fp32, and dk and dv for every query head where heads are grouped.
    """
    if func in (aten._scaled_dot_product_flash_attention_backward.default, aten._flash_attention_backward.default):
        query, key = args[1], args[2]
        first = func is aten._scaled_dot_product_flash_attention_backward.default
        batch, heads, tokens, width = query.shape if first else (
            query.shape[0], query.shape[2], query.shape[1], query.shape[3])
        key_heads, length = (key.shape[1], key.shape[2]) if first else (key.shape[2], key.shape[1])
        rows = batch * heads * _round(tokens, 128)
        wide = _round(width, 32) if width <= 192 else 256
        more = 4 * rows * wide + 4 * rows
        if heads != key_heads:
            more += 2 * batch * length * heads * width * query.element_size()
        return more
    return 0


# ---- autocast --------------------------------------------------------------------------------------------------------

#: Operators that CUDA's autocast computes in fp32 and the CPU's does not (AT_FORALL_FP32 of ATen/autocast_mode.h), as far
#: as models use them.
FP32 = [
    "acos", "asin", "cosh", "erfinv", "exp", "expm1", "log", "log10", "log2", "log1p", "reciprocal", "rsqrt", "sinh", "tan",
    "pow.Tensor_Scalar", "pow.Tensor_Tensor", "pow.Scalar", "softplus", "layer_norm", "native_layer_norm", "group_norm",
    "frobenius_norm.dim", "nuclear_norm", "cosine_similarity", "nll_loss", "nll_loss2d", "rms_norm",
    "binary_cross_entropy_with_logits", "kl_div", "l1_loss", "smooth_l1_loss", "huber_loss", "mse_loss",
    "softmax.int", "log_softmax.int", "cumprod", "cumsum", "prod", "prod.dim_int", "sum", "sum.dim_IntList",
]
_library = None


def use_cuda_autocast():
    """Give the CPU's autocast the list of CUDA's."""
    global _library
    _library = torch.library.Library("aten", "IMPL")

    def wide(operator, takes_dtype):
        def call(*args, **kwargs):
            with torch._C._ExcludeDispatchKeyGuard(torch._C.DispatchKeySet(torch._C.DispatchKey.AutocastCPU)):
                if takes_dtype:
                    # AT_FORALL_FP32_SET_OPT_DTYPE: only where the caller names none.
                    if kwargs.get("dtype") is None and not any(isinstance(a, torch.dtype) for a in args):
                        kwargs["dtype"] = torch.float32
                    return operator(*args, **kwargs)
                cast = [
                    a.float() if isinstance(a, torch.Tensor) and a.is_floating_point() and a.dtype != torch.float64 else a
                    for a in args
                ]
                return operator(*cast, **kwargs)
        return call

    set_dtype = {"softmax.int", "log_softmax.int", "cumprod", "cumsum", "prod", "prod.dim_int", "sum", "sum.dim_IntList"}
    for name in FP32:
        packet, _, overload = name.partition(".")
        if not hasattr(aten, packet):
            continue
        operator = getattr(getattr(aten, packet), overload or "default", None)
        if operator is None:
            continue
        try:
            _library.impl(name, wide(operator, name in set_dtype), "AutocastCPU")
        except RuntimeError as error:
            print("autocast", name, str(error)[:80])


# ---- grouped multiplication --------------------------------------------------------------------------------------------


def widen_grouped_mm():
    """
    Experts in fp32: CUDA multiplies them one by one into the same output (ATen/native/cuda/GroupedBlas.cpp, _grouped_mm_cuda:
    bf16 alone takes the one kernel, all else _grouped_mm_fallback), and so does a CPU; the meta kernel, which fake tensors take,
    was written for the one kernel and refuses other types. It is asked with bf16 of the same shapes.
    """
    import torch._meta_registrations as meta

    strict = meta._meta_grouped_mm_common

    def shapes(mat_a, mat_b, *args, **kwargs):
        if mat_a.dtype == torch.bfloat16 or mat_a.dtype != mat_b.dtype:
            return strict(mat_a, mat_b, *args, **kwargs)
        dtype = kwargs.pop("out_dtype", None) or mat_a.dtype
        half = [torch.empty_strided(m.shape, m.stride(), dtype=torch.bfloat16, device="meta") for m in (mat_a, mat_b)]
        out = strict(*half, *args, **kwargs)
        return torch.empty_strided(out.shape, out.stride(), dtype=dtype, device=mat_a.device)

    meta._meta_grouped_mm_common = shapes


_plain_attention = F.scaled_dot_product_attention


def install():
    import warnings

    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    warnings.filterwarnings("ignore")
    F.scaled_dot_product_attention = attention
    torch.nn.functional.scaled_dot_product_attention = attention
    F.dropout = dropout
    ALL_ATTENTION_FUNCTIONS["flash_attention_2"] = flash_attention_2
    use_cuda_autocast()
    widen_grouped_mm()
