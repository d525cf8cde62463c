"""Arithmetic of shapes: what torch makes of sizes, and what it refuses.

Pure functions on :data:`ft_lint.values.shape.Shape`.  Each raises :class:`ShapeError` for what torch
surely refuses, and gives unknown dimensions where it cannot tell.
"""

from __future__ import annotations

from collections.abc import Sequence

from ft_lint.values.shape import (
    Dim,
    Shape,
    add,
    divide_exactly,
    equal,
    evaluate,
    floor_divide,
    modulo,
    product,
    scale,
    show,
    subtract,
    symbols_of,
    unknown_dim,
)


class ShapeError(Exception):
    """torch refuses these sizes; the message says why, ``sizes`` holds the numbers that clash."""

    def __init__(self, why: str, **sizes: object) -> None:
        super().__init__(why)
        self.why, self.sizes = why, sizes


def broadcast(left: Shape, right: Shape) -> Shape:
    """The common shape of two operands (torch's broadcasting semantics)."""
    result: list[Dim] = []
    rank = max(len(left), len(right))
    for a, b in zip((1,) * (rank - len(left)) + left, (1,) * (rank - len(right)) + right, strict=True):
        if a == 1:
            result.append(b)
        elif b == 1 or a == b:
            result.append(a)
        elif equal(a, b) is False and equal(a, 1) is False and equal(b, 1) is False:
            raise ShapeError(f"{show(left)} and {show(right)} do not broadcast")
        else:
            result.append(a if isinstance(a, int) else b if isinstance(b, int) else unknown_dim())
    return tuple(result)


def reshape(shape: Shape, wanted: Sequence[Dim]) -> Shape:
    """``view``/``reshape`` to ``wanted``, of which one dimension may be -1."""
    have, ask = list(shape), [dim for dim in wanted if dim != -1]
    holes = len(wanted) - len(ask)
    if 0 not in shape and 0 not in ask:
        for dim in list(ask):
            if dim in have and dim != 1:
                have.remove(dim)
                ask.remove(dim)
    total, asked = product(have), product(ask)
    if not holes:
        if equal(total, asked) is False:
            raise _not_viewable(shape, wanted)
        return tuple(wanted)
    if asked == 0:
        raise _not_viewable(shape, wanted)
    quotient = divide_exactly(total, asked)
    if quotient is None and isinstance(asked, int) and equal(modulo(total, asked), 0) is False:
        raise _not_viewable(shape, wanted)
    hole = unknown_dim() if quotient is None else quotient
    return tuple(hole if dim == -1 else dim for dim in wanted)


def _not_viewable(shape: Shape, wanted: Sequence[Dim]) -> ShapeError:
    return ShapeError(f"{show(shape)} cannot be viewed as {show(tuple(wanted))}")


def is_viewable(shape: Shape, order: Sequence[int], wanted: Shape) -> bool | None:
    """Whether a tensor whose dimensions lie in memory in this order can be viewed in another shape of as many numbers.

    None where that depends on unknown sizes.  Named sizes stand for any number, so for two sets of primes.
    Source: ``computeStride`` in ATen/TensorUtils.cpp.
    """
    if all(place == dim for place, dim in enumerate(order)):
        return True
    names = sorted({name for dim in (*shape, *wanted) for name in symbols_of(dim)})
    if any(name.startswith("?") for name in names):
        return None
    answers = set()
    for primes in ((5, 7, 11, 13, 17), (19, 23, 29, 31, 37)):
        if len(names) > len(primes):
            return None
        sizes = dict(zip(names, primes, strict=False))
        answers.add(_fits_strides([evaluate(d, sizes) for d in shape], order, [evaluate(d, sizes) for d in wanted]))
    return answers.pop() if len(answers) == 1 else None


def _fits_strides(old: Sequence[int], order: Sequence[int], new: Sequence[int]) -> bool:
    strides, step = [0] * len(old), 1
    for place in reversed(order):
        strides[place], step = step, step * old[place]
    if not old or 0 in old:
        return True
    view, base, numbers, taken = len(new) - 1, strides[-1], 1, 1
    for place in range(len(old) - 1, -1, -1):
        numbers *= old[place]
        if place == 0 or (old[place - 1] != 1 and strides[place - 1] != numbers * base):
            while view >= 0 and (taken < numbers or new[view] == 1):
                taken *= new[view]
                view -= 1
            if taken != numbers:
                return False
            if place:
                base, numbers, taken = strides[place - 1], 1, 1
    return view == -1


def flatten(shape: Shape, start: int, end: int) -> Shape:
    """``flatten(start_dim, end_dim)`` with non-negative positions."""
    if not shape:
        return (1,)
    return (*shape[:start], product(shape[start : end + 1]), *shape[end + 1 :])


def matmul(left: Shape, right: Shape) -> Shape:
    """``left @ right`` for ranks of at least one."""
    if not left or not right:
        raise ShapeError("both arguments to matmul need to be at least 1D")
    a = left if len(left) > 1 else (1, *left)
    b = right if len(right) > 1 else (*right, 1)
    if equal(a[-1], b[-2]) is False:
        raise ShapeError(f"{show(left)} and {show(right)} cannot be multiplied", gets=a[-1], takes=b[-2])
    outer = broadcast(a[:-2], b[:-2])
    tail = (() if len(left) == 1 else (a[-2],)) + (() if len(right) == 1 else (b[-1],))
    return (*outer, *tail)


def window(size: Dim, kernel: int, stride: int, padding: int, dilation: int, ceil: bool = False) -> Dim:
    """The length that a convolution or pooling leaves of one spatial dimension.

    Source: the formulas of torch.nn.Conv2d and torch.nn.MaxPool2d in torch's documentation.
    """
    reach = dilation * (kernel - 1) + 1
    span = subtract(add(size, 2 * padding), reach)
    if isinstance(span, int):
        if span < 0 and not (ceil and span + stride > 0):
            raise ShapeError(f"a kernel of {reach} is larger than the padded input of {size}")
        length = (span + (stride - 1 if ceil else 0)) // stride + 1
        if ceil and isinstance(size, int) and (length - 1) * stride >= size + padding:
            length -= 1
        return length
    return add(floor_divide(span, stride), 1) if not ceil else unknown_dim()


def transposed_window(size: Dim, kernel: int, stride: int, padding: int, output_padding: int, dilation: int) -> Dim:
    """The length that a transposed convolution gives (torch.nn.ConvTranspose2d)."""
    grown = scale(subtract(size, 1), stride)
    return add(grown, dilation * (kernel - 1) + output_padding + 1 - 2 * padding)
