"""Products of matrices and vectors, and Einstein sums."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable

from ft_lint.library.site import Refused, Site
from ft_lint.library.torch._arguments import axis, shape_of
from ft_lint.library.torch._elementwise import common_shape, same_dtype
from ft_lint.library.torch.dtypes import result_type
from ft_lint.library.torch.shapes import ShapeError, broadcast
from ft_lint.library.torch.shapes import matmul as product_shape
from ft_lint.light import replace
from ft_lint.values.base import NONE, Constant, Value, integer, text
from ft_lint.values.shape import Dim, Shape, equal, multiply, show
from ft_lint.values.tensor import Tensor


def matmul(at: Site, input: Value, other: Value, *, out: Value = NONE) -> Value:
    """``torch.matmul``."""
    left, right = shape_of(input), shape_of(other)
    if left is None or right is None:
        return at.result(None, input, other)
    try:
        shape = product_shape(left, right)
    except ShapeError as error:
        raise Refused("matmul", error.why, input, **error.sizes) from error
    same_dtype("matmul", input, other)
    return replace(at.result(shape, input, other), order=tuple(range(len(shape))))


def _ranks(operation: str, *wanted: int) -> Callable[..., Value]:
    """A product of tensors of exactly these ranks (``mm``, ``bmm``, ``mv``, ``dot``)."""

    def run(at: Site, input: Value, other: Value, *, out: Value = NONE) -> Value:
        shapes = shape_of(input), shape_of(other)
        for shape, rank in zip(shapes, wanted, strict=True):
            if shape is not None and len(shape) != rank:
                raise Refused(operation, f"it takes {rank} dimensions and gets {show(shape)}", input)
        left, right = shapes
        if left is None or right is None:
            return at.result(None, input, other)
        if operation == "bmm" and equal(left[0], right[0]) is False:
            raise Refused("bmm", f"batches of {left[0]} and {right[0]}", input)
        return matmul(at, input, other)

    return run


mm, bmm, mv, dot = _ranks("mm", 2, 2), _ranks("bmm", 3, 3), _ranks("mv", 2, 1), _ranks("dot", 1, 1)


def _added(name: str) -> Callable[..., Value]:
    """``addmm`` and kin: a product plus something that broadcasts to it."""
    multiply_ = {"addmm": mm, "addmv": mv, "baddbmm": bmm}[name]

    def run(at: Site, input: Value, first: Value, second: Value, *, beta: Value = NONE, alpha: Value = NONE) -> Value:
        made = multiply_(at, first, second)
        shape, extra = shape_of(made), shape_of(input)
        same_dtype(name, input, first, second)
        if shape is not None and extra is not None:
            try:
                whole = broadcast(extra, shape)
            except ShapeError as error:
                raise Refused(name, error.why, input, **error.sizes) from error
            if len(whole) != len(shape) or any(equal(a, b) is False for a, b in zip(whole, shape, strict=True)):
                raise Refused(name, f"{show(extra)} does not broadcast to {show(shape)}", input)
        return at.result(shape, input, first, second)

    return run


def outer(at: Site, input: Value, vec2: Value, *, out: Value = NONE) -> Value:
    """``outer``: of two vectors."""
    left, right = shape_of(input), shape_of(vec2)
    for shape in (left, right):
        if shape is not None and len(shape) != 1:
            raise Refused("outer", f"it takes vectors and gets {show(shape)}", input)
    shape = (left[0], right[0]) if left is not None and right is not None else None
    return replace(at.result(shape, input, vec2), dtype=result_type((input, vec2)))


def kron(at: Site, input: Value, other: Value, *, out: Value = NONE) -> Value:
    """``kron``: sizes multiply."""
    left, right = shape_of(input), shape_of(other)
    shape: Shape | None = None
    if left is not None and right is not None:
        rank = max(len(left), len(right))
        a, b = (1,) * (rank - len(left)) + left, (1,) * (rank - len(right)) + right
        shape = tuple(multiply(x, y) for x, y in zip(a, b, strict=True))
    return replace(at.result(shape, input, other), dtype=result_type((input, other)))


def cross(at: Site, input: Value, other: Value, dim: Value = NONE, *, out: Value = NONE) -> Value:
    """``linalg.cross``: one dimension of 3."""
    shape = common_shape("cross", input, other)
    if shape is None:
        return at.result(None, input, other)
    position = axis("cross", Constant(-1) if integer(dim) is None else dim, len(shape), input)
    if not shape or (position is not None and equal(shape[position], 3) is False):
        raise Refused("cross", f"a dimension of 3 is needed, not {show(shape)}", input)
    return replace(at.result(shape, input, other), dtype=result_type((input, other)))


def cdist(at: Site, x1: Value, x2: Value, p: Value = NONE, compute_mode: Value = NONE) -> Value:
    """``cdist``: distances between the rows of two batches of matrices."""
    left, right = shape_of(x1), shape_of(x2)
    for shape in (left, right):
        if shape is not None and len(shape) < 2:
            raise Refused("cdist", f"it takes at least 2 dimensions and gets {show(shape)}", x1)
    if left is None or right is None:
        return at.result(None, x1, x2)
    if equal(left[-1], right[-1]) is False:
        raise Refused("cdist", f"rows of {left[-1]} and of {right[-1]}", x1, gets=left[-1], takes=right[-1])
    try:
        lead = broadcast(left[:-2], right[:-2])
    except ShapeError as error:
        raise Refused("cdist", error.why, x1, **error.sizes) from error
    return at.result((*lead, left[-2], right[-2]), x1, x2)


def tensordot(at: Site, a: Value, b: Value, dims: Value = Constant(2), out: Value = NONE) -> Value:  # noqa: B008
    """``tensordot`` over a number of dimensions; lists of them give an unknown shape."""
    left, right, count = shape_of(a), shape_of(b), integer(dims)
    if left is None or right is None or count is None:
        return at.result(None, a, b)
    if count < 0 or count > len(left) or count > len(right):
        raise Refused("tensordot", f"{count} dimensions of {show(left)} and {show(right)}", a)
    inner, outer_ = left[len(left) - count :], right[:count]
    if any(equal(x, y) is False and 1 not in (x, y) for x, y in zip(inner, outer_, strict=True)):
        raise Refused("tensordot", f"{show(inner)} and {show(outer_)} differ", a)
    same_dtype("tensordot", a, b)
    return at.result((*left[: len(left) - count], *right[count:]), a, b)


_EQUATION = r"[A-Za-z.,\s]*(->[A-Za-z.\s]*)?"


def einsum(at: Site, equation: Value, *operands: Value) -> Value:
    """``einsum``: letters for dimensions, an ellipsis for those that broadcast."""
    from ft_lint.interpreter.items import items_of

    if len(operands) == 1:
        items = items_of(at.m, operands[0])
        operands = items.values if items is not None and items.complete else operands
    written = text(equation)
    shapes = [shape_of(value) for value in operands]
    if written is None or any(shape is None for shape in shapes) or not at.arguments.complete:
        return at.result(None, *operands)
    known = [shape for shape in shapes if shape is not None]
    shape = _einsum(written, known, operands[0] if operands else NONE)
    same_dtype("einsum", *operands)
    return at.result(shape, *operands)


def _einsum(equation: str, shapes: list[Shape], input: Value) -> Shape:
    if not re.fullmatch(_EQUATION, equation):
        raise Refused("einsum", f"{equation!r} is no equation", input)
    left, arrow, right = equation.replace(" ", "").partition("->")
    subscripts = left.split(",")
    if len(subscripts) != len(shapes):
        raise Refused("einsum", f"{len(subscripts)} subscripts for {len(shapes)} tensors", input)
    sizes: dict[str, Dim] = {}
    lead: Shape = ()
    for letters, shape in zip(subscripts, shapes, strict=True):
        lead = _bind(equation, letters, shape, sizes, lead, input)
    if not arrow:
        alone = sorted(letter for letter in sizes if left.count(letter) == 1)
        right = ("..." if "..." in left else "") + "".join(alone)
    before, dots, after = right.partition("...")
    for letter in before + after:
        if letter not in sizes:
            raise Refused("einsum", f"{letter!r} of the result is in no tensor", input)
        if right.count(letter) > 1:
            raise Refused("einsum", f"{letter!r} is twice in the result", input)
    return (*(sizes[one] for one in before), *(lead if dots else ()), *(sizes[one] for one in after))


def _bind(equation: str, letters: str, shape: Shape, sizes: dict[str, Dim], lead: Shape, input: Value) -> Shape:
    """Learn the sizes of one tensor's letters; returns what its ellipsis and the earlier ones broadcast to."""
    before, dots, after = letters.partition("...")
    if "." in before + after:
        raise Refused("einsum", f"{equation!r} is no equation", input)
    named = len(before) + len(after)
    if named > len(shape) or (not dots and named != len(shape)):
        raise Refused("einsum", f"{letters!r} for a tensor of {show(shape)}", input)
    rest = shape[len(before) : len(shape) - len(after)]
    own: dict[str, Dim] = {}
    for letter, size in zip(before + after, (*shape[: len(before)], *shape[len(shape) - len(after) :]), strict=True):
        if equal(own.setdefault(letter, size), size) is False:
            raise Refused("einsum", f"{letter!r} is {own[letter]} and {size} in one tensor", input)
        have = sizes.get(letter, 1)
        if have != 1 and size != 1 and equal(have, size) is False:
            raise Refused("einsum", f"{letter!r} is {have} and {size}", input, gets=size, takes=have)
        sizes[letter] = size if have == 1 else have
    try:
        return broadcast(lead, rest)
    except ShapeError as error:
        raise Refused("einsum", error.why, input, **error.sizes) from error


TABLE: dict[str, Callable[..., Value]] = {
    "matmul": matmul, "mm": mm, "bmm": bmm, "mv": mv, "dot": dot, "vdot": dot, "outer": outer,
    "ger": outer, "kron": kron, "addmm": _added("addmm"), "addmv": _added("addmv"), "baddbmm": _added("baddbmm"),
    "cross": cross,
}  # fmt: skip
"""Functions of ``torch`` that are methods of a tensor too."""
FUNCTIONS: dict[str, Callable[..., Value]] = {"einsum": einsum, "tensordot": tensordot, "cdist": cdist}
