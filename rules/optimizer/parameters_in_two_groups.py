"""The same parameters stand in two groups of an optimizer, and torch raises.

What it does
------------
Finds optimizers whose groups share parameters, mostly those of the head, which `model.parameters()` already holds, and
`add_param_group` with parameters that the optimizer has.

Why it matters
--------------
Each parameter has one rate. torch raises `ValueError: some parameters appear in more than one parameter group`.

How to mend it
--------------
Leave the head's parameters out of the other group:
`[p for name, p in model.named_parameters() if not name.startswith("fc.")]`.

What torch shows
----------------
The ValueError at the reported line.

Known limits
------------
Groups whose parameters are not all known are silent. A parameter twice within one group only warns.

References
----------
https://pytorch.org/docs/stable/optim.html#per-parameter-options
https://github.com/YehLi/xmodaler/issues/40
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.optimization import GroupAdded, OptimizerBuilt
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.tensor import how_many
from ft_lint.values.training import Group


class ParametersInTwoGroups(Rule):
    """Groups that overlap."""

    code = "TUN402"
    level = Level.ERROR
    message = (
        "group {second} holds {shared} that group {first} holds too, so {kind} raises ValueError: leave them out of one"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Pairs of groups with parameters in common."""
        for built in facts.of(OptimizerBuilt):
            yield from self._overlaps(built, built.optimizer.kind, built.groups)
        for added in facts.of(GroupAdded):
            pairs = [(i, before, len(added.before), added.group) for i, before in enumerate(added.before)]
            yield from self._told(added, added.optimizer.kind, pairs)

    def _overlaps(self, built: OptimizerBuilt, kind: str, groups: Sequence[Group]) -> Iterator[Finding]:
        pairs = [(i, a, j, b) for (i, a), (j, b) in itertools.combinations(enumerate(groups), 2)]
        yield from self._told(built, kind, pairs)

    def _told(
        self, at: OptimizerBuilt | GroupAdded, kind: str, pairs: Sequence[tuple[int, Group, int, Group]]
    ) -> Iterator[Finding]:
        """The first pair that overlaps: torch goes no further."""
        for first, one, second, other in pairs:
            shared = one.shared(other)
            if shared:
                yield self.finding(at, kind=kind, first=first, second=second, shared=how_many(shared))
                return

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """torch raises here that parameters are in more than one group."""
        raised = run.exception
        here = raised is not None and raised.directly_at(line) and raised.type == "ValueError"
        holds = here and raised is not None and "more than one parameter group" in raised.message
        return Evidence(holds, "torch raises ValueError" if holds else "torch raises nothing about groups here", {})
