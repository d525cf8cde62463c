"""Gradients are never zeroed between steps, so every step is made with the sum of all gradients so far.

What it does
------------
Finds training loops in which `backward()` adds to gradients that were already used for a step: no `zero_grad()` at all, once an epoch
only, or on another optimizer's parameters.

Why it matters
--------------
`backward()` adds to `.grad`. Without zeroing, old gradients come back in every step: the updates grow and point to where the
loss was. Nothing is raised.

How to mend it
--------------
`optimizer.zero_grad()` once for each step, anywhere outside the span from `backward()` to `step()`.

What torch shows
----------------
At the reported `backward()` new gradients are added onto gradients that are not zero and that a step has already used: in every
batch but the first. In the repaired twins that never happens.

Known limits
------------
Gradient accumulation (a step every k batches, zeroed after it) is right: there the old gradients are unused as yet. So is
`zero_grad()` after the forward pass or at the end of the loop.

References
----------
https://github.com/wenet-e2e/wekws/issues/72
https://github.com/pytorch/pytorch/issues/47175
https://github.com/salesforce/corr_based_prediction/issues/1
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint.facts import Facts, MethodMentioned, Stepped
from ft_lint.observe import BackwardCalled, Run
from ft_lint.rule import Evidence, Finding, Level, Rule


class GradientsNeverZeroed(Rule):
    """Gradients added onto used ones."""

    code = "TUN501"
    level = Level.WARNING
    message = (
        "gradients are added here to those of earlier steps, which `{optimizer}` has already used: "
        "call `{optimizer}.zero_grad()` once for each step"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Backward passes onto used gradients."""
        if any(mentioned.name == "zero_grad" for mentioned in facts.of(MethodMentioned)):
            return
        for step in facts.of(Stepped):
            if step.moment.by_framework:
                continue
            for backward in step.stale:
                if backward.surely_when(step):
                    yield self.finding(backward, optimizer=facts.name_of(step.optimizer, step.optimizer.kind))

    def claim(self, run: Run, line: int) -> Evidence:
        """Gradients computed here were added onto gradients that a step had used."""
        backward = run.at(line).of(BackwardCalled)
        added = backward.where(lambda event: bool(event.onto_stepped))
        figures = {"backward": len(backward), "onto used gradients": len(added)}
        return Evidence(bool(added), f"{len(added)} of {len(backward)} backward passes add to used gradients", figures)
