"""Convolutions, transposed ones, and their functions."""

from __future__ import annotations

import dataclasses
from typing import Any

from ft_lint.library.layer import Layer
from ft_lint.library.site import Refused, Site, dim_of, dims_of
from ft_lint.library.torch._arguments import shape_of
from ft_lint.library.torch.dtypes import is_whole
from ft_lint.library.torch.nn.signatures import Run, function, functions, layer, layers
from ft_lint.library.torch.nn.spatial import per_axis, positive, spatial, unknown_sizes
from ft_lint.library.torch.shapes import ShapeError, transposed_window, window
from ft_lint.light import replace
from ft_lint.values.base import NONE, UnknownItem, Value, integer, is_none, text, truth
from ft_lint.values.containers import Tuple
from ft_lint.values.module import Module
from ft_lint.values.shape import Dim, Shape, equal, floor_divide, scale, show, unknown_dim
from ft_lint.values.tensor import Parameter, Tensor


def _weights(rank: int, transposed: bool) -> Any:
    def weights(
        in_channels: Value, out_channels: Value, kernel_size: Value, groups: Value, bias: Value, **settings: Value
    ) -> dict[str, Shape | None]:
        inputs, outputs, shared = dim_of(in_channels), dim_of(out_channels), integer(groups)
        if shared is not None:
            _refuse_groups(inputs, outputs, shared)
        _refuse_padding(settings["padding"], settings.get("stride", NONE))
        kernel = _kernel(kernel_size, rank)
        first, second = (inputs, outputs) if transposed else (outputs, inputs)
        width = floor_divide(second, shared) if shared else unknown_dim()
        found: dict[str, Shape | None] = {"weight": (first, width, *kernel)}
        return found if truth(bias) is False else found | {"bias": (outputs,)}

    return weights


def _kernel(kernel_size: Value, rank: int) -> Shape:
    given = kernel_size.values if isinstance(kernel_size, Tuple) and kernel_size.complete else (kernel_size,) * rank
    return tuple(dim_of(value) for value in given)


def _refuse_groups(inputs: Dim, outputs: Dim, groups: int) -> None:
    if groups <= 0:
        raise Refused("conv", f"groups must be positive, not {groups}", NONE)
    for name, channels in (("in_channels", inputs), ("out_channels", outputs)):
        if isinstance(channels, int) and channels % groups:
            raise Refused("conv", f"{name} {channels} cannot be divided into {groups} groups", NONE)


def _refuse_padding(padding: Value, stride: Value) -> None:
    word = text(padding)
    if word is not None and word not in ("same", "valid"):
        raise Refused("conv", f"padding {word!r} is neither 'same' nor 'valid'", NONE)
    steps = stride.values if isinstance(stride, Tuple) else (stride,)
    if word == "same" and any(integer(step) not in (None, 1) for step in steps):
        raise Refused("conv", "padding='same' goes with a stride of 1 only", NONE)


def _lazy_weights(bias: Value, **settings: Value) -> dict[str, Shape | None]:
    """There from the start, without a shape until the first input."""
    _refuse_padding(settings["padding"], settings.get("stride", NONE))
    return {"weight": None} if truth(bias) is False else {"weight": None, "bias": None}


def _has_other_data(module: Module | None) -> bool:
    """Whether the script gave the weights data of another shape, so that the layer is not what it was built as."""
    weight = module.parameters.get("weight") if module is not None else None
    return isinstance(weight, Parameter) and "data" in weight.fields and shape_of(weight) != weight.shape


def _layer(rank: int, transposed: bool = False, lazy: bool = False) -> type[Layer]:
    name = f"{'Lazy' if lazy else ''}Conv{'Transpose' if transposed else ''}{rank}d"
    first = "out_channels" if lazy else "in_channels, out_channels"
    if transposed:
        settings = "padding=0, output_padding=0, groups=1, bias=True, dilation=1, padding_mode='zeros'"
    else:
        settings = "padding=0, dilation=1, groups=1, bias=True, padding_mode='zeros'"
    signature = f"{name}({first}, kernel_size, stride=1, {settings}, device=None, dtype=None)"

    def run(at: Site, input: Value, kernel_size: Value, out_channels: Value, **given: Value) -> Value:
        if _has_other_data(at.module):
            return at.result(None, input)
        inputs = dim_of(given["in_channels"]) if "in_channels" in given else None
        known, groups = shape_of(input), integer(given["groups"])
        if inputs is None and known and len(known) > rank and groups:
            _refuse_groups(known[-rank - 1], dim_of(out_channels), groups)
        kernel = dims_of(at, kernel_size)
        kernel = kernel * rank if kernel is not None and len(kernel) == 1 else kernel
        names = ("stride", "padding", "dilation")
        settings = {name: given[name] for name in names} | {"extra": given.get("output_padding", NONE)}
        settings["output_size"] = given.get("output_size", NONE)
        result = convolve(at, input, rank, transposed, inputs, dim_of(out_channels), kernel, **settings)
        return replace(result, affine=at.module) if isinstance(result, Tensor) else result

    weights = _lazy_weights if lazy else _weights(rank, transposed)
    return layer(signature, run, weights, inputs="input, output_size=None" if transposed else "input")


def convolve(
    at: Site,
    input: Value,
    rank: int,
    transposed: bool,
    inputs: Dim | None,
    outputs: Dim,
    kernel: list[Dim] | None,
    *,
    stride: Value,
    padding: Value,
    dilation: Value,
    extra: Value = NONE,
    output_size: Value = NONE,
) -> Value:
    """A convolution of the last ``rank`` dimensions (the formulas of torch.nn.Conv2d and ConvTranspose2d).

    What it gives for something unknown has its channels; that it is a batch, and not one image, is assumed, though less
    surely of what a loop gives: it may go through the images of a batch.
    """
    found = spatial("conv", input, rank)
    if isinstance(input, Tensor) and input.dtype is not None and is_whole(input.dtype):
        raise Refused("conv", f"it takes floats and gets {input.dtype}", input, form="dtype")
    if found is None:
        made = at.result(unknown_sizes((unknown_dim(), outputs), rank), input)
        return replace(made, assumed=True) if isinstance(input, UnknownItem) else made
    lead, size = found
    if inputs is not None and equal(lead[-1], inputs) is False:
        raise Refused("conv", f"it gets {lead[-1]} channels and takes {inputs}", input, gets=lead[-1], takes=inputs)
    shape = (*lead[:-1], outputs)
    if text(padding) == "same":
        return at.result((*shape, *size), input)
    if not is_none(output_size):
        asked = dims_of(at, output_size)
        if asked is None or len(asked) < rank:
            return at.result(unknown_sizes(shape, rank), input)
        return at.result((*shape, *asked[-rank:]), input)
    steps, spread = per_axis(at, stride, rank), per_axis(at, dilation, rank)
    around = [0] * rank if text(padding) == "valid" else per_axis(at, padding, rank)
    more = [0] * rank if is_none(extra) else per_axis(at, extra, rank)
    if kernel is None or steps is None or spread is None or around is None or more is None:
        return at.result(unknown_sizes(shape, rank), input)
    positive("conv", input, "stride", steps)
    positive("conv", input, "dilation", spread)
    positive("conv", input, "padding", around, least=0)
    if transposed and any(m >= max(s, d) for m, s, d in zip(more, steps, spread, strict=True)):
        raise Refused("conv", "output_padding must be smaller than stride or dilation", input)
    try:
        after = [
            _length(size[axis], kernel[axis], steps[axis], around[axis], spread[axis], more[axis], transposed)
            for axis in range(rank)
        ]
    except ShapeError as error:
        raise Refused("conv", error.why, input, **error.sizes) from error
    return at.result((*shape, *after), input)


def _length(size: Dim, kernel: Dim, stride: int, padding: int, dilation: int, extra: int, transposed: bool) -> Dim:
    if not isinstance(kernel, int):
        return unknown_dim()
    if not transposed:
        return window(size, kernel, stride, padding, dilation)
    length = transposed_window(size, kernel, stride, padding, extra, dilation)
    if isinstance(length, int) and length < 0:
        raise ShapeError(f"it would give a size of {length}")
    return length


def _function(rank: int, transposed: bool = False) -> Run:
    name = f"conv{'_transpose' if transposed else ''}{rank}d"
    more = "output_padding=0, groups=1, dilation=1" if transposed else "dilation=1, groups=1"

    def run(at: Site, input: Value, weight: Value, bias: Value, groups: Value, **given: Value) -> Value:
        known, shared = shape_of(weight), integer(groups)
        if known is None or shared is None or shared <= 0 or shape_of(input) is None:
            return at.result(None, input, weight, bias)  # filters are laid over one image as often as over a batch
        if len(known) != rank + 2:
            raise Refused("conv", f"a weight of {rank + 2} dimensions is needed, not {show(known)}", input)
        inputs, outputs = known[0] if transposed else scale(known[1], shared), known[1] if transposed else known[0]
        outputs = scale(outputs, shared) if transposed else outputs
        if not transposed and isinstance(outputs, int) and outputs % shared:
            raise Refused("conv", f"{outputs} filters cannot be divided into {shared} groups", input)
        if transposed and isinstance(inputs, int) and inputs % shared:
            raise Refused("conv", f"{inputs} channels cannot be divided into {shared} groups", input)
        offset = shape_of(bias)
        if not is_none(bias) and offset is not None and (len(offset) != 1 or equal(offset[0], outputs) is False):
            raise Refused("conv", f"a bias of {show(offset)} for {outputs} channels", input)
        settings = {name: given[name] for name in ("stride", "padding", "dilation")}
        extra = given.get("output_padding", NONE)
        found = convolve(at, input, rank, transposed, inputs, outputs, list(known[2:]), **settings, extra=extra)
        return at.result(shape_of(found), input, weight, bias)

    return function(f"{name}(input, weight, bias=None, stride=1, padding=0, {more})", run)


LAYERS = layers(
    *(_layer(rank, turned, lazy) for rank in (1, 2, 3) for turned in (False, True) for lazy in (False, True))
)
FUNCTIONS = functions(*(_function(rank, turned) for rank in (1, 2, 3) for turned in (False, True)))
