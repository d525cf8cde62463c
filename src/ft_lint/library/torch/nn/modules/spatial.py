"""Convolutions, poolings, padding and resizing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ft_lint.library.layer import Layer
from ft_lint.library.site import Refused, Site, dim_of, dims_of
from ft_lint.library.torch._arguments import ONE, ZERO, shape_of
from ft_lint.library.torch.shapes import ShapeError, transposed_window, window
from ft_lint.values.base import FALSE, NONE, TRUE, Constant, Value, integer, is_none, text, truth
from ft_lint.values.module import Module
from ft_lint.values.shape import Dim, Shape, add, equal, floor_divide, unknown_dim
from ft_lint.values.tensor import Tensor


def per_axis(at: Site, value: Value | None, rank: int) -> list[int] | None:
    """An argument such as ``kernel_size=3`` or ``(3, 5)`` as one integer for each axis."""
    found = dims_of(at, value)
    if found is None or not all(isinstance(size, int) for size in found):
        return None
    if len(found) == 1:
        found = found * rank
    return [size for size in found if isinstance(size, int)] if len(found) == rank else None


def spatial(input: Value, rank: int) -> tuple[Shape, Shape] | None:
    """The leading dimensions and the last ``rank`` ones, batched or not."""
    known = shape_of(input)
    if known is None or len(known) not in (rank + 1, rank + 2):
        return None
    return known[:-rank], known[-rank:]


def _unknown_spatial(input: Value, rank: int, channels: Dim | None = None) -> Shape | None:
    found = spatial(input, rank)
    if found is None:
        return None
    lead = found[0] if channels is None else (*found[0][:-1], channels)
    return (*lead, *(unknown_dim() for _ in range(rank)))


def convolution(rank: int, transposed: bool = False) -> type[Layer]:
    """``nn.Conv{rank}d`` or its transposed twin."""

    class Convolution(Layer):
        @staticmethod
        def build(
            in_channels: Any, out_channels: Any, kernel_size: Any, stride: Any = ONE, padding: Any = ZERO,
            dilation: Any = ONE, groups: Any = ONE, bias: Any = TRUE, padding_mode: Any = NONE, device: Any = NONE,
            dtype: Any = NONE,
        ) -> dict[str, Shape | None]:  # fmt: skip
            return _weights(in_channels, out_channels, groups, bias)

        @staticmethod
        def forward(at: Site, module: Module, input: Value) -> Value:
            return _convolve(at, module, input, rank, transposed=False)

    class Transposed(Layer):
        @staticmethod
        def build(
            in_channels: Any, out_channels: Any, kernel_size: Any, stride: Any = ONE, padding: Any = ZERO,
            output_padding: Any = ZERO, groups: Any = ONE, bias: Any = TRUE, dilation: Any = ONE,
            padding_mode: Any = NONE, device: Any = NONE, dtype: Any = NONE,
        ) -> dict[str, Shape | None]:  # fmt: skip
            return _weights(in_channels, out_channels, groups, bias)

        @staticmethod
        def forward(at: Site, module: Module, input: Value, output_size: Value = NONE) -> Value:
            return _convolve(at, module, input, rank, transposed=True)

    return Transposed if transposed else Convolution


def _weights(in_channels: Value, out_channels: Value, groups: Value, bias: Value) -> dict[str, Shape | None]:
    inputs, outputs = dim_of(in_channels), dim_of(out_channels)
    shared = integer(groups)
    width = floor_divide(inputs, shared) if shared else unknown_dim()
    weights: dict[str, Shape | None] = {"weight": (outputs, width)}
    return weights if truth(bias) is False else weights | {"bias": (outputs,)}


def _convolve(at: Site, module: Module, input: Value, rank: int, transposed: bool) -> Value:
    given = module.arguments
    inputs, outputs = dim_of(given.get("in_channels")), dim_of(given.get("out_channels"))
    found = spatial(input, rank)
    if found is None:
        return at.result(None, input)
    lead, size = found
    if equal(lead[-1], inputs) is False:
        raise Refused("conv", f"it gets {lead[-1]} channels and takes {inputs}", input, gets=lead[-1], takes=inputs)
    parts = [per_axis(at, given.get(name), rank) for name in ("kernel_size", "stride", "padding", "dilation")]
    if text(given.get("padding")) == "same":
        return at.result((*lead[:-1], outputs, *size), input)
    if text(given.get("padding")) == "valid":
        parts[2] = [0] * rank
    extra = per_axis(at, given.get("output_padding", ZERO), rank)
    if any(part is None for part in parts) or extra is None:
        return at.result(_unknown_spatial(input, rank, outputs), input)
    kernel, stride, padding, dilation = (part or [] for part in parts)
    try:
        after: list[Dim] = []
        for axis in range(rank):
            k, s, p, d = kernel[axis], stride[axis], padding[axis], dilation[axis]
            length = (
                transposed_window(size[axis], k, s, p, extra[axis], d) if transposed else window(size[axis], k, s, p, d)
            )
            after.append(length)
    except ShapeError as error:
        raise Refused("conv", error.why, input, **error.sizes) from error
    return at.result((*lead[:-1], outputs, *after), input)


def pooling(rank: int) -> type[Layer]:
    """``nn.MaxPool{rank}d`` and ``nn.AvgPool{rank}d``, which share their arithmetic."""

    class Pooling(Layer):
        @staticmethod
        def build(
            kernel_size: Any, stride: Any = NONE, padding: Any = ZERO, dilation: Any = ONE, return_indices: Any = FALSE,
            ceil_mode: Any = FALSE, count_include_pad: Any = TRUE, divisor_override: Any = NONE,
        ) -> dict[str, Shape | None]:  # fmt: skip
            return {}

        @staticmethod
        def forward(at: Site, module: Module, input: Value) -> Value:
            given = module.arguments
            return pool(at, input, rank, given["kernel_size"], given["stride"], given["padding"], given["dilation"],
                        given["ceil_mode"])  # fmt: skip

    return Pooling


def pool(
    at: Site, input: Value, rank: int, kernel_size: Value, stride: Value, padding: Value, dilation: Value, ceil: Value
) -> Value:
    """A pooling window over the last ``rank`` dimensions."""
    found = spatial(input, rank)
    if found is None:
        return at.result(None, input)
    steps = kernel_size if is_none(stride) else stride
    parts = [per_axis(at, value, rank) for value in (kernel_size, steps, padding, dilation)]
    rounding = truth(ceil)
    if any(part is None for part in parts) or rounding is None:
        return at.result(_unknown_spatial(input, rank), input)
    kernel, stride_, padding_, dilation_ = (part or [] for part in parts)
    lead, size = found
    try:
        after = [window(size[i], kernel[i], stride_[i], padding_[i], dilation_[i], rounding) for i in range(rank)]
    except ShapeError as error:
        raise Refused("pool", error.why, input, **error.sizes) from error
    return at.result((*lead, *after), input)


def adaptive(rank: int) -> type[Layer]:
    """``nn.AdaptiveAvgPool{rank}d`` and its max twin."""

    class Adaptive(Layer):
        @staticmethod
        def build(output_size: Any, return_indices: Any = FALSE) -> dict[str, Shape | None]:
            return {}

        @staticmethod
        def forward(at: Site, module: Module, input: Value) -> Value:
            return adaptive_pool(at, input, rank, module.arguments["output_size"])

    return Adaptive


def adaptive_pool(at: Site, input: Value, rank: int, output_size: Value) -> Value:
    """Pooling to a given size."""
    found = spatial(input, rank)
    if found is None:
        return at.result(None, input, keep=False)
    from ft_lint.interpreter.items import items_of

    items = items_of(at.m, output_size)
    wanted = list(items.values) if items is not None else [output_size] * rank
    size = [have if is_none(want) else dim_of(want) for have, want in zip(found[1], wanted, strict=False)]
    result = at.result((*found[0], *size), input)
    return _with_features(result, input)


def _with_features(result: Tensor, input: Value) -> Tensor:
    import dataclasses

    return dataclasses.replace(result, features_of=input.features_of) if isinstance(input, Tensor) else result


class ZeroPad2d(Layer):
    """``nn.ZeroPad2d`` and kin: left, right, top, bottom."""

    @staticmethod
    def build(padding: Any, value: Any = ZERO) -> dict[str, Shape | None]:
        return {}

    @staticmethod
    def forward(at: Site, module: Module, input: Value) -> Value:
        found, padding = spatial(input, 2), module.arguments["padding"]
        amounts = per_axis(at, padding, 4)
        if found is None or amounts is None:
            return at.result(_unknown_spatial(input, 2), input)
        height, width = add(found[1][0], amounts[2] + amounts[3]), add(found[1][1], amounts[0] + amounts[1])
        return at.result((*found[0], height, width), input)


class Upsample(Layer):
    """``nn.Upsample``: the size is known for whole scale factors."""

    @staticmethod
    def build(
        size: Any = NONE, scale_factor: Any = NONE, mode: Any = NONE, align_corners: Any = NONE,
        recompute_scale_factor: Any = NONE,
    ) -> dict[str, Shape | None]:  # fmt: skip
        return {}

    @staticmethod
    def forward(at: Site, module: Module, input: Value) -> Value:
        from ft_lint.values.shape import scale

        found, factor = spatial(input, 2), integer(module.arguments["scale_factor"])
        if found is None or factor is None:
            return at.result(_unknown_spatial(input, 2), input)
        return at.result((*found[0], *(scale(size, factor) for size in found[1])), input)


_MADE: dict[str, Callable[[], type[Layer]]] = {}
for _rank in (1, 2, 3):
    _MADE[f"Conv{_rank}d"] = lambda r=_rank: convolution(r)  # type: ignore[misc]
    _MADE[f"ConvTranspose{_rank}d"] = lambda r=_rank: convolution(r, transposed=True)  # type: ignore[misc]
    _MADE[f"MaxPool{_rank}d"] = lambda r=_rank: pooling(r)  # type: ignore[misc]
    _MADE[f"AdaptiveAvgPool{_rank}d"] = lambda r=_rank: adaptive(r)  # type: ignore[misc]
    _MADE[f"AdaptiveMaxPool{_rank}d"] = lambda r=_rank: adaptive(r)  # type: ignore[misc]
for _name, _make in _MADE.items():
    globals()[_name] = _make()
    globals()[_name].__name__ = _name


def _average(rank: int) -> type[Layer]:
    class Average(Layer):
        @staticmethod
        def build(
            kernel_size: Any, stride: Any = NONE, padding: Any = ZERO, ceil_mode: Any = FALSE,
            count_include_pad: Any = TRUE, divisor_override: Any = NONE,
        ) -> dict[str, Shape | None]:  # fmt: skip
            return {}

        @staticmethod
        def forward(at: Site, module: Module, input: Value) -> Value:
            given = module.arguments
            return pool(at, input, rank, given["kernel_size"], given["stride"], given["padding"], Constant(1),
                        given["ceil_mode"])  # fmt: skip

    return Average


AvgPool1d, AvgPool2d, AvgPool3d = _average(1), _average(2), _average(3)
ReflectionPad2d = ReplicationPad2d = ConstantPad2d = ZeroPad2d

__all__ = [*_MADE, "AvgPool1d", "AvgPool2d", "AvgPool3d", "ConstantPad2d", "ReflectionPad2d", "ReplicationPad2d",
           "Upsample", "ZeroPad2d"]  # fmt: skip
