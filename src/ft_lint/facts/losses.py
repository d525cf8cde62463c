"""The losses that a script computes, but for those that a setting would have to choose."""

from __future__ import annotations

from ft_lint.facts import Fact, Facts
from ft_lint.facts.optimization import LossComputed

MENU = 3
"""Kinds of losses from which a setting chooses one that fits, and others that need not."""


def losses(facts: Facts) -> list[LossComputed]:
    """The losses that were computed, but for those of a menu.

    Where a setting chooses among three kinds or more, people take one that fits their model.
    """
    kinds: dict[tuple[object, ...], set[str]] = {}
    for loss in facts.of(LossComputed):
        kinds.setdefault(_call_of(loss), set()).add(loss.kind)
    return [loss for loss in facts.of(LossComputed) if len(kinds[_call_of(loss)]) < MENU]


def _call_of(fact: Fact) -> tuple[object, ...]:
    """The call that a fact is about: one place in one pass of one call of its function."""
    moment = fact.moment
    return fact.node, moment.run, moment.calls, moment.loops
