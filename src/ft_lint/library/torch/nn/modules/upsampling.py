"""Resizing, and moving between channels and pixels."""

from __future__ import annotations

import math

from ft_lint.library.site import Refused, Site, dims_of
from ft_lint.library.torch._arguments import shape_of
from ft_lint.library.torch.nn.signatures import function, functions, layer, layers
from ft_lint.library.torch.nn.spatial import per_axis, same_rank, spatial, unknown_sizes
from ft_lint.library.torch.shapes import ShapeError, window
from ft_lint.values.base import Constant, Value, integer, is_none, number, text
from ft_lint.values.shape import Dim, Shape, equal, floor_divide, modulo, multiply, scale, show, unknown_dim
from ft_lint.values.tensor import Dimension

_RANKS = {"linear": (3,), "bilinear": (4,), "bicubic": (4,), "trilinear": (5,)}


def interpolate(at: Site, input: Value, size: Value, scale_factor: Value, mode: Value, **settings: Value) -> Value:
    """``F.interpolate``: to a size, or by a factor rounded down."""
    known, kind = shape_of(input), text(mode)
    if known is None or kind is None:
        return at.result(same_rank(input), input)
    if is_none(size) == is_none(scale_factor):
        why = "either size or scale_factor must be given" if is_none(size) else "size and scale_factor are both given"
        raise Refused("interpolate", why, input)
    if len(known) not in _RANKS.get(kind, (3, 4, 5)):
        raise Refused("interpolate", f"mode {kind!r} of {show(known)}", input)
    rank = len(known) - 2
    return at.result((*known[:2], *_resized(at, input, known[2:], size, scale_factor, rank)), input)


def _resized(at: Site, input: Value, sizes: Shape, size: Value, scale_factor: Value, rank: int) -> list[Dim]:
    if not is_none(size):
        wanted = dims_of(at, size)
        if wanted is None:
            return [unknown_dim() for _ in sizes]
        wanted = wanted * rank if isinstance(size, Constant | Dimension) else wanted
        if len(wanted) != rank:
            raise Refused("interpolate", f"a size of {len(wanted)} numbers for {rank} dimensions", input)
        if any(isinstance(one, int) and one <= 0 for one in wanted):
            raise Refused("interpolate", "sizes must be positive", input)
        return wanted
    factors = _factors(at, scale_factor, rank, input)
    return [_scaled(input, one, factor) for one, factor in zip(sizes, factors, strict=True)]


def _factors(at: Site, scale_factor: Value, rank: int, input: Value) -> list[float | None]:
    from ft_lint.interpreter.items import items_of

    items = items_of(at.m, scale_factor)
    if items is None:
        return [number(scale_factor)] * rank
    if len(items.values) != rank:
        raise Refused("interpolate", f"{len(items.values)} factors for {rank} dimensions", input)
    return [number(value) for value in items.values]


def _scaled(input: Value, size: Dim, factor: float | None) -> Dim:
    if factor is None:
        return unknown_dim()
    if factor == int(factor):
        found = scale(size, int(factor))
    elif isinstance(size, int):
        found = math.floor(size * factor)
    else:
        return unknown_dim()
    if isinstance(found, int) and found <= 0:
        raise Refused("interpolate", "nothing is left of the input", input)
    return found


def nearest(at: Site, input: Value, size: Value, scale_factor: Value) -> Value:
    """``UpsamplingNearest2d``."""
    return interpolate(at, input, size, scale_factor, Constant("nearest"))


def bilinear(at: Site, input: Value, size: Value, scale_factor: Value) -> Value:
    """``UpsamplingBilinear2d``."""
    return interpolate(at, input, size, scale_factor, Constant("bilinear"))


def pixel_shuffle(at: Site, input: Value, upscale_factor: Value) -> Value:
    """``pixel_shuffle``: channels become pixels."""
    known, factor = shape_of(input), integer(upscale_factor)
    if known is None or factor is None:
        return at.result(same_rank(input), input)
    if len(known) < 3 or factor <= 0:
        raise Refused("pixel_shuffle", f"{show(known)} by {factor}", input)
    *lead, channels, height, width = known
    if equal(modulo(channels, factor**2), 0) is False:
        raise Refused("pixel_shuffle", f"{channels} channels cannot be divided by {factor}^2", input)
    return at.result((*lead, floor_divide(channels, factor**2), scale(height, factor), scale(width, factor)), input)


def pixel_unshuffle(at: Site, input: Value, downscale_factor: Value) -> Value:
    """``pixel_unshuffle``: pixels become channels."""
    known, factor = shape_of(input), integer(downscale_factor)
    if known is None or factor is None:
        return at.result(same_rank(input), input)
    if len(known) < 3 or factor <= 0:
        raise Refused("pixel_unshuffle", f"{show(known)} by {factor}", input)
    *lead, channels, height, width = known
    if any(equal(modulo(size, factor), 0) is False for size in (height, width)):
        raise Refused("pixel_unshuffle", f"{height} x {width} cannot be divided by {factor}", input)
    small = floor_divide(height, factor), floor_divide(width, factor)
    return at.result((*lead, scale(channels, factor**2), *small), input)


def channel_shuffle(at: Site, input: Value, groups: Value) -> Value:
    """``channel_shuffle``."""
    known, count = shape_of(input), integer(groups)
    if known is None or count is None:
        return at.result(known, input)
    if len(known) < 3 or count <= 0:
        raise Refused("channel_shuffle", f"{show(known)} in {count} groups", input)
    if equal(modulo(known[1], count), 0) is False:
        raise Refused("channel_shuffle", f"{known[1]} channels cannot be divided into {count} groups", input)
    return at.result(known, input)


def unfold(at: Site, input: Value, kernel_size: Value, dilation: Value, padding: Value, stride: Value) -> Value:
    """``F.unfold``: the columns of all windows of images (torch.nn.Unfold)."""
    found = spatial("unfold", input, 2)
    parts = [per_axis(at, value, 2) for value in (kernel_size, stride, padding, dilation)]
    if found is None or any(part is None for part in parts):
        return at.result(unknown_sizes(found[0][:-1], 2) if found else None, input)
    kernel, steps, around, spread = (part or [] for part in parts)
    if min(*kernel, *steps, *spread) < 1 or min(around) < 0:
        raise Refused("unfold", "kernel, stride and dilation are positive", input)
    lead, size = found
    try:
        counts = [window(size[i], kernel[i], steps[i], around[i], spread[i]) for i in range(2)]
    except ShapeError as error:
        raise Refused("unfold", error.why, input) from error
    return at.result((*lead[:-1], scale(lead[-1], kernel[0] * kernel[1]), multiply(counts[0], counts[1])), input)


def fold(
    at: Site, input: Value, output_size: Value, kernel_size: Value, dilation: Value, padding: Value, stride: Value
) -> Value:
    """``F.fold``: images from the columns of their windows (torch.nn.Fold)."""
    known = shape_of(input)
    parts = [per_axis(at, value, 2) for value in (output_size, kernel_size, stride, padding, dilation)]
    if known is None or any(part is None for part in parts):
        return at.result(None, input)
    if len(known) not in (2, 3):
        raise Refused("fold", f"it takes 2 or 3 dimensions and gets {show(known)}", input)
    wanted, kernel, steps, around, spread = (part or [] for part in parts)
    area = kernel[0] * kernel[1]
    if min(*kernel, *steps, *spread, *wanted) < 1 or equal(modulo(known[-2], area), 0) is False:
        raise Refused("fold", f"{known[-2]} rows cannot be divided into windows of {area}", input)
    try:
        counts = [window(wanted[i], kernel[i], steps[i], around[i], spread[i]) for i in range(2)]
    except ShapeError as error:
        raise Refused("fold", error.why, input) from error
    if equal(multiply(counts[0], counts[1]), known[-1]) is False:
        raise Refused("fold", f"{known[-1]} columns for {show(tuple(counts))} windows", input)
    return at.result((*known[:-2], floor_divide(known[-2], area), *wanted), input)


_UNFOLD = "kernel_size, dilation=1, padding=0, stride=1"
_UPSAMPLE = "size=None, scale_factor=None, mode='nearest', align_corners=None, recompute_scale_factor=None"
LAYERS = layers(
    layer(f"Upsample({_UPSAMPLE})", interpolate),
    layer("UpsamplingNearest2d(size=None, scale_factor=None)", nearest),
    layer("UpsamplingBilinear2d(size=None, scale_factor=None)", bilinear),
    layer("PixelShuffle(upscale_factor)", pixel_shuffle),
    layer("PixelUnshuffle(downscale_factor)", pixel_unshuffle),
    layer("ChannelShuffle(groups)", channel_shuffle),
    layer(f"Unfold({_UNFOLD})", unfold),
    layer(f"Fold(output_size, {_UNFOLD})", fold),
)
FUNCTIONS = functions(
    function(f"interpolate(input, {_UPSAMPLE}, antialias=False)", interpolate),
    function("pixel_shuffle(input, upscale_factor)", pixel_shuffle),
    function("pixel_unshuffle(input, downscale_factor)", pixel_unshuffle),
    function("channel_shuffle(input, groups)", channel_shuffle),
    function(f"unfold(input, {_UNFOLD})", unfold),
    function(f"fold(input, output_size, {_UNFOLD})", fold),
)
