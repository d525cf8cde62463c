"""Lists, tuples, dicts and iterators of the script."""

from __future__ import annotations

import ast
from collections.abc import Hashable
from dataclasses import field
from typing import Any

from ft_lint.light import dataclass
from ft_lint.values.base import Constant, Fields, Items, Value, integer, is_unknown
from ft_lint.values.tensor import Parameter


@dataclass(frozen=True, slots=True, eq=False)
class Tuple(Value):
    """A tuple (immutable); ``complete`` is false where more items may follow."""

    values: tuple[Value, ...]
    complete: bool = True
    names: tuple[str, ...] = ()
    """Field names, for a named tuple such as a model's several outputs."""


@dataclass(frozen=True, slots=True, eq=False)
class List(Value):
    """A list or set: one mutable field ``items``, an :class:`Items`.

    ``distinct`` marks a set, which holds equal items once.
    """

    fields: Fields = field(default_factory=dict)
    distinct: bool = False

    @property
    def items(self) -> Value:
        """The present items: an :class:`Items`, or a choice of them."""
        return self.fields["items"]


def new_list(values: tuple[Value, ...] = (), complete: bool = True) -> List:
    """A fresh list."""
    return List({"items": Items(values, complete)})


def new_set(values: tuple[Value, ...] = (), complete: bool = True) -> List:
    """A fresh set."""
    return List({"items": distinct(Items(values, complete))}, distinct=True)


def distinct(items: Items) -> Items:
    """Each item once; several that we do not know may be equal, so that they are not all of one set."""
    seen: dict[object, Value] = {}
    for value in items.values:
        key = value.value if isinstance(value, Constant) and isinstance(value.value, Hashable) else id(value)
        seen.setdefault(key, value)
    sure = len(seen) < 2 or not any(map(is_unknown, seen.values()))
    return Items(tuple(seen.values()), items.complete and sure)


@dataclass(frozen=True, slots=True, eq=False)
class Dict(Value):
    """A dict with constant keys; anything put under an unknown key makes it incomplete.

    ``flags`` holds ``incomplete`` once some entries are not known, and ``each`` where it is known what these look
    like.  ``places`` tells where each key stands in the source.
    """

    entries: Fields = field(default_factory=dict)
    flags: Fields = field(default_factory=dict)
    places: dict[Any, ast.AST] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether the entries are all there are."""
        return "incomplete" not in self.flags

    @property
    def each(self) -> Value | None:
        """What an entry looks like whose key is not known."""
        return self.flags.get("each")


@dataclass(frozen=True, slots=True, eq=False)
class Iterator(Value):
    """Something to loop over: the items it gives, and whether these are all.

    ``once`` marks generators, which are empty the second time.  Where ``complete`` is false,
    ``each`` gives what an item looks like.
    """

    values: tuple[Value, ...] = ()
    complete: bool = True
    each: Value | None = None
    once: bool = False
    of: Value | None = None
    """What is iterated, e.g. the loader behind an ``enumerate``."""


def stands_for_many(value: Value) -> bool:
    """Whether an item of a list is in place of several: the parameters, with or without names, that we do not see.

    What place in the real list the items behind it have is unknown then.
    """
    match value:
        case Parameter(rest=rest):
            return rest
        case Tuple(values):
            return any(map(stands_for_many, values))
    return False


@dataclass(frozen=True, slots=True, eq=False)
class Range(Value):
    """``range(start, stop, step)``; bounds are values since they may be unknown."""

    start: Value
    stop: Value
    step: Value
    last: Value | None = None
    """Its last value, where ``stop`` is written as ``last + 1``."""

    def counts_to(self, number: Value) -> bool:
        """Whether it has ``number`` values, one after another: ``range(epochs)``, ``range(1, epochs + 1)``."""
        start, stop = integer(self.start), integer(self.stop)
        if start is None or integer(self.step) != 1:
            return False
        if stop is not None:
            return stop - start == integer(number)
        return number is {0: self.stop, 1: self.last}.get(start)
