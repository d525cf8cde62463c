"""A schedule that is made for every batch is stepped once an epoch, so it hardly begins.

What it does
------------
Finds schedulers whose length is counted in batches (`OneCycleLR(steps_per_epoch=len(loader))`, `total_steps`, `T_max`
or `num_training_steps` computed from `len(loader)`, `CyclicLR` with its default of 2000 steps) and whose `step()`
stands in the epoch loop; in Lightning, those that `configure_optimizers` returns without `"interval": "step"`.

Why it matters
--------------
After the last epoch the schedule stands where it should have been after as many batches: the warm-up is not over, the
rate never reaches its maximum, or never comes down. Nothing is raised.

How to mend it
--------------
Call `scheduler.step()` after each `optimizer.step()`; in Lightning return
`{"scheduler": scheduler, "interval": "step"}`; or count the schedule's length in epochs.

What torch shows
----------------
When training ends the schedule has made at most half of its steps, while the optimizer has made at least twice as many.
For OneCycleLR with 3 epochs of 100 batches the rate is at 0.0043 of a maximum of 0.1.

Known limits
------------
A length is seen to count batches where it is computed from the length of a loader or dataset; plain constants are
silent, but for `steps_per_epoch`. So are loops over anything but a `DataLoader` or something unknown that is called a
loader.

References
----------
https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.OneCycleLR.html
https://github.com/pytorch/pytorch/issues/65417
https://github.com/espnet/espnet/pull/3319
https://github.com/chengtan9907/OpenSTL/issues/113
https://github.com/Lightning-AI/pytorch-lightning/issues/5631
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.optimization import SchedulerStepped, Stepped
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.base import integer
from ft_lint.values.training import Scheduler, counts_batches, has_one_batch

_LENGTHS = ("total_steps", "steps_per_epoch", "step_size_up", "T_max", "total_iters", "step_size", "T_0")
_LENGTHS_OF_WARMUPS = ("num_training_steps",)


class BatchSchedulePerEpoch(Rule):
    """A schedule in batches, stepped in epochs."""

    code = "TUN406"
    level = Level.WARNING
    message = (
        "`{kind}` counts batches here (`{length}`) and is stepped once an epoch, so it gets no further than the number "
        "of epochs: call `step()` after every `optimizer.step()`"
    )
    in_lightning = (
        "`{kind}` counts batches here (`{length}`), and Lightning steps it once an epoch, so it gets no further than "
        'the number of epochs: return it with `"interval": "step"`'
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Schedulers with a length in batches that are stepped outside the loops over batches."""
        steps = list(facts.of(SchedulerStepped))
        for due in steps:
            length = _length_in_batches(due.scheduler)
            if length is None or due.epoch is not None or due.moment.in_batches:
                continue
            elsewhere = any(other.scheduler is due.scheduler and other.moment.in_batches for other in steps)
            if not elsewhere and (due.moment.by_framework or _is_once_an_epoch(facts, due)):
                told = self.in_lightning if due.moment.by_framework else None
                yield self.finding(due, message=told, kind=due.scheduler.kind, length=length)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """When training ends the schedule is not half done, though the optimizer has made the steps for it."""
        here = {event.scheduler for event in run.at(line).of(observe.SchedulerStepped)}
        here |= {event.scheduler for event in run.at(line).of(observe.SchedulerBuilt)}
        made = run.of(observe.SchedulerStepped).where(lambda event: not here or event.scheduler in here)
        last = made.last
        if last is None or not last.planned:
            return Evidence(False, "no schedule with a length is stepped", {})
        steps = len(run.of(observe.Stepped).where(lambda step: step.optimizer == last.optimizer))
        figures = {"position": last.position, "of": last.planned, "optimizer steps": steps, "rate": last.lrs[0]}
        half = 2 * last.position <= last.planned and 2 * last.position <= steps and 2 * steps >= last.planned
        return Evidence(half, f"the schedule ends at step {last.position} of {last.planned}", figures)


def _length_in_batches(scheduler: Scheduler) -> str | None:
    """The argument by which the scheduler is made for batches."""
    arguments = scheduler.arguments
    for name in (*_LENGTHS, *_LENGTHS_OF_WARMUPS):
        if counts_batches(arguments.get(name)):
            return name
    if scheduler.kind == "OneCycleLR" and (integer(arguments.get("steps_per_epoch")) or 1) > 1:
        return "steps_per_epoch"
    if scheduler.kind == "CyclicLR" and "step_size_up" not in arguments and scheduler.complete:
        return "step_size_up=2000"
    return None


def _is_once_an_epoch(facts: Facts, due: SchedulerStepped) -> bool:
    """Whether the optimizer is stepped in a loop over batches inside the pass that steps the scheduler once."""
    return bool(due.moment.loops) and any(
        step.optimizer is due.scheduler.optimizer
        and step.moment.within(due.moment)
        and step.moment.in_batches
        and not any(has_one_batch(one.over) for one in step.moment.loops)
        and facts.together(step, due)
        for step in facts.of(Stepped)
    )
