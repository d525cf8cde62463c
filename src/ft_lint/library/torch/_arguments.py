"""How torch reads its arguments: shapes, positions of dimensions, sizes."""

from __future__ import annotations

import dataclasses

from ft_lint.library.site import Refused, Site, dims_of
from ft_lint.light import replace
from ft_lint.values.base import Constant, Value, integer, is_none
from ft_lint.values.tensor import Tensor
from ft_lint.values.tensor import shape_of as shape_of

MINUS_ONE, ZERO, ONE = Constant(-1), Constant(0), Constant(1)


def axis(operation: str, dim: Value, rank: int, input: Value) -> int | None:
    """A ``dim=`` argument as a position in ``range(rank)``; None where it is unknown, as is that of a named dimension.

    A tensor without dimensions has, for this, one.  Raises Refused where the dimension is out of range.
    """
    found = integer(dim)
    if found is None:
        if isinstance(dim, Constant) and isinstance(dim.value, float):
            raise Refused(operation, f"a dimension must be a whole number, not {dim.value!r}", input)
        return None
    rank = max(rank, 1)
    if not -rank <= found < rank:
        raise Refused(operation, f"there is no dimension {found} among {rank}", input)
    return found % rank


def axes(at: Site, operation: str, dim: Value, rank: int, input: Value) -> list[int] | None:
    """A ``dim=`` argument that may be several: their positions; all of them for None or none given.

    Raises Refused for one that is out of range or named twice.
    """
    if is_none(dim):
        return list(range(rank))
    given = dims_of(at, dim)
    if given is None or not all(isinstance(one, int) for one in given):
        return None
    found = [axis(operation, Constant(one), rank, input) for one in given]
    positions = [one for one in found if one is not None]
    if len(set(positions)) < len(positions):
        raise Refused(operation, "a dimension is named twice", input)
    return positions or list(range(rank))


def without_graph(tensor: Tensor) -> Tensor:
    """Class indices, truths and counts: no gradient flows through them."""
    return replace(tensor, graph=frozenset(), certain=True)
