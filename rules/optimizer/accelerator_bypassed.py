"""Under accelerate's gradient accumulation, something goes past the accelerator.

What it does
------------
Looks at `with accelerator.accumulate(model)` of an `Accelerator` that accumulates over several steps: inside it a
`loss.backward()` of the script's own, and an optimizer or scheduler that `accelerator.prepare` never wrapped, or whose
wrapper was thrown away.

Why it matters
--------------
The accelerator divides each loss by the number of steps; `loss.backward()` does not, so the gradients are as many
times too large. A prepared optimizer waits for the last of the steps; one that was not prepared steps after each, on a
part of the gradient. A scheduler that was not prepared lowers the rate as many times too fast.

How to mend it
--------------
`accelerator.backward(loss)`, and `model, optimizer, loader, scheduler = accelerator.prepare(model, optimizer, loader,
scheduler)` with the results kept.

What torch shows
----------------
Losses that nothing has divided are back-propagated several times for each step; an optimizer that steps after every
backward pass; a scheduler that steps more often than the optimizer.

Known limits
------------
Without accumulation, on one device and in full precision, going past the accelerator changes nothing: silent. A loss
that the script itself divides is silent, and so is whatever is prepared out of sight.

References
----------
https://huggingface.co/docs/accelerate/usage_guides/gradient_accumulation
https://github.com/huggingface/accelerate/issues/963
https://github.com/huggingface/accelerate/pull/301
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.hub import AccumulationLeft, BackwardAccelerated, Prepared
from ft_lint.facts.optimization import Backward, SchedulerStepped, Stepped
from ft_lint.facts.results import ResultDropped
from ft_lint.rule import Applicability, Edit, Evidence, Finding, Level, Rule
from ft_lint.values.base import integer
from ft_lint.values.callables import Instance
from ft_lint.values.tensor import Tensor

_KEEP = "hand it to `accelerator.prepare` and keep the result"


class AcceleratorBypassed(Rule):
    """Accumulation that not everything takes part in."""

    code = "TUN415"
    level = Level.WARNING
    message = "`{what}` goes past the accelerator, which accumulates over {steps} steps: {why}"
    applicability = Applicability.SAFE

    def check(self, facts: Facts) -> Iterator[Finding]:
        """What happens inside an accumulation without the accelerator."""
        accelerated = {id(fact.backward) for fact in facts.of(BackwardAccelerated)}
        for left in facts.of(AccumulationLeft):
            steps = integer(left.accelerator.given("gradient_accumulation_steps"))
            if steps is None or steps < 2:
                continue
            prepared = _prepared(facts, left.accelerator)
            for fact in left.inside:
                match fact:
                    case Backward(loss=Tensor(rescaled=False), text=text) if id(fact) not in accelerated:
                        name = facts.name_of(left.accelerator, "")
                        fix = self.fix("let the accelerator do it", Edit(f"{name}.backward({text})", fact.node))
                        why = f"its gradients are {steps} times too large, call `accelerator.backward(loss)`"
                        yield self.finding(fact, what="backward()", steps=steps, why=why, fix=fix if name else None)
                    case Stepped(optimizer=optimizer) if prepared is not None and id(optimizer) not in prepared:
                        why = f"it steps after each of them, {_KEEP}"
                        yield self.finding(fact, what=facts.name_of(optimizer, "step()"), steps=steps, why=why)
                    case SchedulerStepped(scheduler=made) if prepared is not None and id(made) not in prepared:
                        why = f"it moves on {steps} times too fast, {_KEEP}"
                        yield self.finding(fact, what=facts.name_of(made, "step()"), steps=steps, why=why)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """Undivided losses add up, or a step is made for each of them."""
        here, passes = run.at(line), run.of(observe.BackwardCalled)
        asked = max((event.steps for event in run.of(observe.hub.AcceleratorBuilt)), default=1)
        divided = {event.backward for event in run.of(observe.hub.LossDivided)}
        own = [event for event in passes.at(line) if event.order not in divided]
        steps = [event for event in run.of(observe.Stepped) if event.with_gradient]
        moved = [event for event in steps if event.at(line)]
        planned = here.of(observe.SchedulerStepped)
        figures = {
            "accumulates": asked,
            "backward passes": len(passes),
            "steps": len(steps),
            "of schedules": len(planned),
        }
        undivided = bool(own) and asked > 1 and len(steps) < len(passes)
        eager = bool(moved) and asked > 1 and len(moved) >= len(passes)
        ahead = bool(planned) and asked > 1 and len(planned) > len(steps)
        why = f"{len(own)} undivided losses, {len(moved)} steps, {len(planned)} of schedules for {len(passes)} passes"
        return Evidence(undivided or eager or ahead, why, figures)


def _prepared(facts: Facts, accelerator: Instance) -> set[int] | None:
    """What an accelerator wrapped for good; None where it may have wrapped more than is seen."""
    if "escaped" in accelerator.fields:
        return None
    dropped = {id(fact.node) for fact in facts.of(ResultDropped)}
    return {
        id(value)
        for fact in facts.of(Prepared)
        if fact.accelerator is accelerator and id(fact.node) not in dropped
        for value in fact.values
    }
