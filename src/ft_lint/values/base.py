"""The ground of all abstract values: identity, constants, choices and ignorance.

Every value is compared by identity, as objects are in Python.  Whatever can change while a script
runs is kept in plain dicts (``fields``, ``names``, ``entries`` ...) that map keys to values and are
written through :class:`ft_lint.values.store.Store` alone, so that a branch can be undone.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import field
from typing import Any, TypeAlias

from ft_lint.light import dataclass


class Value:
    """Anything that a name of the script can hold."""

    __slots__ = ()


Fields: TypeAlias = dict[Any, Value]
"""What a mutable object holds; written through the store alone."""


class Layout(dict[Any, Value]):
    """The layers or parameters of a module; ``number`` tells which modules are older."""

    __slots__ = ("number",)
    number: int


_NUMBERS = itertools.count()


def new_layout() -> Fields:
    """That of a new module, which has none yet."""
    made = Layout()
    made.number = next(_NUMBERS)
    return made


def layouts_made() -> int:
    """A number that every layout which is made from now on exceeds."""
    return next(_NUMBERS)


@dataclass(frozen=True, slots=True, eq=False)
class Unknown(Value):
    """A value that we do not know, and why.

    ``touched`` are the values that went into it, e.g. the arguments of an unknown call: a loss from
    an unknown function still depends on the tensors that the function got.
    """

    why: str
    touched: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class UnknownBatch(Unknown):
    """A loader's batch that we do not know, or a part of one: data, on which no gradient depends.

    ``fields`` holds ``leaf`` once it was made to require grad.
    """

    fields: Fields = field(default_factory=dict)


class UnknownItem(Unknown):
    """What a loop over something unknown gives: of a batch, one sample."""

    __slots__ = ()


ANYTHING = (Unknown, UnknownItem)
"""The kinds of unknown values of which nothing is known: they may be modules."""


class UnknownNumber(Unknown):
    """A number that we do not know."""

    __slots__ = ()


class Overruled(Unknown):
    """A plain setting that a file or the like may overrule."""

    __slots__ = ()


class Numbers(Unknown):
    """The numbers of a tensor as an array, ``x.numpy()``; ``touched`` is the tensor."""

    __slots__ = ()


class Counter(UnknownNumber):
    """A number that a loop has counted up from 0."""

    __slots__ = ()


class Raised(Unknown):
    """That an exception was raised: the condition on which a handler runs."""

    __slots__ = ()


class NoReturn(Unknown):
    """What a call gives that ends the program: it never comes back."""

    __slots__ = ()


class UnknownText(Unknown):
    """A string that we do not know."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, eq=False)
class Constant(Value):
    """A plain Python object: number, string, bytes, bool, None, Ellipsis, slice.

    ``default`` marks the default of a setting (argparse, a dataclass field): true, or the setting's name, unless the
    user asks for another one.
    """

    value: Any
    default: bool | str = False


@dataclass(frozen=True, slots=True, eq=False)
class Choice(Value):
    """One of two values, by a condition that we cannot decide (a gated phi node).

    ``ways`` counts the values at its leaves.
    """

    condition: Value
    if_true: Value
    if_false: Value
    ways: int = 2


@dataclass(frozen=True, slots=True, eq=False)
class Negation(Value):
    """``not x`` for an undecided ``x``, so that both are decided together."""

    of: Value


@dataclass(frozen=True, slots=True, eq=False)
class Items(Value):
    """The present items of a list, or the groups of an optimizer: replaced, never changed.

    ``complete`` is false where further items may exist.
    """

    values: tuple[Value, ...]
    complete: bool = True


class Missing(Value):
    """Nothing is there on this way: an unbound name, an attribute not yet set."""

    __slots__ = ()


MISSING = Missing()
NONE = Constant(None)
TRUE = Constant(True)
FALSE = Constant(False)


@dataclass(frozen=True, slots=True, eq=False)
class Repeated(Unknown):
    """A list of one value, as often as is not known: ``[0] * missing``."""

    of: Value = NONE


MAX_TEXT = 100_000
"""Characters of a text that is computed: one that is put together from longer ones is not known."""
MAX_ITEMS = 100_000
"""Items of a list or tuple that is put together from others; further ones are not followed."""


def boolean(value: bool) -> Constant:
    """The constant True or False."""
    return TRUE if value else FALSE


def options(value: Value) -> Sequence[Value]:
    """The values that ``value`` may be: itself, or the leaves of a choice, the first way first."""
    if not isinstance(value, Choice):
        return (value,)
    found: list[Value] = []
    pending = [value.if_false, value.if_true]
    while pending:
        here = pending.pop()
        if isinstance(here, Choice):
            pending += (here.if_false, here.if_true)
        else:
            found.append(here)
    return found


def same(left: Value, right: Value) -> bool:
    """Whether two values are certainly the same, so that a join need not keep both."""
    if left is right:
        return True
    if isinstance(left, Comparable):
        return left.same_as(right)
    if type(left) is not type(right):
        return False
    match left, right:
        case Constant(a, default=p), Constant(b, default=q):
            return type(a) is type(b) and p == q and bool(a == b)
        case Items(a, complete=p), Items(b, complete=q):
            return p == q and len(a) == len(b) and all(map(same, a, b))
        case Choice(c, a, b), Choice(d, x, y):
            return c is d and same(a, x) and same(b, y)
        case Negation(a), Negation(b):
            return a is b
    return False


class Comparable(Value):
    """A small immutable value that knows when another one says the same."""

    __slots__ = ()

    def same_as(self, other: Value) -> bool:
        """Whether ``other`` says the same."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, eq=False)
class Identity(Comparable):
    """``id(x)``: a number that only ``x`` has."""

    of: Value

    def same_as(self, other: Value) -> bool:
        """Whether ``other`` is the number of the same object."""
        return isinstance(other, Identity) and other.of is self.of


def constant(value: Value | None) -> Any:
    """The plain object behind a constant, else None (ask ``is_constant`` where None matters)."""
    return value.value if isinstance(value, Constant) else None


def is_none(value: Value | None) -> bool:
    """Whether the value is certainly Python's None."""
    return isinstance(value, Constant) and value.value is None


def kind_of_part(whole: Value) -> type[Unknown]:
    """What a part of something unknown is: of a batch it is data, too."""
    return UnknownBatch if isinstance(whole, UnknownBatch) else Unknown


def is_unknown(value: Value) -> bool:
    """Whether the value may be one of several."""
    return isinstance(value, Unknown | Choice | Negation)


def number(value: Value | None) -> float | int | None:
    """The number behind a constant, else None; bools are not numbers here."""
    match value:
        case Constant(int() | float() as found) if not isinstance(found, bool):
            return found
    return None


def integer(value: Value | None) -> int | None:
    """The int behind a constant, else None; bools are not ints here."""
    found = number(value)
    return found if isinstance(found, int) else None


def text(value: Value | None) -> str | None:
    """The string behind a constant, else None."""
    return value.value if isinstance(value, Constant) and isinstance(value.value, str) else None


def truth(value: Value | None) -> bool | None:
    """True or False where the value's truth is certain, else None."""
    match value:
        case Constant(found):
            return bool(found)
        case Choice():
            found = {truth(option) for option in options(value)}
            return found.pop() if len(found) == 1 else None
        case Items(values, complete):
            return True if values else (False if complete else None)
    return None
