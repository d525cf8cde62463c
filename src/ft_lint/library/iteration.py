"""``enumerate``, ``zip`` and ``next``: what loops get, side by side or one at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ft_lint.interpreter.items import iterate, parameter_items
from ft_lint.library.site import Site
from ft_lint.values.base import FALSE, MISSING, NONE, Constant, Unknown, UnknownNumber, Value, integer, is_none
from ft_lint.values.containers import Iterator, Tuple, stands_for_many
from ft_lint.values.module import Module
from ft_lint.values.training import Loader, Parameters


def enumerate_(at: Site, iterable: Value, start: Value = NONE) -> Value:
    """Index and item; beyond what is listed the index is unknown."""
    found, first = iterate(at.m, iterable, at.node), 0 if is_none(start) else integer(start)
    item = found.each
    if item is None and found.values and not found.complete:
        item = at.unknown("an item that is not listed", iterable)
    each = Tuple((UnknownNumber("the index of a loop"), item)) if item is not None else None
    if first is None:
        return Iterator(complete=False, each=each, of=found.of)
    listed = list(_rows((Constant(first + i), value) for i, value in enumerate(found.values)))
    if not found.complete and not listed and found.each is not None:
        listed = [Tuple((Constant(first), found.each))]
    return Iterator(tuple(listed), found.complete, each, of=found.of)


def zip_(at: Site, *iterables: Value, strict: Value = FALSE) -> Value:
    """Items side by side."""
    if not at.arguments.complete:
        if columns := _columns(iterables):
            return Iterator(columns)
        return Iterator(complete=False, each=at.unknown("items side by side of what `*` hides", *iterables))
    found = [iterate(at.m, iterable, at.node) for iterable in iterables]
    if found and all(one.complete for one in found):
        return Iterator(tuple(_rows(zip(*(one.values for one in found), strict=False))))
    layers = [len(one.values) for one in found if one.complete and Module in map(type, one.values)]
    if layers:  # beside as many of something else
        beside = [(*one.values, *[_sample(one)] * min(layers))[: min(layers)] for one in found]
        return Iterator(tuple(_rows(zip(*beside, strict=True))))
    each = Tuple(tuple(_sample(one) for one in found))
    over = next((one.of for one in found if isinstance(one.of, Loader)), None)
    return Iterator(complete=False, each=each, of=over)


def _columns(rows: Sequence[Value]) -> tuple[Value, ...]:
    """What ``zip(*rows)`` makes of rows of which these are the first: a tuple for each place, longer than is seen."""
    known = [row for row in rows if isinstance(row, Tuple) and row.complete]
    if len(known) < len(rows) or len({len(row.values) for row in known}) != 1:
        return ()
    return tuple(Tuple(column, complete=False) for column in zip(*(row.values for row in known), strict=True))


def _rows(rows: Iterable[Sequence[Value]]) -> Iterable[Tuple]:
    """Items side by side; what stands for many is beside many constants, of which we know none any more."""
    exact = True
    for row in rows:
        exact = exact and not any(map(stands_for_many, row))
        yield Tuple(tuple(one if exact or not isinstance(one, Constant) else Unknown(_UNPLACED) for one in row))


_UNPLACED = "what is beside parameters that we do not see"


def _sample(found: Iterator) -> Value:
    return found.each if found.each is not None else next(iter(found.values), Unknown("an item"))


def next_(at: Site, iterator: Value, default: Value = MISSING) -> Value:
    """``next(it)``: an item."""
    if isinstance(iterator, Parameters):
        return _sample(parameter_items(iterator))
    found = iterate(at.m, iterator, at.node)
    return _sample(found)
