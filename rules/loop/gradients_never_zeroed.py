"""Gradients are never zeroed between steps, so every step is made with the sum of all gradients so far.

What it does
------------
Finds training loops in which `backward()` adds to gradients that were already used for a step: no `zero_grad()` at
all, once an epoch only, or on another optimizer's parameters.

Why it matters
--------------
`backward()` adds to `.grad`. Without zeroing, old gradients come back in every step: the updates grow and point to
where the loss was. Nothing is raised.

How to mend it
--------------
`optimizer.zero_grad()` once for each step, anywhere outside the span from `backward()` to `step()`.

What torch shows
----------------
At the reported `backward()` new gradients are added onto gradients that are not zero and that a step has already
used: in every batch but the first. In the repaired twins that never happens.

Known limits
------------
Gradient accumulation (a step every k batches, zeroed after it) is right: there the old gradients are unused as yet.
So is `zero_grad()` after the forward pass or at the end of the loop.

References
----------
https://github.com/wenet-e2e/wekws/issues/72
https://github.com/pytorch/pytorch/issues/47175
https://github.com/salesforce/corr_based_prediction/issues/1
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.models import MethodMentioned
from ft_lint.facts.optimization import Backward, GradientsZeroed, Stepped
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.training import Optimizer


class GradientsNeverZeroed(Rule):
    """Gradients added onto used ones."""

    code = "TUN501"
    level = Level.WARNING
    message = (
        "gradients are added here to those of earlier steps, which `{user}` has already used: "
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
                if not isinstance(backward, Backward):
                    continue
                user = _user(facts, backward, step)
                if user is step.optimizer:
                    if not _is_zeroed(facts, backward, step):
                        yield self.finding(backward, user=_name(facts, user), optimizer=_name(facts, user))
                elif backward is _last_before(facts, step):
                    yield self.finding(backward, user=_name(facts, user), optimizer=_name(facts, step.optimizer))

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """A step is made with gradients computed here on top of gradients that an earlier step had used."""
        backward = run.at(line).of(observe.BackwardCalled)
        added = backward.where(lambda event: self._used(run, event))
        figures = {"backward": len(backward), "onto used gradients": len(added)}
        return Evidence(bool(added), f"{len(added)} of {len(backward)} backward passes add to used gradients", figures)

    @staticmethod
    def _used(run: observe.Run, backward: observe.BackwardCalled) -> bool:
        """Whether a step is made with a sum of used and new gradients, before they are zeroed."""
        mixed = set(backward.onto_stepped)
        step = run.after(backward).of(observe.Stepped).where(lambda event: bool(mixed & set(event.with_gradient))).first
        zeroings = run.after(backward).of(observe.GradientsZeroed)
        zeroed = zeroings.where(lambda event: bool(mixed & set(event.cleared))).first
        return step is not None and (zeroed is None or step.order < zeroed.order)


def _name(facts: Facts, optimizer: Optimizer) -> str:
    return facts.name_of(optimizer, optimizer.kind)


def _user(facts: Facts, backward: Backward, step: Stepped) -> Optimizer:
    """The optimizer that has used the gradients which are in the way: the step's own, else the last that had them."""
    weights = {id(p) for p in step.moved}
    earlier = [s.optimizer for s in facts.before(backward).of(Stepped) if any(id(p) in weights for p in s.moved)]
    return step.optimizer if step.optimizer in earlier or not earlier else earlier[-1]


def _last_before(facts: Facts, step: Stepped) -> Backward | None:
    """The backward pass that a step is made for."""
    return next(reversed(list(facts.before(step).of(Backward))), None)


def _is_zeroed(facts: Facts, backward: Backward, step: Stepped) -> bool:
    """Whether all that the step moves may have been zeroed after the last step before this backward pass."""
    earlier = [s for s in facts.before(backward).of(Stepped) if s.optimizer is step.optimizer]
    weights = {id(p) for p in step.moved}
    between = facts.between(earlier[-1], backward).of(GradientsZeroed) if earlier else iter(())
    zeroed = {id(p) for one in between for p in one.parameters}
    return bool(weights) and weights <= zeroed
