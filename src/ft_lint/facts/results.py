"""Facts about what a script makes of results: named, dropped, misused, compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ft_lint.facts.moment import Fact
from ft_lint.light import dataclass
from ft_lint.values.base import Value

if TYPE_CHECKING:
    from ft_lint.values.training import Loader


@dataclass(frozen=True, slots=True, eq=False)
class ResultNamed(Fact):
    """The result of a call that reports on what it did (a named tuple) was bound to ``target``."""

    value: Value
    target: str


@dataclass(frozen=True, slots=True, eq=False)
class ResultDropped(Fact):
    """The result of a call was thrown away: such a report, or an object that a method gives and does not change.

    ``receiver`` is what the method was called on, as written; "" for a function.  ``displayed``: a notebook shows it.
    """

    value: Value
    receiver: str = ""
    displayed: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Misused(Fact):
    """A tuple was called, or asked for an attribute that it does not have: Python raises.

    ``use`` is written as the script has it, e.g. ``model.eval``.
    """

    value: Value
    use: str


@dataclass(frozen=True, slots=True, eq=False)
class ScoreCompared(Fact):
    """Something that was computed from batches of ``loaders`` was compared: ``outcome`` is what a branch goes by."""

    outcome: Value
    loaders: frozenset[Loader]
