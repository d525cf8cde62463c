"""Indexing, gathering and scattering."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from ft_lint.library.site import Refused, RefusedSince, Site, dim_of
from ft_lint.library.torch._arguments import MINUS_ONE, axis, shape_of, without_graph
from ft_lint.library.torch._elementwise import common_shape, same_dtype
from ft_lint.library.torch.shapes import ShapeError, broadcast
from ft_lint.light import replace
from ft_lint.values.base import FALSE, NONE, Constant, Value, constant, integer, is_none, truth
from ft_lint.values.callables import Instance
from ft_lint.values.containers import List, Tuple
from ft_lint.values.shape import Dim, Shape, equal, show, subtract, symbols_of, unknown_dim
from ft_lint.values.tensor import Dimension, Tensor

_WHOLE = ("int64", "int32", "int8", "int16", "uint8")


def index(at: Site, owner: Tensor, part: Value) -> Value:
    """``tensor[...]`` (NumPy's indexing, torch.Tensor's documentation).

    Integers, slices, None and Ellipsis give views; truths and tensors of whole numbers (or lists of them) give
    copies, whose dimensions stand where the first of them stood, or in front where they are apart.
    """
    parts = list(part.values) if isinstance(part, Tuple) else [part]
    if owner.shape is None:
        made = at.result(None, owner, keep=True)
        leaves_last = _leaves_last(parts) or (owner.steps and _is_one_step(parts))
        return replace(made, width=owner.width) if owner.width is not None and leaves_last else made
    if not all(_is_followed(at, one) for one in parts):
        return at.result(None, owner, keep=True)
    used = sum(_width(one) for one in parts)
    if used > len(owner.shape):
        if not owner.shape:
            raise RefusedSince("0.5", "index", "a single number has no items: read it with `.item()`", owner)
        raise Refused("index", f"{used} indices for the {len(owner.shape)} dimensions of {show(owner.shape)}", owner)
    rest = list(owner.shape)
    shape: list[Dim] = []
    chosen: list[Shape] = []
    places: list[int] = []
    for position, one in enumerate(parts):
        if constant(one) is ...:
            skip = len(rest) - sum(_width(later) for later in parts[position + 1 :])
            shape += rest[:skip]
            rest = rest[skip:]
        elif is_none(one):
            shape.append(1)
        elif _advanced(at, one) is not None:
            places.append(len(shape))
            chosen.append(_chosen(at, owner, one, rest))
        else:
            shape += _basic(owner, one, rest.pop(0))
    if chosen:
        shape = _placed(owner, shape, chosen, places)
    return at.result((*shape, *rest), owner, keep=True)


def _leaves_last(parts: list[Value]) -> bool:
    """Whether an index leaves the last dimension as it is, of however many: it ends in ``:``, or is one of the first.

    One place of a tensor that may have a single dimension would be a number, which no layer takes.
    """
    if not parts:
        return True
    *before, last = parts
    plain = all(_is_slice(one) or (isinstance(constant(one), int) and constant(one) is not True) for one in parts)
    return plain and (constant(last) == slice(None) or not before)


def _is_one_step(parts: list[Value]) -> bool:
    """``x[:, -1]``, where it is the same step of each sequence of a batch; without a batch nobody writes so."""
    return len(parts) == 2 and constant(parts[0]) == slice(None) and integer(parts[1]) is not None


def _is_followed(at: Site, one: Value) -> bool:
    if isinstance(one, Constant):
        return one.value is None or one.value is ... or (isinstance(one.value, int | slice) and one.value is not True)
    return isinstance(one, Dimension) or _is_slice(one) or _advanced(at, one) is not None


def _is_slice(one: Value) -> bool:
    """Whether an index is a slice, also one whose bounds nobody knows."""
    return isinstance(constant(one), slice) or (isinstance(one, Instance) and one.kind == "builtins.slice")


def _advanced(at: Site, one: Value) -> Tensor | None:
    """A tensor index; a list of whole numbers as one."""
    from ft_lint.interpreter.items import items_of

    match one:
        case Tensor(shape=shape, dtype=dtype):
            return one if shape is not None and dtype in (*_WHOLE, "bool") else None
        case List():
            items = items_of(at.m, one)
            if items is not None and items.complete and all(integer(value) is not None for value in items.values):
                return Tensor(shape=(len(items.values),), dtype="int64")
    return None


def _width(one: Value) -> int:
    """How many dimensions an index takes."""
    if isinstance(one, Tensor):
        return len(one.shape or ()) if one.dtype in ("bool", "uint8") else 1
    return 0 if isinstance(one, Constant) and (one.value is None or one.value is ...) else 1


def _basic(owner: Tensor, one: Value, size: Dim) -> list[Dim]:
    if isinstance(one, Instance):
        return [_up_to(size, one.arguments)]
    match constant(one):
        case bool():
            return [unknown_dim()]
        case int() as place:
            if isinstance(size, int) and not -size <= place < size:
                raise Refused("index", f"index {place} of a dimension of {size}", owner)
            return []
        case slice() as part:
            return [_sliced(owner, size, part)]
    return []


def _sliced(owner: Tensor, dim: Dim, part: slice) -> Dim:
    if part == slice(None):
        return dim
    if not all(bound is None or (isinstance(bound, int)) for bound in (part.start, part.stop, part.step)):
        return unknown_dim()
    if part.step is not None and part.step <= 0:
        raise Refused("index", f"a step of {part.step}", owner)
    if isinstance(dim, int):
        return len(range(dim)[part])
    named = not any(name.startswith("?") for name in symbols_of(dim))
    return subtract(dim, 1) if named and part in (slice(None, -1), slice(1, None)) else unknown_dim()


def _up_to(size: Dim, bounds: dict[str, Value]) -> Dim:
    """``x[:n]``, where ``n`` is a dimension of something else: that many of a table that is long enough."""
    start, stop, step = (bounds[name] for name in ("start", "stop", "step"))
    from_start = (is_none(start) or integer(start) == 0) and (is_none(step) or integer(step) == 1)
    return stop.dim if from_start and isinstance(stop, Dimension) and isinstance(size, int) else unknown_dim()


def _chosen(at: Site, owner: Tensor, one: Value, rest: list[Dim]) -> Shape:
    """The shape of what an advanced index chooses, whose dimensions leave ``rest``."""
    found = _advanced(at, one)
    if found is None or found.shape is None:
        rest.pop(0)
        return (unknown_dim(),)
    if found.dtype not in ("bool", "uint8"):
        rest.pop(0)
        return found.shape
    for size in found.shape:
        have = rest.pop(0)
        if equal(have, size) is False:
            raise Refused("index", f"a mask of {show(found.shape)} over {show(owner.shape or ())}", owner)
    return (unknown_dim(),)


def _placed(owner: Tensor, shape: list[Dim], chosen: list[Shape], places: list[int]) -> list[Dim]:
    whole: Shape = ()
    for one in chosen:
        try:
            whole = broadcast(whole, one)
        except ShapeError as error:
            raise Refused("index", f"indices of {show(whole)} and {show(one)} do not broadcast", owner) from error
    together = len(set(places)) == 1
    place = places[0] if together else 0
    return [*shape[:place], *whole, *shape[place:]]


# --- gathering and scattering -------------------------------------------------------------------


def index_select(at: Site, input: Value, dim: Value, index: Value, *, out: Value = NONE) -> Value:
    """``index_select``: some slices along a dimension."""
    known, wanted = shape_of(input), shape_of(index)
    if wanted is not None and len(wanted) > 1:
        raise Refused("index_select", f"the index is a vector, not {show(wanted)}", input)
    _refuse_floats("index_select", index, ("int64", "int32"))
    if known is None or wanted is None:
        return at.result(None, input, keep=True)
    position = axis("index_select", dim, len(known), input)
    if position is None:
        return at.result(None, input, keep=True)
    count = wanted[0] if wanted else 1
    if not known:
        if equal(count, 1) is False:
            raise Refused("index_select", f"{count} indices of a tensor without dimensions", input)
        return at.result((), input, keep=True)
    return at.result((*known[:position], count, *known[position + 1 :]), input, keep=True)


def _refuse_floats(operation: str, index: Value, allowed: tuple[str, ...]) -> None:
    if isinstance(index, Tensor) and index.dtype is not None and index.dtype not in allowed:
        raise Refused(operation, f"the index is {index.dtype}, not {allowed[0]}", index)


def gather(at: Site, input: Value, dim: Value, index: Value, *, sparse_grad: Value = FALSE, out: Value = NONE) -> Value:
    """``gather``: the shape of the index, which may not be larger elsewhere."""
    _refuse_floats("gather", index, ("int64", "int32"))
    known, wanted = shape_of(input), shape_of(index)
    if known is not None and wanted is not None:
        _refuse_larger("gather", input, dim, known, wanted)
    return at.result(wanted, input, keep=True)


def _refuse_larger(operation: str, input: Value, dim: Value, known: Shape, wanted: Shape) -> None:
    position = axis(operation, dim, len(known), input)
    if 0 in wanted:
        return
    if max(len(known), 1) != max(len(wanted), 1):
        raise Refused(operation, f"an index of {show(wanted)} for {show(known)}", input)
    for place, (have, want) in enumerate(zip(known, wanted, strict=False)):
        if place != position and isinstance(have, int) and isinstance(want, int) and want > have:
            raise Refused(operation, f"an index of {show(wanted)} for {show(known)}", input)


def scatter(at: Site, input: Value, dim: Value, index: Value, src: Value = NONE, **settings: Value) -> Value:
    """``scatter``, ``scatter_add``: the shape of the input."""
    _refuse_floats("scatter", index, ("int64", "int32"))
    known, wanted = shape_of(input), shape_of(index)
    if known is not None and wanted is not None:
        _refuse_larger("scatter", input, dim, known, wanted)
        given = shape_of(src) if isinstance(src, Tensor) else None
        if given is not None:
            _refuse_larger("scatter", input, NONE, given, wanted)
    same_dtype("scatter", input, src)
    return at.result(known, input, src)


def take(at: Site, input: Value, index: Value) -> Value:
    """``take``: numbers by their place in the flattened tensor."""
    _refuse_floats("take", index, ("int64",))
    return at.result(shape_of(index), input, keep=True)


def masked_select(at: Site, input: Value, mask: Value, *, out: Value = NONE) -> Value:
    """``masked_select``: as many numbers as the mask has truths."""
    _refuse_mask("masked_select", mask)
    common_shape("masked_select", input, mask)
    return at.result((unknown_dim(),), input, keep=True)


def _refuse_mask(operation: str, mask: Value) -> None:
    if isinstance(mask, Tensor) and mask.dtype not in (None, "bool", "uint8"):
        raise Refused(operation, f"the mask is {mask.dtype}, not bool", mask)


def masked_fill(at: Site, input: Value, mask: Value, value: Value) -> Value:
    """``masked_fill``: input and mask broadcast."""
    if isinstance(mask, Tensor) and mask.dtype not in (None, "bool"):
        raise RefusedSince("2.0", "masked_fill", f"the mask is {mask.dtype}, not bool", mask)
    filling = shape_of(value) if isinstance(value, Tensor) else ()
    if filling is not None and len(filling) > 0:
        raise Refused("masked_fill", "the value has no dimensions", input)
    result = at.result(common_shape("masked_fill", input, mask), input)
    return replace(result, dtype=input.dtype if isinstance(input, Tensor) else None)


def nonzero(at: Site, input: Value, *, out: Value = NONE, as_tuple: Value = FALSE) -> Value:
    """``nonzero``: a row of indices for each number that is not zero, or a vector for each dimension."""
    known, apart = shape_of(input), truth(as_tuple)
    if known is None or apart is None:
        return at.unknown("places of numbers", input)
    if apart:
        vector = Tensor(shape=(unknown_dim(),), dtype="int64")
        return Tuple((vector,) * max(len(known), 1))
    return Tensor(shape=(unknown_dim(), len(known)), dtype="int64")


def unique(
    at: Site,
    input: Value,
    sorted: Value = NONE,
    return_inverse: Value = FALSE,
    return_counts: Value = FALSE,
    dim: Value = NONE,
) -> Value:
    """``unique``: as many as there are."""
    extra = truth(return_inverse), truth(return_counts)
    if None in extra or not is_none(dim):
        return at.unknown("unique values", input)
    found = without_graph(at.result((unknown_dim(),), input))
    inverse = Tensor(shape=shape_of(input), dtype="int64")
    counts = Tensor(shape=found.shape, dtype="int64")
    wanted = [found, *([inverse] if extra[0] else []), *([counts] if extra[1] else [])]
    return Tuple(tuple(wanted)) if len(wanted) > 1 else found


def bincount(at: Site, input: Value, weights: Value = NONE, minlength: Value = NONE) -> Value:
    """``bincount``: of a vector of whole numbers."""
    known = shape_of(input)
    if known is not None and len(known) != 1:
        raise Refused("bincount", f"it takes a vector and gets {show(known)}", input)
    return Tensor(shape=(unknown_dim(),), dtype="int64" if is_none(weights) else None)


def bucketize(at: Site, input: Value, boundaries: Value, **settings: Value) -> Value:
    """``bucketize``: a place for each number."""
    known = shape_of(boundaries)
    if known is not None and len(known) != 1:
        raise Refused("bucketize", f"boundaries are a vector, not {show(known)}", input)
    short = truth(settings.get("out_int32", FALSE))
    return Tensor(shape=shape_of(input), dtype="int64" if short is False else None)


def one_hot(at: Site, tensor: Value, num_classes: Value = MINUS_ONE) -> Value:
    """``F.one_hot``: one more dimension, of whole numbers."""
    if isinstance(tensor, Tensor) and tensor.dtype not in (None, "int64"):
        raise Refused("one_hot", f"it takes int64 and gets {tensor.dtype}", tensor)
    known, count = shape_of(tensor), dim_of(num_classes)
    size = unknown_dim() if count == -1 else count
    return without_graph(at.result((*known, size) if known is not None else None, tensor, dtype="int64"))


TABLE: dict[str, Callable[..., Value]] = {
    "index_select": index_select, "gather": gather, "scatter": scatter, "scatter_add": scatter, "take": take,
    "masked_select": masked_select, "masked_fill": masked_fill, "nonzero": nonzero, "argwhere": nonzero,
    "unique": unique, "bincount": bincount,
}  # fmt: skip
"""Functions of ``torch`` that are methods of a tensor too."""
FUNCTIONS: dict[str, Callable[..., Value]] = {"bucketize": bucketize}
