"""The last dimensions of an image, signal or volume, and settings for each of them."""

from __future__ import annotations

from ft_lint.library.site import Refused, Site, dims_of
from ft_lint.library.torch._arguments import shape_of
from ft_lint.values.base import Value, is_none
from ft_lint.values.shape import Dim, Shape, show, unknown_dim


def per_axis(at: Site, value: Value | None, rank: int) -> list[int] | None:
    """An argument such as ``kernel_size=3`` or ``(3, 5)`` as one integer for each axis."""
    found = dims_of(at, value)
    if found is None or not all(isinstance(size, int) for size in found):
        return None
    if len(found) == 1:
        found = found * rank
    return [size for size in found if isinstance(size, int)] if len(found) == rank else None


def spatial(operation: str, input: Value, rank: int, *, batched: bool = False) -> tuple[Shape, Shape] | None:
    """The leading dimensions and the last ``rank`` ones; None where they are unknown.

    Raises Refused for other numbers of dimensions than ``rank + 2`` or, unless it must be ``batched``, ``rank + 1``.
    """
    known = shape_of(input)
    if known is None:
        return None
    allowed = (rank + 2,) if batched else (rank + 1, rank + 2)
    if len(known) not in allowed:
        wanted = " or ".join(map(str, allowed))
        raise Refused(operation, f"it takes {wanted} dimensions and gets {show(known)}", input, dimensions=len(known))
    return known[:-rank], known[-rank:]


def same_rank(input: Value) -> Shape | None:
    """Unknown sizes, as many as the input has."""
    known = shape_of(input)
    return tuple(unknown_dim() for _ in known) if known is not None else None


def unknown_sizes(lead: Shape, rank: int) -> Shape:
    """Known leading dimensions, unknown others."""
    return (*lead, *(unknown_dim() for _ in range(rank)))


def positive(operation: str, input: Value, name: str, values: list[int], least: int = 1) -> None:
    """Refuse settings below ``least``."""
    if any(value < least for value in values):
        raise Refused(operation, f"{name} must be at least {least}, not {min(values)}", input)


def wanted_sizes(at: Site, value: Value, have: Shape) -> list[Dim] | None:
    """``output_size`` as one size for each dimension; None in it keeps the present one."""
    from ft_lint.interpreter.items import items_of

    items = items_of(at.m, value)
    given = list(items.values) if items is not None and items.complete else [value] * len(have)
    if len(given) == 1:
        given = given * len(have)
    if len(given) != len(have):
        return None
    found: list[Dim] = []
    for one, size in zip(given, have, strict=True):
        dims = [size] if is_none(one) else dims_of(at, one)
        if dims is None or len(dims) != 1:
            return None
        found.append(dims[0])
    return found
