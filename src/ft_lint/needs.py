"""What a rule cannot do without, asked of the rule itself: there is no table that could be wrong."""

from __future__ import annotations

import functools

from ft_lint.facts import Fact, Facts, Targets
from ft_lint.rule import Rule


def may_find(rule: Rule, facts: Facts) -> bool:
    """Whether a script has any of the facts without which a rule finds nothing.  Raises what the rule raises."""
    return not needed(rule, facts.targets).isdisjoint(facts.kinds)


@functools.lru_cache(maxsize=4096)
def needed(rule: Rule, targets: Targets) -> frozenset[type[Fact]]:
    """The kinds of facts that a rule asks for where there are no facts at all.

    A rule sees a script by kinds of facts, and the versions that it is written for.  Where a script has none of these
    kinds, each of its questions is answered as it was here, and it finds what it found here: nothing.
    """
    nothing = Facts(targets=targets)
    finds = any(True for _ in rule.check(nothing))
    return frozenset({Fact}) if finds or not nothing.asked else nothing.asked
