"""Operations that change the shape and keep the values: view, permute, cat, split, expand ..."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from ft_lint.facts.tensors import RowsChanged
from ft_lint.library.site import Refused, Site, dim_of, dims_of, sizes
from ft_lint.library.torch._arguments import MINUS_ONE, ONE, ZERO, axes, axis, shape_of
from ft_lint.library.torch._creation import token_ids
from ft_lint.library.torch.dtypes import dtype_of, promote
from ft_lint.library.torch.shapes import ShapeError, is_viewable
from ft_lint.library.torch.shapes import flatten as flat
from ft_lint.library.torch.shapes import reshape as viewed
from ft_lint.light import replace
from ft_lint.values.base import NONE, Constant, Value, integer, is_none
from ft_lint.values.containers import Tuple
from ft_lint.values.picture import Preparation
from ft_lint.values.shape import (
    Dim,
    Shape,
    add,
    compare,
    equal,
    floor_divide,
    multiply,
    product,
    show,
    subtract,
    symbols_of,
    unknown_dim,
)
from ft_lint.values.tensor import Flattening, Folding, Tensor, TensorShape


def _kept(at: Site, shape: Shape | None, input: Value) -> Tensor:
    return at.result(shape, input, keep=True)


def reshape(at: Site, input: Value, *shape: Value, **keywords: Value) -> Value:
    """``view``/``reshape``; folding spatial dimensions into features is remembered."""
    known = shape_of(input)
    given = shape or tuple(keywords.values())
    if len(given) == 1 and dtype_of(given[0]) is not None:
        return at.unknown("a view as another dtype", input)
    wanted = sizes(at, given)
    if wanted is None or not isinstance(input, Tensor):
        return _kept(at, None, input)
    if sum(dim == -1 for dim in wanted) > 1:
        raise Refused("view", "only one size can be -1", input)
    if any(isinstance(dim, int) and dim < -1 for dim in wanted):
        raise Refused("view", f"{show(tuple(wanted))} has a negative size", input)
    if known is None:
        dims = tuple(unknown_dim() if dim == -1 else dim for dim in wanted)
        return _flattened(at, _kept(at, dims, input), input, dims)
    try:
        after = viewed(known, wanted)
    except ShapeError as error:
        if len(known) > 1 and wanted[:1] == [-1]:
            at.emit(RowsChanged, input=input, before=known, after=None, wanted=tuple(wanted))
        raise Refused("view", error.why, input, **error.sizes) from error
    return _flattened(at, _kept(at, after, input), input, after, tuple(wanted))


def view(at: Site, input: Value, *shape: Value, **keywords: Value) -> Value:
    """``view``: refuses what cannot be had without copying, where the order in memory is certain."""
    result = reshape(at, input, *shape, **keywords)
    if not (isinstance(input, Tensor) and isinstance(result, Tensor)):
        return result
    if input.order is None or input.shape is None or result.shape is None:
        return result
    if is_viewable(input.shape, input.order, result.shape) is False:
        raise Refused("view", f"{show(input.shape)} is not contiguous and cannot be viewed as {show(result.shape)}: "
                      "use `reshape`", input)  # fmt: skip
    return result


def view_as(at: Site, self: Value, other: Value) -> Value:
    """``view_as``/``reshape_as``."""
    wanted = shape_of(other)
    return reshape(at, self, TensorShape(wanted)) if wanted is not None else _kept(at, None, self)


def _flattened(at: Site, result: Tensor, input: Tensor, after: Shape, wanted: Shape | None = None) -> Tensor:
    """Remembers what was folded into features and, where rows are no longer samples, into rows."""
    before = input.shape
    if before is None:
        return result
    node = at.module.node if at.module is not None and at.module.node is not None else at.node
    if len(before) > len(after) and len(before) >= 3 and equal(before[-1], after[-1]) is not True:
        result = replace(result, flattening=Flattening(node, before))
    result = replace(result, order=in_order(after) if input.order == in_order(before) else None)
    if len(before) < 2 or not after or before[0] == after[0] or _is_guess(before, after[0]):
        return result
    undone = input.folding is not None and input.folding.before[:1] == after[:1]
    at.m.emit(RowsChanged, node, input=input, before=before, after=after, wanted=wanted)
    return replace(result, folding=None if undone else Folding(node, before, after))


def _is_guess(before: Shape, rows: Dim) -> bool:
    """Whether nobody knows how many rows come out, since nobody knows how much a sample holds: it may be one each."""
    held = {name for dim in before for name in symbols_of(dim)}
    return (
        any(name.startswith("?") for dim in before[1:] for name in symbols_of(dim))
        and not set(symbols_of(rows)) <= held
    )


def in_order(shape: Shape) -> tuple[int, ...]:
    """The order in memory of a contiguous tensor."""
    return tuple(range(len(shape)))


def flatten(at: Site, input: Value, start_dim: Value = ZERO, end_dim: Value = MINUS_ONE) -> Value:
    """``torch.flatten`` (of an ``nn.Flatten``, the finding stands where the layer is built)."""
    known = shape_of(input)
    if known is None or not isinstance(input, Tensor):
        by_row = integer(start_dim) == 1 and integer(end_dim) == -1
        return _kept(at, (unknown_dim(), unknown_dim()) if by_row else None, input)
    start, end = axis("flatten", start_dim, len(known), input), axis("flatten", end_dim, len(known), input)
    if start is None or end is None:
        return _kept(at, None, input)
    if start > end:
        raise Refused("flatten", "start_dim comes after end_dim", input)
    after = flat(known, start, end)
    return _flattened(at, _kept(at, after, input), input, after)


def ravel(at: Site, input: Value) -> Value:
    """``ravel``: one dimension."""
    return flatten(at, input)


def unflatten(at: Site, input: Value, dim: Value, sizes: Value) -> Value:
    """``unflatten``: one dimension becomes several."""
    known, wanted = shape_of(input), dims_of(at, sizes)
    if known is None or wanted is None:
        return _kept(at, None, input)
    position = axis("unflatten", dim, len(known), input)
    if position is None or not known:
        return _kept(at, None, input)
    if not wanted:
        raise Refused("unflatten", "sizes must not be empty", input)
    if sum(size == -1 for size in wanted) > 1:
        raise Refused("unflatten", "only one size can be -1", input)
    try:
        inner = viewed((known[position],), wanted)
    except ShapeError as error:
        raise Refused("unflatten", error.why, input, **error.sizes) from error
    return _kept(at, (*known[:position], *inner, *known[position + 1 :]), input)


def squeeze(at: Site, input: Value, dim: Value = NONE) -> Value:
    """``torch.squeeze``; without ``dim`` the rank is known only where all sizes are."""
    known = shape_of(input)
    if known is None:
        return _kept(at, None, input)
    positions = axes(at, "squeeze", dim, len(known), input) if known or not is_none(dim) else []
    if positions is None:
        return _kept(at, None, input)
    gone = set()
    for position in positions if known else ():
        single = equal(known[position], 1)
        if single is None:
            return _kept(at, None, input)
        if single:
            gone.add(position)
    return _kept(at, tuple(size for index, size in enumerate(known) if index not in gone), input)


def unsqueeze(at: Site, input: Value, dim: Value) -> Value:
    """``torch.unsqueeze``."""
    known = shape_of(input)
    position = axis("unsqueeze", dim, len(known) + 1, input) if known is not None else None
    if known is None or position is None:
        return _kept(at, None, input)
    return _kept(at, (*known[:position], 1, *known[position:]), input)


def transpose(at: Site, input: Value, dim0: Value, dim1: Value) -> Value:
    """``torch.transpose``."""
    known = shape_of(input)
    if known is None:
        return _kept(at, None, input)
    first, second = axis("transpose", dim0, len(known), input), axis("transpose", dim1, len(known), input)
    if first is None or second is None:
        return _kept(at, None, input)
    places = list(range(len(known)))
    if places:
        places[first], places[second] = places[second], places[first]
    return _reordered(at, input, known, places)


def _reordered(at: Site, input: Value, known: Shape, places: Sequence[int]) -> Tensor:
    """The dimensions at other places; in memory they stay where they are."""
    before = input.order if isinstance(input, Tensor) else None
    order = None if before is None else tuple(list(places).index(one) for one in before)
    return replace(_kept(at, tuple(known[place] for place in places), input), order=order)


def t(at: Site, input: Value) -> Value:
    """``torch.t``: of at most two dimensions."""
    known = shape_of(input)
    if known is not None and len(known) > 2:
        raise Refused("t", f"it takes at most 2 dimensions and gets {show(known)}", input)
    return _kept(at, known[::-1] if known is not None else None, input)


def permute(at: Site, input: Value, *dims: Value, **keywords: Value) -> Value:
    """``torch.permute``."""
    known, order = shape_of(input), sizes(at, dims or tuple(keywords.values()))
    if known is None or order is None:
        return _kept(at, None, input)
    if len(order) != len(known):
        raise Refused("permute", f"{len(order)} dimensions are named and {show(known)} has {len(known)}", input)
    if not all(isinstance(one, int) for one in order):
        return _kept(at, None, input)
    found = [axis("permute", Constant(one), len(known), input) for one in order]
    positions = [one for one in found if one is not None]
    if len(set(positions)) < len(positions):
        raise Refused("permute", "a dimension is named twice", input)
    return _reordered(at, input, known, positions)


def movedim(at: Site, input: Value, source: Value, destination: Value) -> Value:
    """``movedim``: some dimensions go elsewhere, the others keep their order."""
    known = shape_of(input)
    if known is None:
        return _kept(at, None, input)
    from_, to = axes(at, "movedim", source, len(known), input), axes(at, "movedim", destination, len(known), input)
    if from_ is None or to is None or not known:
        return _kept(at, known if known == () else None, input)
    if len(from_) != len(to):
        raise Refused("movedim", f"{len(from_)} dimensions are moved to {len(to)} places", input)
    rest = iter(index for index in range(len(known)) if index not in from_)
    moved = dict(zip(to, from_, strict=True))
    return _kept(at, tuple(known[moved[i] if i in moved else next(rest)] for i in range(len(known))), input)


def expand(at: Site, input: Value, *shape: Value, **keywords: Value) -> Value:
    """``Tensor.expand``: dimensions of size 1 are repeated."""
    known, wanted = shape_of(input), sizes(at, shape or tuple(keywords.values()))
    if known is None or wanted is None:
        return _kept(at, None, input)
    return _kept(at, _expanded("expand", input, known, wanted), input)


def _expanded(operation: str, input: Value, known: Shape, wanted: Sequence[Dim]) -> Shape:
    lead = len(wanted) - len(known)
    if lead < 0:
        raise Refused(operation, f"{show(known)} has more dimensions than {show(tuple(wanted))}", input)
    if any(dim == -1 for dim in wanted[:lead]):
        raise Refused(operation, "-1 is not allowed for a new dimension", input)
    if any(isinstance(dim, int) and dim < -1 for dim in wanted):
        raise Refused(operation, f"{show(tuple(wanted))} has a negative size", input)
    result: list[Dim] = list(wanted[:lead])
    for have, want in zip(known, wanted[lead:], strict=True):
        if want == -1:
            result.append(have)
        elif equal(have, 1) is False and equal(have, want) is False:
            raise Refused(operation, f"{show(known)} cannot be expanded to {show(tuple(wanted))}", input)
        else:
            result.append(want)
    return tuple(result)


def expand_as(at: Site, self: Value, other: Value) -> Value:
    """``expand_as``."""
    known, wanted = shape_of(self), shape_of(other)
    if known is None or wanted is None:
        return _kept(at, wanted, self)
    return _kept(at, _expanded("expand", self, known, wanted), self)


def repeat(at: Site, self: Value, *repeats: Value, **keywords: Value) -> Value:
    """``Tensor.repeat``: at least as many numbers as dimensions."""
    known, times = shape_of(self), sizes(at, repeats or tuple(keywords.values()))
    if known is None or times is None:
        return _kept(at, None, self)
    if len(times) < len(known):
        raise Refused("repeat", f"{len(times)} repeats for the {len(known)} dimensions of {show(known)}", self)
    return _kept(at, _repeated("repeat", self, known, times), self)


def tile(at: Site, input: Value, *dims: Value, **keywords: Value) -> Value:
    """``tile``: missing repeats are 1."""
    known, times = shape_of(input), sizes(at, dims or tuple(keywords.values()))
    if known is None or times is None:
        return _kept(at, None, input)
    return _kept(at, _repeated("tile", input, known, [*[1] * (len(known) - len(times)), *times]), input)


def _repeated(operation: str, input: Value, known: Shape, times: Sequence[Dim]) -> Shape:
    if any(isinstance(one, int) and one < 0 for one in times):
        raise Refused(operation, "a negative number of repeats", input)
    padded = (1,) * (len(times) - len(known)) + known
    return tuple(multiply(size, count) for size, count in zip(padded, times, strict=True))


def repeat_interleave(at: Site, input: Value, repeats: Value, dim: Value = NONE, *, output_size: Value = NONE) -> Value:
    """``repeat_interleave`` by a number; by a tensor the size depends on its values."""
    known, times = shape_of(input), None if isinstance(repeats, Tensor) else dim_of(repeats)
    if known is None:
        return _kept(at, None, input)
    if isinstance(times, int) and times < 0:
        raise Refused("repeat_interleave", "a negative number of repeats", input)
    if is_none(dim):
        return _kept(at, (unknown_dim() if times is None else multiply(product(known), times),), input)
    position = axis("repeat_interleave", dim, len(known), input)
    if position is None:
        return _kept(at, None, input)
    if not known:
        raise Refused("repeat_interleave", "a tensor without dimensions has none to repeat along", input)
    length = unknown_dim() if times is None else multiply(known[position], times)
    return _kept(at, (*known[:position], length, *known[position + 1 :]), input)


# --- several tensors ----------------------------------------------------------------------------


def _parts(at: Site, operation: str, tensors: Value) -> tuple[list[Value], list[Shape] | None]:
    """The tensors of a sequence, and their shapes where all are known."""
    from ft_lint.interpreter.items import items_of

    items = items_of(at.m, tensors)
    if items is None:
        return [tensors], None
    if items.complete and not items.values:
        raise Refused(operation, "a list of tensors must not be empty", tensors, form="empty")
    shapes = [shape_of(part) for part in items.values]
    known = [shape for shape in shapes if shape is not None]
    return list(items.values), known if items.complete and len(known) == len(shapes) else None


def _joined_dtype(parts: Sequence[Value]) -> str | None:
    dtypes = [part.dtype if isinstance(part, Tensor) else None for part in parts]
    result = dtypes[0] if dtypes else None
    for dtype in dtypes[1:]:
        if dtype is None or result is None:
            return None
        result = promote(result, dtype)
    return result


def cat(at: Site, tensors: Value, dim: Value = ZERO, *, out: Value = NONE, axis: Value = NONE) -> Value:
    """``torch.cat``: sizes along ``dim`` add up."""
    parts, shapes = _parts(at, "cat", tensors)
    if shapes is None:
        return at.result(None, *parts)
    shape = _concatenated("cat", tensors, shapes, dim if is_none(axis) else axis)
    return replace(at.result(shape, *parts), dtype=_joined_dtype(parts))


def _concatenated(operation: str, input: Value, shapes: list[Shape], dim: Value) -> Shape | None:
    # torch ignores tensors of shape (0,) here, whatever the others are
    real = [shape for shape in shapes if shape != (0,)] or shapes[:1]
    first = real[0]
    if any(not shape for shape in shapes):
        raise Refused(operation, "tensors without dimensions cannot be concatenated", input)
    other = next((shape for shape in real if len(shape) != len(first)), None)
    if other is not None:
        raise Refused(operation, f"{show(first)} and {show(other)} have different numbers of dimensions", input)
    position = axis(operation, dim, len(first), input)
    if position is None:
        return tuple(unknown_dim() for _ in first)
    total: Dim = 0
    for shape in real:
        total = add(total, shape[position])
        for index, (have, want) in enumerate(zip(shape, first, strict=True)):
            if index != position and equal(have, want) is False:
                why = f"{show(first)} and {show(shape)} differ in dimension {index}, and are joined along {position}"
                raise Refused(operation, why, input, gets=have, takes=want)
    return (*first[:position], total, *first[position + 1 :])


def stack(at: Site, tensors: Value, dim: Value = ZERO, *, out: Value = NONE) -> Value:
    """``torch.stack``: a new dimension."""
    if (ids := token_ids(at, tensors)) is not None:
        return ids
    parts, shapes = _parts(at, "stack", tensors)
    if shapes is None:
        return replace(at.result(_stack_of_alike(parts, dim), *parts), prepared=_preparation(parts))
    first = shapes[0]
    for shape in shapes[1:]:
        if len(shape) != len(first) or any(equal(a, b) is False for a, b in zip(shape, first, strict=True)):
            raise Refused("stack", f"{show(first)} and {show(shape)} differ", tensors)
    position = axis("stack", dim, len(first) + 1, tensors)
    found = None if position is None else (*first[:position], len(parts), *first[position:])
    return replace(at.result(found, *parts), dtype=_joined_dtype(parts), prepared=_preparation(parts))


def _preparation(parts: Sequence[Value]) -> Preparation | None:
    """What was done to all of these images."""
    found = [part.prepared if isinstance(part, Tensor) else None for part in parts]
    return found[0] if found and all(one is found[0] for one in found) else None


def _stack_of_alike(parts: Sequence[Value], dim: Value) -> Shape | None:
    """The shape of a stack of more tensors than are seen, or whose shapes are not all known, in a new first place."""
    known = [shape for shape in map(shape_of, parts) if shape is not None]
    return (unknown_dim(), *known[0]) if known and integer(dim) == 0 else None


def _stacked(operation: str, rank: int, along: int) -> Callable[..., Value]:
    """``hstack`` and kin: tensors of at least ``rank`` dimensions, joined along one."""

    def run(at: Site, tensors: Value, *, out: Value = NONE) -> Value:
        parts, shapes = _parts(at, operation, tensors)
        if shapes is None:
            return at.result(None, *parts)
        raised = [_at_least(shape, rank, operation) for shape in shapes]
        place = along if operation != "hstack" or len(raised[0]) > 1 else 0
        shape = _concatenated(operation, tensors, raised, Constant(place))
        return replace(at.result(shape, *parts), dtype=_joined_dtype(parts))

    return run


def _at_least(shape: Shape, rank: int, operation: str) -> Shape:
    if len(shape) >= rank:
        return shape
    if operation == "dstack":
        return (1, *shape, 1) if len(shape) == 1 else (1, 1, 1) if not shape else (*shape, 1)
    return (1,) * (rank - len(shape)) + shape


hstack, vstack, dstack = _stacked("hstack", 1, 1), _stacked("vstack", 2, 0), _stacked("dstack", 3, 2)


# --- parts of one tensor ------------------------------------------------------------------------


def _pieces(at: Site, input: Value, known: Shape, position: int, lengths: Sequence[Dim]) -> Value:
    shapes = [(*known[:position], length, *known[position + 1 :]) for length in lengths]
    return Tuple(tuple(_kept(at, shape, input) for shape in shapes))


def split(at: Site, tensor: Value, split_size_or_sections: Value, dim: Value = ZERO) -> Value:
    """``torch.split``: pieces of a size, the last one shorter, or of the sizes listed."""
    known = shape_of(tensor)
    if known is None:
        return at.unknown("parts of a tensor of unknown shape", tensor)
    if not known:
        raise Refused("split", "a tensor without dimensions cannot be split", tensor)
    position = axis("split", dim, len(known), tensor)
    wanted = dims_of(at, split_size_or_sections)
    if position is None or wanted is None:
        return at.unknown("parts of unknown sizes", tensor)
    size = known[position]
    if not isinstance(split_size_or_sections, Constant):
        total: Dim = 0
        for one in wanted:
            total = add(total, one)
        if any(isinstance(one, int) and one < 0 for one in wanted) or equal(total, size) is False:
            raise Refused("split", f"sections {list(wanted)} of a dimension of {size}", tensor)
        return _pieces(at, tensor, known, position, wanted)
    length = wanted[0]
    if isinstance(length, int) and (length < 0 or (length == 0 and size != 0)):
        raise Refused("split", f"pieces of {length}", tensor)
    if not isinstance(length, int) or not isinstance(size, int):
        whole = isinstance(length, int) and compare(size, length)
        return _pieces(at, tensor, known, position, [size]) if whole == 0 else at.unknown("parts of a size", tensor)
    return _pieces(at, tensor, known, position, _lengths(size, length))


def _lengths(size: int, length: int) -> list[int]:
    if size == 0 or length == 0:
        return [0]
    return [min(length, size - start) for start in range(0, size, length)]


def chunk(at: Site, input: Value, chunks: Value, dim: Value = ZERO) -> Value:
    """``torch.chunk``: at most so many pieces, all but the last equal."""
    known, count = shape_of(input), integer(chunks)
    if known is None or count is None:
        return at.unknown("parts of a tensor of unknown shape", input)
    if not known:
        raise Refused("chunk", "a tensor without dimensions cannot be split", input)
    if count <= 0:
        raise Refused("chunk", f"{count} chunks", input)
    position = axis("chunk", dim, len(known), input)
    if position is None:
        return at.unknown("parts along an unknown dimension", input)
    size = known[position]
    if isinstance(size, int):
        length = -(-size // count)
        return _pieces(at, input, known, position, _lengths(size, length) if size else [0] * count)
    even = floor_divide(size, count)
    return (
        _pieces(at, input, known, position, [even] * count)
        if multiply(even, count) == size
        else at.unknown("parts", input)
    )


def tensor_split(at: Site, input: Value, indices_or_sections: Value, dim: Value = ZERO) -> Value:
    """``tensor_split``: so many pieces, the first ones longer, or cut at the indices listed."""
    known = shape_of(input)
    if known is None:
        return at.unknown("parts of a tensor of unknown shape", input)
    if not known:
        raise Refused("tensor_split", "a tensor without dimensions cannot be split", input)
    position = axis("tensor_split", dim, len(known), input)
    given = dims_of(at, indices_or_sections)
    size = known[position] if position is not None else None
    if position is None or given is None or not isinstance(size, int):
        return at.unknown("parts of unknown sizes", input)
    cuts = [one for one in given if isinstance(one, int)]
    if len(cuts) < len(given):
        return at.unknown("parts of unknown sizes", input)
    if isinstance(indices_or_sections, Constant):
        if cuts[0] <= 0:
            raise Refused("tensor_split", f"{cuts[0]} sections", input)
        lengths = [size // cuts[0] + (index < size % cuts[0]) for index in range(cuts[0])]
        return _pieces(at, input, known, position, lengths)
    bounds = [0, *cuts]
    lengths = [len(range(size)[a:b]) for a, b in zip(bounds, [*cuts, size], strict=True)]
    return _pieces(at, input, known, position, lengths)


def unbind(at: Site, input: Value, dim: Value = ZERO) -> Value:
    """``unbind``: the slices along a dimension."""
    known = shape_of(input)
    if known is None:
        return at.unknown("parts of a tensor of unknown shape", input)
    if not known:
        raise Refused("unbind", "a tensor without dimensions has no slices", input)
    position = axis("unbind", dim, len(known), input)
    size = known[position] if position is not None else None
    if position is None or not isinstance(size, int) or size > 64:
        return at.unknown("slices of unknown number", input)
    return Tuple((_kept(at, (*known[:position], *known[position + 1 :]), input),) * size)


def narrow(at: Site, input: Value, dim: Value, start: Value, length: Value) -> Value:
    """``narrow``: a stretch of one dimension."""
    known = shape_of(input)
    if known is None:
        return _kept(at, None, input)
    if not known:
        raise Refused("narrow", "a tensor without dimensions cannot be narrowed", input)
    position = axis("narrow", dim, len(known), input)
    if position is None:
        return _kept(at, None, input)
    size, first, count = known[position], integer(start), dim_of(length)
    if isinstance(count, int) and count < 0:
        raise Refused("narrow", "a negative length", input)
    if isinstance(size, int) and first is not None and isinstance(count, int):
        begin = first + size if first < 0 else first
        if not 0 <= begin <= size or begin + count > size:
            raise Refused("narrow", f"{count} from {first} on of a dimension of {size}", input)
    return _kept(at, (*known[:position], count, *known[position + 1 :]), input)


def select(at: Site, input: Value, dim: Value, index: Value) -> Value:
    """``select``: one slice."""
    known = shape_of(input)
    if known is None:
        return _kept(at, None, input)
    if not known:
        raise Refused("select", "a tensor without dimensions has no slices", input)
    position = axis("select", dim, len(known), input)
    if position is None:
        return _kept(at, None, input)
    place, size = integer(index), known[position]
    if place is not None and isinstance(size, int) and not -size <= place < size:
        raise Refused("select", f"index {place} of a dimension of {size}", input)
    return _kept(at, (*known[:position], *known[position + 1 :]), input)


def unfold(at: Site, self: Value, dimension: Value, size: Value, step: Value) -> Value:
    """``Tensor.unfold``: windows of one dimension, in a new last one."""
    known = shape_of(self)
    if known is None:
        return _kept(at, None, self)
    position = axis("unfold", dimension, len(known), self)
    width, stride = integer(size), integer(step)
    if position is None or width is None or stride is None:
        return _kept(at, tuple(unknown_dim() for _ in range(len(known) + 1)), self)
    length = known[position] if known else 1
    if width < 0 or stride <= 0 or (isinstance(length, int) and width > length):
        raise Refused("unfold", f"windows of {width} every {stride} of a dimension of {length}", self)
    count = add(floor_divide(subtract(length, width), stride), 1)
    if not known:
        return _kept(at, (width,), self)
    return _kept(at, (*known[:position], count, *known[position + 1 :], width), self)


def diagonal(at: Site, input: Value, offset: Value = ZERO, dim1: Value = ZERO, dim2: Value = ONE) -> Value:
    """``diagonal``: two dimensions give way to one last."""
    known, shift = shape_of(input), integer(offset)
    if known is None:
        return _kept(at, None, input)
    first, second = axis("diagonal", dim1, len(known), input), axis("diagonal", dim2, len(known), input)
    if first is None or second is None or shift is None:
        return _kept(at, None, input)
    if first == second or len(known) < 2:
        raise Refused("diagonal", "the two dimensions must differ", input)
    rows, columns = known[first], known[second]
    length: Dim = unknown_dim()
    if isinstance(rows, int) and isinstance(columns, int):
        length = max(min(rows, columns - shift) if shift >= 0 else min(rows + shift, columns), 0)
    elif rows == columns and not shift:
        length = rows
    return _kept(at, (*(d for i, d in enumerate(known) if i not in (first, second)), length), input)


def diag(at: Site, input: Value, diagonal: Value = ZERO, *, out: Value = NONE) -> Value:
    """``diag``: the diagonal of a matrix, or a matrix with it."""
    known, shift = shape_of(input), integer(diagonal)
    if known is None or shift is None:
        return at.result(None, input)
    match known:
        case (size,):
            side = add(size, abs(shift))
            return at.result((side, side), input)
        case (int() as rows, int() as columns):
            length = min(rows, columns - shift) if shift >= 0 else min(rows + shift, columns)
            return at.result((max(length, 0),), input)
        case (_, _):
            return at.result((unknown_dim(),), input)
    raise Refused("diag", f"it takes 1 or 2 dimensions and gets {show(known)}", input)


def same(at: Site, input: Value, *args: Value, **settings: Value) -> Value:
    """Other places for the same values: ``roll``, ``contiguous`` ..."""
    return _kept(at, shape_of(input), input)


def flip(at: Site, input: Value, *dims: Value, **keywords: Value) -> Value:
    """``flip`` along some dimensions."""
    known, order = shape_of(input), sizes(at, dims or tuple(keywords.values()))
    if known is not None and order is not None and all(isinstance(one, int) for one in order):
        axes(at, "flip", Tuple(tuple(Constant(one) for one in order)), len(known), input)
    return same(at, input)


def triangle(at: Site, input: Value, diagonal: Value = ZERO, *, out: Value = NONE) -> Value:
    """``tril``/``triu``: at least two dimensions."""
    known = shape_of(input)
    if known is not None and len(known) < 2:
        raise Refused("tril", f"it takes at least 2 dimensions and gets {show(known)}", input)
    return at.result(known, input)


def rot90(at: Site, input: Value, k: Value = ONE, dims: Value = NONE) -> Value:
    """``rot90``: by a quarter turn two dimensions change places."""
    known, turns = shape_of(input), integer(k)
    order = [0, 1] if is_none(dims) else dims_of(at, dims)
    if known is None or turns is None or order is None:
        return _kept(at, None, input)
    if len(order) != 2 or len(known) < 2:
        raise Refused("rot90", "it takes two dimensions", input)
    found = axes(at, "rot90", Tuple(tuple(Constant(one) for one in order)), len(known), input)
    if found is None:
        return _kept(at, None, input)
    shape = list(known)
    if turns % 2:
        shape[found[0]], shape[found[1]] = shape[found[1]], shape[found[0]]
    return _kept(at, tuple(shape), input)


def at_least(rank: int) -> Callable[..., Value]:
    """``atleast_1d`` and kin."""

    def run(at: Site, input: Value) -> Value:
        known = shape_of(input)
        if known is None:
            return _kept(at, None, input)
        return _kept(at, _at_least(known, rank, "dstack" if rank == 3 else "vstack"), input)

    return run


TABLE: dict[str, Callable[..., Value]] = {
    "reshape": reshape, "flatten": flatten, "ravel": ravel, "unflatten": unflatten, "squeeze": squeeze,
    "unsqueeze": unsqueeze, "transpose": transpose, "swapaxes": transpose, "swapdims": transpose, "t": t,
    "permute": permute, "movedim": movedim, "moveaxis": movedim, "broadcast_to": expand, "tile": tile,
    "repeat_interleave": repeat_interleave, "split": split, "chunk": chunk, "tensor_split": tensor_split,
    "unbind": unbind, "narrow": narrow, "select": select, "diagonal": diagonal, "diag": diag, "roll": same,
    "flip": flip, "fliplr": same, "flipud": same, "tril": triangle, "triu": triangle, "rot90": rot90,
}  # fmt: skip
"""Functions of ``torch`` that are methods of a tensor too."""
FUNCTIONS: dict[str, Callable[..., Value]] = {
    "cat": cat, "concat": cat, "concatenate": cat, "stack": stack, "hstack": hstack, "vstack": vstack,
    "dstack": dstack, "row_stack": vstack, "atleast_1d": at_least(1), "atleast_2d": at_least(2),
    "atleast_3d": at_least(3),
}  # fmt: skip
METHODS: dict[str, Callable[..., Value]] = {
    "view": view, "view_as": view_as, "reshape_as": view_as, "expand": expand, "expand_as": expand_as,
    "repeat": repeat, "unfold": unfold,
}  # fmt: skip
