"""A schedule that is made for epochs is stepped with every batch, so the rate is gone within the first epoch.

What it does
------------
Finds `StepLR`, `MultiStepLR` and `ExponentialLR` with settings that only make sense in epochs (after a thousand steps
less than a hundred-thousandth of the rate is left), and schedules whose length is the number of epochs
(`CosineAnnealingLR(T_max=epochs)`, `num_training_steps=epochs` of the schedules of transformers), whose `step()`
stands in the loop over a `DataLoader`.

Why it matters
--------------
`StepLR(step_size=7)` stepped by batches divides the rate by ten every seven batches: after 100 batches it is 1e-14 of
what it was, and the weights stand still. A cosine over as many steps as there are epochs swings up and down all the
time, a schedule with warm-up is over after as many batches. Nothing is raised.

How to mend it
--------------
Call `scheduler.step()` once an epoch, behind the loop over the batches; or count its length in batches.

What torch shows
----------------
The schedule is stepped at least twice as often as the training data is passed, and after the first pass the rate is
below a fifth of the first one, or has gone up again after coming down.

Known limits
------------
Loops over anything but a `DataLoader` or something unknown that is called a loader, `ReduceLROnPlateau`, and settings
that are not known, are silent, and so is a decay that leaves a thousandth of the rate after 300 batches (`StepLR(10,
gamma=0.8)`): some mean it.

References
----------
https://github.com/pytorch/tutorials/pull/640
https://github.com/aimagelab/meshed-memory-transformer/issues/71
https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.StepLR.html
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.optimization import SchedulerStepped, Stepped
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.base import Items, Value, integer, number, text
from ft_lint.values.containers import List, Range, Tuple
from ft_lint.values.training import Scheduler, has_one_batch

MANY = 300
"""Batches of a short training: some write a decay in batches for so many, ``StepLR(10, gamma=0.8)``."""
GONE = 1e-3
"""The share of a rate of which nothing is left."""
LAST_EPOCH = 200
"""Milestones up to here are epochs."""


class EpochSchedulePerBatch(Rule):
    """A schedule in epochs, stepped in batches."""

    code = "TUN407"
    level = Level.WARNING
    message = (
        "`{kind}` counts epochs here ({setting}) and is stepped with every batch, so {effect}: "
        "call `step()` once an epoch, behind the loop over the batches"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Schedulers with a length in epochs that are stepped whenever the optimizer is."""
        for due in facts.of(SchedulerStepped):
            if not due.moment.in_batches or due.epoch is not None or not due.scheduler.complete:
                continue
            if any(has_one_batch(one.over) for one in due.moment.loops):
                continue
            setting = _setting_in_epochs(due)
            same = facts.at(due)
            if setting is not None and len(same) > 1 and all(_with_every_step(facts, one) for one in same):
                cosine = due.scheduler.kind == "CosineAnnealingLR"
                effect = "the rate swings up and down" if cosine else "the rate is gone at once"
                yield self.finding(due, kind=due.scheduler.kind, setting=setting, effect=effect)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """The rate is gone, or goes up again, for the schedule is stepped more often than the data is passed."""
        steps = run.at(line).of(observe.SchedulerStepped)
        passes = len({batch.iteration for batch in run.batches(trained=True)})
        built = run.of(observe.SchedulerBuilt).where(lambda one: bool(steps) and one.scheduler == steps[0].scheduler)
        rates = [*(one.lrs[0] for one in built), *(event.lrs[0] for event in steps)]
        figures = {"steps": len(steps), "passes": passes, "first": rates[0] if rates else 0.0}
        if not passes or len(steps) < 2 * passes or not rates:
            return Evidence(False, f"{len(steps)} steps in {passes} passes", figures)
        rates = rates[: 1 + len(steps) // passes]
        lowest = min(range(len(rates)), key=rates.__getitem__)
        risen = max(rates[lowest:]) > 2 * rates[lowest] and lowest > 0
        figures["after one pass"] = float(f"{rates[-1]:.2g}")
        why = f"after one pass over the data the rate is {rates[-1]:.2g}, at first {rates[0]:.2g}"
        return Evidence(rates[-1] < 0.2 * rates[0] or risen, why, figures)


def _setting_in_epochs(due: SchedulerStepped) -> str | None:
    """The setting by which the scheduler is made for epochs."""
    scheduler = due.scheduler
    given = scheduler.arguments
    gamma = number(given["gamma"]) if "gamma" in given else 0.1
    size = integer(given.get("step_size"))
    match scheduler.kind:
        case "StepLR" if size and gamma and gamma ** (MANY / size) < GONE:
            return f"step_size={size}, gamma={gamma:g}"
        case "ExponentialLR" if gamma and gamma**MANY < GONE:
            return f"gamma={gamma:g}"
        case "MultiStepLR" if gamma is not None and gamma <= 0.5 and (last := _last_milestone(scheduler)):
            return f"milestones up to {last}, gamma={gamma:g}" if last <= LAST_EPOCH else None
        case "CosineAnnealingLR" if _is_number_of_passes(due, given.get("T_max")):
            return "T_max is the number of epochs"
        case _ if _goes_to_zero(scheduler) and _is_number_of_passes(due, given.get("num_training_steps")):
            return "num_training_steps is the number of epochs"
    return None


def _goes_to_zero(scheduler: Scheduler) -> bool:
    """Whether this is one of the schedules of transformers at whose end nothing is left of the rate."""
    asked = text(scheduler.arguments.get("name")) or scheduler.kind
    return asked.removeprefix("get_").startswith(("linear", "cosine", "polynomial"))


def _last_milestone(scheduler: Scheduler) -> int | None:
    match scheduler.arguments.get("milestones"):
        case List(fields={"items": Items(values, True)}) | Tuple(values, True):
            known = [integer(value) for value in values]
        case _:
            return None
    return max((one for one in known if one is not None), default=None) if None not in known else None


def _is_number_of_passes(due: SchedulerStepped, wanted: Value | None) -> bool:
    """Whether a length is what the loop around the batches counts up to."""
    outer = itertools.takewhile(lambda one: not one.over_batches, due.moment.loops)
    around = [one.over for one in outer if isinstance(one.over, Range)]
    if wanted is None or not around:
        return False
    return around[-1].counts_to(wanted)


def _with_every_step(facts: Facts, due: SchedulerStepped) -> bool:
    """Whether the scheduler is stepped in every pass in which its optimizer is."""
    return any(
        step.optimizer is due.scheduler.optimizer and step.moment.loops == due.moment.loops and due.surely_when(step)
        for step in facts.of(Stepped)
    )
