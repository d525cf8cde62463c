"""A fact, and when it happened."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from ft_lint.light import dataclass
from ft_lint.syntax.loops import iterated
from ft_lint.syntax.names import is_of_loader
from ft_lint.values.base import Raised, Unknown, Value, options
from ft_lint.values.training import Loader


@dataclass(frozen=True, slots=True)
class LoopPass:
    """One pass of a loop: ``loop`` is the same for all passes of one execution of it.

    ``over`` is what is iterated, where that is known: the loader behind an ``enumerate``, a range.  ``fed`` says that a
    framework feeds batches, from whatever loader.
    """

    loop: int
    number: int
    node: ast.AST
    over: Value | None = None
    fed: bool = False

    @property
    def over_batches(self) -> bool:
        """Whether each pass gets a batch of a loader: one that we know, or something unknown of that name."""
        if self.fed or self.over is None:
            return self.fed
        over = options(self.over)
        return all(isinstance(one, Loader) for one in over) or (
            all(isinstance(one, Loader | Unknown) for one in over) and is_of_loader(iterated(self.node) or "")
        )


@dataclass(frozen=True, slots=True)
class Moment:
    """When a fact happened.

    ``order`` counts facts.  ``path`` are the undecided branches that it stands in: where it is
    empty, the fact happens on every way.  ``run`` is 0 for the script itself and counts the functions
    that nobody calls, each of which is run on its own.  ``by_framework`` marks what a framework's
    training loop does by itself.  ``arms`` counts the branches around it that a setting or the like decided.
    """

    order: int
    path: tuple[tuple[Value, bool], ...]
    loops: tuple[LoopPass, ...]
    run: int
    calls: tuple[ast.AST, ...]
    by_framework: bool = False
    arms: int = 0
    expected: bool = False
    """Whether an exception of torch's would be caught right there, by its name: the script counts on it."""

    @property
    def in_batches(self) -> bool:
        """Whether it happens for each batch of a loader."""
        return any(one.over_batches for one in self.loops)

    @property
    def in_handler(self) -> bool:
        """Whether it happens in a handler of exceptions, where something else was tried before."""
        return any(isinstance(condition, Raised) for condition, _ in self.path)

    @property
    def method(self) -> ast.AST | None:
        """The function that nobody calls in which it happens: methods of one object are run in an order of ours."""
        first = self.calls[0] if self.calls else None
        return first if isinstance(first, ast.FunctionDef | ast.AsyncFunctionDef) else None

    def within(self, outer: Moment) -> bool:
        """Whether it happens in the very loop pass in which ``outer`` does, perhaps in loops inside it."""
        return self.loops[: len(outer.loops)] == outer.loops


@dataclass(frozen=True, slots=True, eq=False)
class Fact(Value):
    """Something that happened."""

    node: ast.AST
    moment: Moment

    @property
    def sure(self) -> bool:
        """Whether it happens on every way through the script."""
        return not self.moment.path

    def surely_when(self, other: Fact) -> bool:
        """Whether this fact happens on every way on which ``other`` happens."""
        return set(self.moment.path) <= set(other.moment.path)

    def excludes(self, other: Fact) -> bool:
        """Whether the two stand on opposite arms of one branch."""
        if not (self.moment.path and other.moment.path):
            return False
        arms = dict(self.moment.path)
        return any(arms.get(condition, arm) != arm for condition, arm in other.moment.path)


MAX_COVERING = 16
"""Facts that are asked whether they are those of all ways."""


def cover(facts: Iterable[Fact], other: Fact | None = None) -> bool:
    """Whether one of the facts happens on every way on which ``other`` does, or on every way through the script.

    What is done to a model, or with an optimizer, that a setting chooses is one fact for each that it may be.
    """
    given = set(other.moment.path) if other is not None else set()
    ways = {frozenset(fact.moment.path) - given for fact in facts if other is None or not fact.excludes(other)}
    return _meet(list(ways))


def _meet(ways: Sequence[frozenset[tuple[Value, bool]]]) -> bool:
    """Whether ways, by the conditions that each stands in, are all that there are."""
    if not ways or len(ways) > MAX_COVERING:
        return bool(ways) and not all(ways)
    if not all(ways):
        return True
    condition, _ = next(iter(ways[0]))
    for one, other in (((condition, True), (condition, False)), ((condition, False), (condition, True))):
        if not _meet([way - {one} for way in ways if other not in way]):
            return False
    return True
