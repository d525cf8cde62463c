"""Poolings: windows, adaptive ones, and back."""

from __future__ import annotations

from typing import Any

from ft_lint.library.layer import Layer
from ft_lint.library.site import Refused, Site
from ft_lint.library.torch._arguments import ONE, ZERO, shape_of, without_graph
from ft_lint.library.torch.nn.signatures import Run, function, functions, layer, layers
from ft_lint.library.torch.nn.spatial import per_axis, positive, spatial, unknown_sizes, wanted_sizes
from ft_lint.library.torch.shapes import ShapeError, window
from ft_lint.values.base import FALSE, Value, integer, is_none, number, truth
from ft_lint.values.containers import Tuple
from ft_lint.values.shape import Dim, add, compare, scale, subtract
from ft_lint.values.tensor import Tensor


def pool(
    at: Site, input: Value, rank: int, kernel_size: Value, stride: Value, padding: Value, dilation: Value, ceil: Value
) -> Tensor:
    """A window over the last ``rank`` dimensions (the formulas of torch.nn.MaxPool2d and AvgPool2d)."""
    found = spatial("pool", input, rank)
    steps = kernel_size if is_none(stride) else stride
    parts = [per_axis(at, value, rank) for value in (kernel_size, steps, padding, dilation)]
    rounding = truth(ceil)
    if found is None:
        return at.result(None, input)
    lead, size = found
    kernel, strides, around, spread = parts
    if kernel is None or strides is None or around is None or spread is None or rounding is None:
        return at.result(unknown_sizes(lead, rank), input)
    for name, values in (("kernel_size", kernel), ("stride", strides), ("dilation", spread)):
        positive("pool", input, name, values)
    positive("pool", input, "padding", around, least=0)
    if any(p > width // 2 for p, width in zip(around, kernel, strict=True)):
        raise Refused("pool", f"a padding of {max(around)} is more than half of the kernel of {min(kernel)}", input)
    try:
        after = [window(size[i], kernel[i], strides[i], around[i], spread[i], rounding) for i in range(rank)]
    except ShapeError as error:
        raise Refused("pool", error.why, input, **error.sizes) from error
    if any(isinstance(length, int) and length < 1 for length in after):
        raise Refused("pool", "nothing is left of the input", input)
    return at.result((*lead, *after), input)


def _with_indices(at: Site, input: Value, result: Tensor, wanted: Value) -> Value:
    if truth(wanted) is not True:
        return result if truth(wanted) is False else at.unknown("a pooling with or without indices", input)
    return Tuple((result, without_graph(at.result(result.shape, input, dtype="int64"))))


def _max(rank: int) -> Run:
    def run(
        at: Site, input: Value, kernel_size: Value, stride: Value, padding: Value, dilation: Value, ceil_mode: Value,
        return_indices: Value,
    ) -> Value:  # fmt: skip
        result = pool(at, input, rank, kernel_size, stride, padding, dilation, ceil_mode)
        return _with_indices(at, input, result, return_indices)

    return run


def _average(rank: int) -> Run:
    def run(
        at: Site, input: Value, kernel_size: Value, stride: Value, padding: Value, ceil_mode: Value, **settings: Value
    ) -> Value:
        if number(settings.get("divisor_override")) == 0:
            raise Refused("pool", "the divisor must not be zero", input)
        known, kernel = shape_of(input), per_axis(at, kernel_size, rank)
        if rank == 3 and known is not None and len(known) > 3 and kernel is not None:
            small = [size for size, width in zip(known[-3:], kernel, strict=True) if compare(size, width) == -1]
            if small:
                raise Refused("pool", f"a size of {small[0]} is smaller than the kernel", input)
        return pool(at, input, rank, kernel_size, stride, padding, ONE, ceil_mode)

    return run


def _power(rank: int) -> Run:
    def run(at: Site, input: Value, norm_type: Value, kernel_size: Value, stride: Value, ceil_mode: Value) -> Value:
        if rank == 1 and isinstance(kernel_size, Tuple):
            raise Refused("pool", "lp_pool1d takes a number as its kernel_size", input)
        return pool(at, input, rank, kernel_size, stride, ZERO, ONE, ceil_mode)

    return run


def adaptive_pool(at: Site, input: Value, rank: int, output_size: Value, *, average: bool = False) -> Tensor:
    """Pooling to a given size."""
    known = shape_of(input)
    if average and rank > 1 and known is not None and len(known) >= rank and integer(output_size) == 1:
        # torch takes the mean here, of any number of dimensions
        return at.result((*known[:-rank], *[1] * rank), input)
    found = spatial("pool", input, rank)
    if found is None:
        return at.result(None, input)
    lead, size = found
    wanted = wanted_sizes(at, output_size, size)
    if wanted is None:
        return at.result(unknown_sizes(lead, rank), input)
    if any(isinstance(one, int) and one < 0 for one in wanted):
        raise Refused("pool", "a negative size", input)
    return at.result((*lead, *wanted), input)


def _adaptive(rank: int, *, average: bool = False) -> Run:
    def run(at: Site, input: Value, output_size: Value, return_indices: Value = FALSE) -> Value:
        return _with_indices(at, input, adaptive_pool(at, input, rank, output_size, average=average), return_indices)

    return run


def _unpool(rank: int) -> Run:
    def run(
        at: Site, input: Value, indices: Value, kernel_size: Value, stride: Value, padding: Value, output_size: Value
    ) -> Value:
        found = spatial("pool", input, rank)
        kernel = per_axis(at, kernel_size, rank)
        steps = kernel if is_none(stride) else per_axis(at, stride, rank)
        around = per_axis(at, padding, rank)
        if found is None or kernel is None or steps is None or around is None or not is_none(output_size):
            return at.result(None, input)
        lead, size = found
        after: list[Dim] = []
        for axis in range(rank):
            grown = scale(subtract(size[axis], 1), steps[axis])
            after.append(add(grown, kernel[axis] - 2 * around[axis]))
        return at.result((*lead, *after), input)

    return run


def _fractional(rank: int) -> Run:
    def run(
        at: Site, input: Value, kernel_size: Value, output_size: Value, output_ratio: Value, **rest: Value
    ) -> Value:
        if is_none(output_size) == is_none(output_ratio):
            raise Refused("pool", "either an output_size or an output_ratio is needed", input)
        found = spatial("pool", input, rank)
        ratio = number(output_ratio)
        if found is not None and ratio is not None and all(isinstance(size, int) for size in found[1]):
            left = (int(size * ratio) for size in found[1] if isinstance(size, int))
            return at.result((*found[0], *left), input)
        if found is None or is_none(output_size):
            return at.result(unknown_sizes(found[0], rank) if found else None, input)
        return adaptive_pool(at, input, rank, output_size)

    return run


_RANKS = (1, 2, 3)
_MAX = "kernel_size, stride=None, padding=0, dilation=1"
_AVERAGE = "kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True"
_FRACTIONAL = "kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None"


def _layers(rank: int) -> list[type[Layer]]:
    divisor = ", divisor_override=None" if rank > 1 else ""
    found = [
        layer(f"MaxPool{rank}d({_MAX}, return_indices=False, ceil_mode=False)", _max(rank)),
        layer(f"AvgPool{rank}d({_AVERAGE}{divisor})", _average(rank)),
        layer(f"LPPool{rank}d(norm_type, kernel_size, stride=None, ceil_mode=False)", _power(rank)),
        layer(f"AdaptiveAvgPool{rank}d(output_size)", _adaptive(rank, average=True)),
        layer(f"AdaptiveMaxPool{rank}d(output_size, return_indices=False)", _adaptive(rank)),
        layer(
            f"MaxUnpool{rank}d(kernel_size, stride=None, padding=0)",
            _unpool(rank),
            inputs="input, indices, output_size=None",
        ),
    ]
    return [*found, layer(f"FractionalMaxPool{rank}d({_FRACTIONAL})", _fractional(rank))] if rank > 1 else found


def _functions(rank: int) -> list[Run]:
    divisor = ", divisor_override=None" if rank > 1 else ""
    return [
        function(f"max_pool{rank}d(input, {_MAX}, ceil_mode=False, return_indices=False)", _max(rank)),
        function(f"avg_pool{rank}d(input, {_AVERAGE}{divisor})", _average(rank)),
        function(f"lp_pool{rank}d(input, norm_type, kernel_size, stride=None, ceil_mode=False)", _power(rank)),
        function(f"adaptive_avg_pool{rank}d(input, output_size)", _adaptive(rank, average=True)),
        function(f"adaptive_max_pool{rank}d(input, output_size, return_indices=False)", _adaptive(rank)),
        function(
            f"max_unpool{rank}d(input, indices, kernel_size, stride=None, padding=0, output_size=None)", _unpool(rank)
        ),
    ]


LAYERS = layers(*(made for rank in _RANKS for made in _layers(rank)))
FUNCTIONS: dict[str, Any] = functions(*(made for rank in _RANKS for made in _functions(rank)))
