"""Parameters unfrozen after the optimizer was built without them never train.

What it does
------------
Finds layers that are switched on again (`requires_grad = True`) while the optimizer that makes the steps was built
over a filter or a part of the model that left them out.

Why it matters
--------------
They get gradients, cost time and memory in every `backward()`, and `step()` does not know them. Gradual unfreezing
then has no effect, and nothing is raised.

How to mend it
--------------
Add them: `optimizer.add_param_group({"params": model.layer4.parameters(), "lr": 1e-5})`; or build a new optimizer
(with transformers a new `Trainer`) for the new stage; or give the optimizer all parameters from the start, since
frozen ones do not move.

What torch shows
----------------
The unfrozen parameters get a gradient in every later `backward()`, are in no optimizer, and their relative move is
exactly 0.

Known limits
------------
Parameters unfrozen only to look at their gradients (saliency) are meant to stay, and silent where no step follows;
so is an optimizer that makes no step any more, for another one has taken its place.

References
----------
https://github.com/facebookresearch/detectron2/issues/2486
https://github.com/Lightning-AI/pytorch-lightning/issues/514
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.models import Unfrozen
from ft_lint.facts.optimization import OptimizerBuilt, Stepped
from ft_lint.rule import Evidence, Finding, Level, Rule


class UnfrozenNotOptimized(Rule):
    """Unfrozen layers that no optimizer knows."""

    code = "TUN304"
    level = Level.WARNING
    message = (
        "these parameters are unfrozen after `{optimizer}` was built without them, so they never train: "
        "hand them over with `add_param_group`"
    )
    by_trainer = (
        "these parameters are unfrozen after a `Trainer` built its {optimizer} without them, which it keeps for "
        "whatever it trains later: build a new `Trainer` for this stage"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Parameters unfrozen that the stepping optimizer does not hold."""
        for unfrozen in facts.of(Unfrozen):
            earlier = (b for b in facts.before(unfrozen).of(OptimizerBuilt) if b.surely_when(unfrozen))
            built = [b for b in earlier if facts.ordered(b, unfrozen)]
            stepping = [step.optimizer for step in facts.after(unfrozen).of(Stepped)]
            used = next((b for b in reversed(built) if b.optimizer in stepping), None)
            if used is not None and unfrozen.changed and facts.starved(unfrozen.changed, since=unfrozen):
                message = self.by_trainer if used.moment.by_framework else self.message
                name = facts.name_of(used.optimizer, used.optimizer.kind)
                yield self.finding(facts.blamed(unfrozen), message=message, optimizer=name)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """What is unfrozen here gets gradients, is in no optimizer, and does not move in the steps that follow."""
        unfrozen = run.at(line).of(observe.RequiresGradSet).where(lambda event: event.value and not event.before)
        steps = run.after(unfrozen[0]).of(observe.Stepped) if unfrozen else ()
        left_out = run.left_out({event.parameter for event in unfrozen})
        figures = {
            "unfrozen": len({event.parameter for event in unfrozen}),
            "left out": len(left_out),
            "gradients": sum(p.gradients for p in left_out),
            "steps": len(steps),
        }
        if left_out and steps:
            return Evidence(
                True, f"{len(left_out)} parameters get gradients and do not move in {len(steps)} steps", figures
            )
        return Evidence(False, "nothing unfrozen here is left out" if unfrozen else "nothing is unfrozen here", figures)
