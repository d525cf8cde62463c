"""An optimizer is built anew, and the scheduler goes on driving the old one.

What it does
------------
Finds optimizers that are built over the parameters of an earlier one and make the steps from then on, while a scheduler
of the earlier one is still stepped and none of the new one is.

Why it matters
--------------
A scheduler keeps the optimizer object that it was given. Stepping it changes the rates of an optimizer that nobody uses
any more; the new one trains on with its first rate. Nothing is raised.

How to mend it
--------------
Build the scheduler after the optimizer, each time the optimizer is built. Often `optimizer.add_param_group(...)` is
what was meant.

What torch shows
----------------
The scheduler changes the rate of an optimizer that makes no step, and all steps of the one built at the reported line
are made with the same rate.

Known limits
------------
Silent where the old optimizer may still be stepped, and where it went to a function that is not followed.

References
----------
https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate
https://discuss.pytorch.org/t/how-to-change-the-learning-rate-of-an-optimizer/18084
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.optimization import OptimizerBuilt, SchedulerBuilt, SchedulerStepped, Stepped
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.training import Optimizer


class SchedulerOfOldOptimizer(Rule):
    """A scheduler that drives nothing."""

    code = "TUN409"
    level = Level.WARNING
    message = (
        "`{scheduler}` drives the optimizer that was there before, so the learning rate of this one never changes: "
        "build the scheduler anew after the optimizer"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Optimizers that take over while the scheduler of another goes on."""
        for built in facts.of(OptimizerBuilt):
            later = facts.after(built)
            steps = list(later.of(Stepped))
            driven = [due.scheduler.optimizer for due in later.of(SchedulerStepped)]
            if built.optimizer in driven or not any(step.optimizer is built.optimizer for step in steps):
                continue
            used = {step.optimizer for one in facts.at(built) for step in facts.after(one).of(Stepped)}
            for due in later.of(SchedulerStepped):
                old = due.scheduler.optimizer
                idle = old not in used
                if due.complete and idle and _is_replaced(facts, built, due) and facts.together(built, due):
                    scheduler = facts.name_of(due.scheduler, due.scheduler.kind)
                    yield self.finding(built, scheduler=scheduler)
                    break

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """Steps of the optimizer built here are all made with one rate, while a scheduler changes that of another."""
        for built in run.at(line).of(observe.OptimizerBuilt):
            later = run.after(built)
            steps = later.of(observe.Stepped)
            mine = [step for step in steps if step.optimizer == built.optimizer]
            used = {step.optimizer for step in steps}
            idle = [event for event in later.of(observe.SchedulerStepped) if event.optimizer not in used]
            changed, rates = {event.lrs for event in idle}, {step.lrs for step in mine}
            if mine and len(rates) == 1 and len(changed) > 1:
                figures = {"steps": len(mine), "rate": mine[0].lrs[0], "scheduled in vain": len(idle)}
                return Evidence(True, f"{len(mine)} steps are made with one rate", figures)
        return Evidence(False, "no optimizer built here is left without its scheduler", {})


def _is_replaced(facts: Facts, built: OptimizerBuilt, due: SchedulerStepped) -> bool:
    """Whether the scheduler and its optimizer are older, and that had parameters of the one built now."""
    old = due.scheduler.optimizer
    if not isinstance(old, Optimizer) or old is built.optimizer:
        return False
    made = any(one.scheduler is due.scheduler for one in facts.before(built).of(SchedulerBuilt))
    held = {id(p) for group in old.groups() for p in group.parameters}
    return made and any(id(p) in held for group in built.groups for p in group.parameters)
