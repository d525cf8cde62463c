"""Reductions over dimensions, sorting and cumulating."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from ft_lint.facts.tensors import PlacesChosen
from ft_lint.library.site import Refused, Site, dim_of, dims_of
from ft_lint.library.torch._arguments import MINUS_ONE, axes, axis, shape_of, without_graph
from ft_lint.library.torch._elementwise import elementwise, float_of
from ft_lint.library.torch.dtypes import dtype_asked, is_whole
from ft_lint.light import replace
from ft_lint.values.base import FALSE, NONE, TRUE, Value, integer, is_none, truth
from ft_lint.values.containers import Tuple
from ft_lint.values.count import Count
from ft_lint.values.shape import Shape, compare, unknown_dim
from ft_lint.values.tensor import Tensor, tensor_behind

Function = Callable[..., Value]


def reduced_shape(at: Site, operation: str, input: Value, dim: Value, keepdim: Value) -> Shape | None:
    """The shape that a reduction leaves; None where it is unknown."""
    known, keep = shape_of(input), truth(keepdim)
    if known is None:
        return None
    positions = axes(at, operation, dim, len(known), input)
    if positions is None or keep is None:
        return None
    if keep:
        return tuple(1 if index in positions else size for index, size in enumerate(known))
    return tuple(size for index, size in enumerate(known) if index not in positions)


def _dtype(input: Value) -> str | None:
    return input.dtype if isinstance(input, Tensor) else None


def total(at: Site, input: Value, dim: Value = NONE, keepdim: Value = FALSE, *, dtype: Value = NONE) -> Value:
    """``sum``, ``nansum``: whole numbers and truths are summed as int64."""
    own = _dtype(input)
    found = dtype_asked(dtype, "int64" if own is not None and is_whole(own) else own)
    result = replace(at.result(reduced_shape(at, "sum", input, dim, keepdim), input), dtype=found)
    agree = input.counts if isinstance(input, Tensor) and is_none(dim) else None
    if agree is None or agree.what != "truths":
        return result
    return replace(result, counts=Count("hits", agree.of))


def product_of(at: Site, input: Value, dim: Value = NONE, keepdim: Value = FALSE, *, dtype: Value = NONE) -> Value:
    """``prod``: over all dimensions or one."""
    return total(at, input, dim, keepdim, dtype=dtype)


def mean(at: Site, input: Value, dim: Value = NONE, keepdim: Value = FALSE, *, dtype: Value = NONE) -> Value:
    """``mean``: refuses whole numbers unless another dtype is given."""
    own = dtype_asked(dtype, _dtype(input))
    if own is not None and is_whole(own):
        raise Refused("mean", f"it takes floats and gets {own}", input, form="dtype")
    return replace(at.result(reduced_shape(at, "mean", input, dim, keepdim), input), dtype=own)


def spread(
    at: Site,
    input: Value,
    dim: Value = NONE,
    unbiased: Value = NONE,
    keepdim: Value = FALSE,
    *,
    correction: Value = NONE,
    out: Value = NONE,
) -> Value:
    """``std``/``var``: refuse whole numbers."""
    own = _dtype(input)
    if own is not None and is_whole(own):
        raise Refused("std", f"it takes floats and gets {own}", input, form="dtype")
    over = NONE if isinstance(truth(dim), bool) and integer(dim) is None and not is_none(dim) else dim
    return at.result(reduced_shape(at, "std", input, over, keepdim), input)


def spread_and_mean(at: Site, input: Value, dim: Value = NONE, **settings: Value) -> Value:
    """``std_mean``/``var_mean``: both."""
    result = spread(at, input, dim, NONE, settings.get("keepdim", FALSE))
    return Tuple((result, result))


def extremes(at: Site, input: Value, dim: Value = NONE, keepdim: Value = FALSE, *, out: Value = NONE) -> Value:
    """``amax``/``amin``."""
    _refuse_empty(at, "amax", input, dim)
    return at.result(reduced_shape(at, "amax", input, dim, keepdim), input)


def _refuse_empty(at: Site, operation: str, input: Value, dim: Value) -> None:
    """There is no largest of no numbers."""
    known = shape_of(input)
    if known is None:
        return
    if any(known[position] == 0 for position in axes(at, operation, dim, len(known), input) or () if known):
        raise Refused(operation, "it takes at least one number and gets none", input)


def extreme(at: Site, input: Value, dim: Value = NONE, keepdim: Value = FALSE, *, other: Value = NONE) -> Value:
    """``max``/``min``: one tensor, or values and indices where a dimension is given."""
    if isinstance(dim, Tensor) or isinstance(other, Tensor):
        return elementwise(at, input, dim if isinstance(dim, Tensor) else other)
    _refuse_empty(at, "max", input, dim)
    if is_none(dim):
        return at.result(() if shape_of(input) is not None else None, input)
    shape = _along(at, "max", input, dim, keepdim)
    note_places(at, "max", input, dim)
    return _with_places(at, input, shape)


def note_places(at: Site, call: str, input: Value, dim: Value) -> None:
    """Write down that places are taken: along a dimension that is known, of a tensor of some shape that is not."""
    of = tensor_behind(input)
    if of is None or of.shape == ():
        return
    known = of.shape
    position = None if is_none(dim) or known is None else axis(call, dim, len(known), of)
    if position is not None or is_none(dim) or known is None:
        at.emit(PlacesChosen, call=call, input=of, dim=position)


def least(at: Site, input: Value, dim: Value = NONE, keepdim: Value = FALSE, *, other: Value = NONE) -> Value:
    """``min``: shapes are those of ``max``."""
    if isinstance(dim, Tensor) or isinstance(other, Tensor):
        return elementwise(at, input, dim if isinstance(dim, Tensor) else other)
    _refuse_empty(at, "min", input, dim)
    if is_none(dim):
        return at.result(() if shape_of(input) is not None else None, input)
    return _with_places(at, input, _along(at, "min", input, dim, keepdim))


def _along(at: Site, operation: str, input: Value, dim: Value, keepdim: Value) -> Shape | None:
    known = shape_of(input)
    if known is not None:
        axis(operation, dim, len(known), input)
    return reduced_shape(at, operation, input, dim, keepdim)


def _with_places(at: Site, input: Value, shape: Shape | None) -> Value:
    places = without_graph(at.result(shape, input, dtype="int64"))
    return Tuple((at.result(shape, input), places), names=("values", "indices"))


def median(at: Site, input: Value, dim: Value = NONE, keepdim: Value = FALSE, *, out: Value = NONE) -> Value:
    """``median``/``nanmedian``/``mode``: values and indices along a dimension, or one number."""
    if is_none(dim):
        return at.result(() if shape_of(input) is not None else None, input)
    _refuse_empty(at, "median", input, dim)
    return _with_places(at, input, _along(at, "median", input, dim, keepdim))


def mode(at: Site, input: Value, dim: Value = MINUS_ONE, keepdim: Value = FALSE, *, out: Value = NONE) -> Value:
    """``mode``: along the last dimension by default."""
    _refuse_empty(at, "mode", input, dim)
    return _with_places(at, input, _along(at, "mode", input, dim, keepdim))


def argmax(at: Site, input: Value, dim: Value = NONE, keepdim: Value = FALSE) -> Value:
    """``argmax``: class indices."""
    found = index_reduce(at, input, dim, keepdim)
    note_places(at, "argmax", input, dim)
    return found


def index_reduce(at: Site, input: Value, dim: Value = NONE, keepdim: Value = FALSE) -> Value:
    """``argmax``/``argmin``: class indices, through which no gradient flows."""
    _refuse_empty(at, "argmax", input, dim)
    whole = at.result(reduced_shape(at, "argmax", input, dim, keepdim), input, dtype="int64")
    return replace(without_graph(whole), cut=at.node, cut_graph=whole.graph | whole.cut_graph)


def anything(at: Site, input: Value, dim: Value = NONE, keepdim: Value = FALSE, *, out: Value = NONE) -> Value:
    """``all``/``any``: truths (bytes stay bytes)."""
    dtype = "uint8" if _dtype(input) == "uint8" else "bool"
    return without_graph(at.result(reduced_shape(at, "all", input, dim, keepdim), input, dtype=dtype))


def count_nonzero(at: Site, input: Value, dim: Value = NONE) -> Value:
    """``count_nonzero``."""
    return without_graph(at.result(reduced_shape(at, "count_nonzero", input, dim, FALSE), input, dtype="int64"))


def logsumexp(at: Site, input: Value, dim: Value, keepdim: Value = FALSE, *, out: Value = NONE) -> Value:
    """``logsumexp``."""
    shape = reduced_shape(at, "logsumexp", input, dim, keepdim)
    return at.result(shape, input, dtype=float_of(input))


def norm(
    at: Site,
    input: Value,
    p: Value = NONE,
    dim: Value = NONE,
    keepdim: Value = FALSE,
    out: Value = NONE,
    dtype: Value = NONE,
) -> Value:
    """``norm``: refuses whole numbers."""
    own = dtype_asked(dtype, _dtype(input))
    if own is not None and is_whole(own):
        raise Refused("norm", f"it takes floats and gets {own}", input, form="dtype")
    over = dims_of(at, dim)
    if is_none(p) and over is not None and len(over) > 2:
        raise Refused("norm", f"the norm of a matrix over {len(over)} dimensions", input)
    return replace(at.result(reduced_shape(at, "norm", input, dim, keepdim), input), dtype=own)


def cumulate(at: Site, input: Value, dim: Value, *, dtype: Value = NONE, out: Value = NONE) -> Value:
    """``cumsum``/``cumprod``: whole numbers as int64."""
    known = shape_of(input)
    if known is not None:
        axis("cumsum", dim, len(known), input)
    own = _dtype(input)
    found = dtype_asked(dtype, "int64" if own is not None and is_whole(own) else own)
    return replace(at.result(known, input), dtype=found)


def cumulated_extremes(at: Site, input: Value, dim: Value, *, out: Value = NONE) -> Value:
    """``cummax``/``cummin``: values and indices."""
    known = shape_of(input)
    if known is not None:
        axis("cummax", dim, len(known), input)
    return _with_places(at, input, known)


def logcumsumexp(at: Site, input: Value, dim: Value, *, out: Value = NONE) -> Value:
    """``logcumsumexp``."""
    known = shape_of(input)
    if known is not None:
        axis("logcumsumexp", dim, len(known), input)
    return at.result(known, input)


def sort(
    at: Site,
    input: Value,
    dim: Value = MINUS_ONE,
    descending: Value = FALSE,
    stable: Value = FALSE,
    *,
    out: Value = NONE,
) -> Value:
    """``sort``: values and indices."""
    known = shape_of(input)
    if known is not None:
        axis("sort", dim, len(known), input)
    return _with_places(at, input, known)


def argsort(at: Site, input: Value, dim: Value = MINUS_ONE, descending: Value = FALSE, stable: Value = FALSE) -> Value:
    """``argsort``."""
    known = shape_of(input)
    if known is not None:
        axis("argsort", dim, len(known), input)
    return without_graph(at.result(known, input, dtype="int64"))


def topk(
    at: Site, input: Value, k: Value, dim: Value = MINUS_ONE, largest: Value = TRUE, sorted: Value = TRUE
) -> Value:
    """``torch.topk``: values and indices; refuses more than there are."""
    known, size = shape_of(input), dim_of(k)
    if known is None:
        return _with_places(at, input, None)
    position = axis("topk", dim, len(known), input)
    if position is None:
        return _with_places(at, input, tuple(unknown_dim() for _ in known))
    if not known:
        return _with_places(at, input, ())
    if compare(size, known[position]) == 1 or (isinstance(size, int) and size < 0):
        raise Refused("topk", f"{size} of a dimension of {known[position]}", input)
    if size == 1 and truth(largest) is True:
        note_places(at, "topk", input, dim)
    return _with_places(at, input, (*known[:position], size, *known[position + 1 :]))


def kthvalue(at: Site, input: Value, k: Value, dim: Value = MINUS_ONE, keepdim: Value = FALSE) -> Value:
    """``kthvalue``: values and indices."""
    known, place = shape_of(input), integer(k)
    shape = _along(at, "kthvalue", input, dim, keepdim)
    position = integer(dim)
    if known and position is not None and place is not None:
        size = known[position]
        if place < 1 or (isinstance(size, int) and place > size):
            raise Refused("kthvalue", f"number {place} of {size}", input)
    return _with_places(at, input, shape)


def diff(at: Site, input: Value, n: Value = NONE, dim: Value = MINUS_ONE) -> Value:
    """``diff``: one shorter."""
    known, times = shape_of(input), 1 if is_none(n) else integer(n)
    if known is None or times is None:
        return at.result(None, input)
    if not known:
        raise Refused("diff", "a tensor without dimensions has no differences", input)
    position = axis("diff", dim, len(known), input)
    size = known[position] if position is not None else None
    if position is None or not isinstance(size, int):
        return at.result(tuple(unknown_dim() if i == position else d for i, d in enumerate(known)), input)
    return at.result((*known[:position], max(size - times, 0), *known[position + 1 :]), input)


TABLE: dict[str, Function] = {
    "sum": total, "nansum": total, "prod": product_of, "mean": mean, "nanmean": mean, "std": spread, "var": spread,
    "amax": extremes, "amin": extremes, "max": extreme, "min": least, "median": median, "nanmedian": median,
    "mode": mode, "argmax": argmax, "argmin": index_reduce, "all": anything, "any": anything,
    "count_nonzero": count_nonzero, "logsumexp": logsumexp, "norm": norm, "cumsum": cumulate, "cumprod": cumulate,
    "cummax": cumulated_extremes, "cummin": cumulated_extremes, "logcumsumexp": logcumsumexp, "sort": sort,
    "argsort": argsort, "topk": topk, "kthvalue": kthvalue, "diff": diff,
}  # fmt: skip
"""Functions of ``torch`` that are methods of a tensor too."""
FUNCTIONS: dict[str, Function] = {"std_mean": spread_and_mean, "var_mean": spread_and_mean}
