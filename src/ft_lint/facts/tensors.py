"""Facts about what operations make of tensors and counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ft_lint.facts.moment import Fact
from ft_lint.light import dataclass
from ft_lint.values.base import Value

if TYPE_CHECKING:
    from ft_lint.values.count import Count
    from ft_lint.values.module import Module
    from ft_lint.values.shape import Shape
    from ft_lint.values.tensor import Tensor
    from ft_lint.values.training import Loader


@dataclass(frozen=True, slots=True, eq=False)
class CountDivided(Fact):
    """A count of right answers was divided by a count: a share, if the two belong together."""

    numerator: Count
    denominator: Count
    quotient: Count


@dataclass(frozen=True, slots=True, eq=False)
class ShapeRefused(Fact):
    """An operation that torch refuses for the shapes it gets."""

    operation: str
    why: str
    module: Module | None
    input: Value
    sizes: dict[str, object]


@dataclass(frozen=True, slots=True, eq=False)
class RowsChanged(Fact):
    """A ``view``, ``reshape`` or ``flatten`` gave other rows than its input has.

    ``after`` is None where torch refuses it; ``wanted`` are the sizes asked for, with -1 (None: ``flatten``).
    """

    input: Tensor
    before: Shape
    after: Shape | None
    wanted: Shape | None


@dataclass(frozen=True, slots=True, eq=False)
class DifferenceBroadcast(Fact):
    """``left - right`` for two tensors of which one has a dimension of size 1 more: every pair is compared."""

    left: Tensor
    right: Tensor
    output: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Thresholded(Fact):
    """What a model answers was compared with a number or rounded, which chooses one of two classes."""

    input: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class NumberTaken(Fact):
    """``item()`` of what loaders gave and no model made, ``labels.item()``: torch raises unless it is one number."""

    loaders: frozenset[Loader]


@dataclass(frozen=True, slots=True, eq=False)
class PlacesChosen(Fact):
    """The places of the greatest values were taken: ``call`` is ``argmax``, ``max`` or ``topk``.

    ``dim`` counts from 0; it is None where the tensor was flattened, and where its shape is not known.
    """

    call: str
    input: Tensor
    dim: int | None
