"""``itertools``."""

from __future__ import annotations

from ft_lint.interpreter.items import iterate
from ft_lint.library.site import Site
from ft_lint.values.base import Value
from ft_lint.values.containers import Iterator
from ft_lint.values.training import Parameters


def chain(at: Site, *iterables: Value) -> Value:
    """The items of one after the other."""
    if all(isinstance(part, Parameters) for part in iterables):
        parts = [part for part in iterables if isinstance(part, Parameters)]
        named = tuple(pair for part in parts for pair in part.named)
        return Parameters(named, all(part.complete for part in parts))
    found = [iterate(at.m, part, at.node) for part in iterables]
    each = next((one.each for one in found if one.each is not None), None)
    return Iterator(tuple(v for one in found for v in one.values), all(one.complete for one in found), each, once=True)


def from_iterable(at: Site, iterables: Value) -> Value:
    """``chain.from_iterable(xs)``: the items of one after the other."""
    found = iterate(at.m, iterables, at.node)
    if not found.complete:
        return at.unknown("the items of we do not know how many", *found.values, *filter(None, [found.each]))
    return chain(at, *map(at.m.store.resolve, found.values))
