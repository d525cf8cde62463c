"""Numbers that count: right answers, samples, batches."""

from __future__ import annotations

from dataclasses import field

from ft_lint.light import dataclass
from ft_lint.values.base import Constant, Counter, Fields, Value, number


@dataclass(frozen=True, slots=True, eq=False)
class Count(Value):
    """How many there are: ``what`` of ``of``, a loader or dataset.

    ``hits`` are the samples for which two tensors agree (``truths``: the agreement itself), ``samples`` and
    ``batches`` the length of a dataset or loader, ``share`` the hits divided by one of these.  ``fields`` holds
    ``divided`` once a share was divided again.
    """

    what: str
    of: Value
    fields: Fields = field(default_factory=dict)


_PERCENT = (1, 100)


def combined(name: str, left: Value, right: Value) -> Count | None:
    """The count that an operation on a count gives, where it still counts the same: a sum, a part per hundred."""
    match name, left, right:
        case "Add", Count(what="hits", of=of), Count(what="hits", of=other):
            return left if of is other else None
        case "Add", Count(what="hits"), other if number(other) == 0 or isinstance(other, Counter):
            return left
        case "Add", other, Count(what="hits") if number(other) == 0 or isinstance(other, Counter):
            return right
        case "Mult", Count(what="hits" | "share"), Constant() if number(right) in _PERCENT:
            return left
        case "Mult", Constant(), Count(what="hits" | "share") if number(left) in _PERCENT:
            return right
    return None
