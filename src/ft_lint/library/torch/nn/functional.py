"""``torch.nn.functional``."""

from __future__ import annotations

from collections.abc import Callable

from ft_lint.library.site import Site, dim_of
from ft_lint.library.torch._arguments import ONE, ZERO, shape_of
from ft_lint.library.torch._elementwise import keeping as unary
from ft_lint.library.torch._elementwise import log_softmax, sigmoid, softmax
from ft_lint.library.torch.nn.modules.linear import linear_shape
from ft_lint.library.torch.nn.modules.loss import LOSSES, compute
from ft_lint.library.torch.nn.modules.spatial import adaptive_pool, pool
from ft_lint.values.base import FALSE, NONE, TRUE, Constant, Value, is_none

__all__ = ["log_softmax", "sigmoid", "softmax"]

relu = relu6 = leaky_relu = gelu = silu = elu = selu = mish = tanh = softplus = hardswish = dropout = dropout2d = unary
normalize = layer_norm = group_norm = batch_norm = instance_norm = rms_norm = alpha_dropout = unary


def _loss(name: str) -> Callable[..., Value]:
    def loss(
        at: Site,
        input: Value,
        target: Value,
        weight: Value = NONE,
        size_average: Value = NONE,
        ignore_index: Value = NONE,
        reduce: Value = NONE,
        reduction: Value = NONE,
        label_smoothing: Value = NONE,
        pos_weight: Value = NONE,
        beta: Value = NONE,
        delta: Value = NONE,
        log_target: Value = NONE,
    ) -> Value:
        return compute(at, name, name, input, target, reduction)

    return loss


for _name in LOSSES.values():
    globals()[_name] = _loss(_name)


def linear(at: Site, input: Value, weight: Value, bias: Value = NONE) -> Value:
    """``F.linear``."""
    shape = shape_of(weight)
    result = linear_shape(at, input, shape) if shape is not None and len(shape) == 2 else at.result(None, input)
    return at.result(shape_of(result), input, weight, bias)


def _max_pool(rank: int) -> Callable[..., Value]:
    def run(
        at: Site,
        input: Value,
        kernel_size: Value,
        stride: Value = NONE,
        padding: Value = ZERO,
        dilation: Value = ONE,
        ceil_mode: Value = FALSE,
        return_indices: Value = FALSE,
    ) -> Value:
        return pool(at, input, rank, kernel_size, stride, padding, dilation, ceil_mode)

    return run


def _avg_pool(rank: int) -> Callable[..., Value]:
    def run(
        at: Site,
        input: Value,
        kernel_size: Value,
        stride: Value = NONE,
        padding: Value = ZERO,
        ceil_mode: Value = FALSE,
        count_include_pad: Value = TRUE,
        divisor_override: Value = NONE,
    ) -> Value:
        return pool(at, input, rank, kernel_size, stride, padding, Constant(1), ceil_mode)

    return run


def _adaptive(rank: int) -> Callable[..., Value]:
    def run(at: Site, input: Value, output_size: Value, return_indices: Value = FALSE) -> Value:
        return adaptive_pool(at, input, rank, output_size)

    return run


max_pool1d, max_pool2d, max_pool3d = _max_pool(1), _max_pool(2), _max_pool(3)
avg_pool1d, avg_pool2d, avg_pool3d = _avg_pool(1), _avg_pool(2), _avg_pool(3)
adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d = _adaptive(1), _adaptive(2), _adaptive(3)
adaptive_max_pool1d, adaptive_max_pool2d = _adaptive(1), _adaptive(2)


def one_hot(at: Site, tensor: Value, num_classes: Value = NONE) -> Value:
    """``F.one_hot``: one more dimension."""
    known = shape_of(tensor)
    shape = (*known, dim_of(num_classes)) if known is not None and not is_none(num_classes) else None
    return at.result(shape, tensor, dtype="int64")
