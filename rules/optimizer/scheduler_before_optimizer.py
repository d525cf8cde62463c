"""`scheduler.step()` comes before the first `optimizer.step()`, so the first value of the schedule is skipped.

What it does
------------
Finds `scheduler.step()` calls that a pass of a loop makes before any step of the scheduler's optimizer has been made.

Why it matters
--------------
A scheduler sets its first rate when it is built. Stepping it before the optimizer takes a step away from that rate: one
that holds for a step, as in a warm-up, is never used, and the whole schedule runs one step early. torch warns of it,
once, where the log begins.

How to mend it
--------------
Call `scheduler.step()` after `optimizer.step()`: at the end of the epoch, or of the batch for schedules that count
batches.

What torch shows
----------------
torch warns ``Detected call of `lr_scheduler.step()` before `optimizer.step()` `` at the reported line, and between the
building of the scheduler and its first step the optimizer makes none.

Known limits
------------
`scheduler.step(epoch)`, which names the epoch, `ReduceLROnPlateau`, timm's schedulers and those that chain others are
silent, and so is fast-forwarding in a loop of its own, a scheduler that is stepped for each micro-batch of a window,
and a loop that only draws the schedule, with a model that computes nothing. Before torch 1.1 the scheduler went first:
projects that ask for such a release are silent.

References
----------
https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate
https://github.com/Lightning-AI/pytorch-lightning/issues/101
https://github.com/ildoonet/pytorch-gradual-warmup-lr/issues/22
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.moment import cover
from ft_lint.facts.optimization import SchedulerStepped, Stepped
from ft_lint.library.releases import may_be_since
from ft_lint.rule import Applicability, Edit, Evidence, Finding, Fix, Level, Rule, Where

_SILENT = ("ReduceLROnPlateau", "SequentialLR", "ChainedScheduler", "timm")


class SchedulerBeforeOptimizer(Rule):
    """A schedule that starts one step early."""

    code = "TUN405"
    level = Level.WARNING
    message = (
        "`{scheduler}` is stepped before `{optimizer}`, so the whole schedule runs one step early: "
        "call `{scheduler}.step()` after `{optimizer}.step()`"
    )
    applicability = Applicability.SAFE

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Scheduler steps in whose pass the first step of the optimizer is still to come."""
        for due in facts.of(SchedulerStepped):
            scheduler = due.scheduler
            if due.moment.by_framework or due.epoch is not None or scheduler.kind in _SILENT or not due.complete:
                continue
            mine = [step for step in facts.of(Stepped) if step.optimizer is scheduler.optimizer]
            earlier = [step for step in facts.before(due).of(Stepped) if step in mine]
            same = [one for one in facts.at(due) if one.moment.loops == due.moment.loops]
            later = [s for s in mine if s.moment.within(due.moment) and facts.together(due, s) and cover(same, s)]
            if later and not earlier and not all(_plots(facts, step) for step in later):
                if not may_be_since("torch", "1.1", facts.targets):
                    return  # a scheduler went first then
                yield self.finding(
                    due,
                    scheduler=facts.name_of(scheduler, scheduler.kind),
                    optimizer=facts.name_of(scheduler.optimizer, "optimizer"),
                    fix=self._after(facts, due, later[-1]),
                )

    def _after(self, facts: Facts, due: SchedulerStepped, step: Stepped) -> Fix | None:
        """The scheduler's step right behind the optimizer's, where both stand in one block."""
        here = due.moment.loops == step.moment.loops and due.moment.calls == step.moment.calls
        if not here or not facts.side_by_side(due, step):
            return None
        edits = Edit(due.node, step.node, Where.AFTER), Edit("", due.node)
        return self.fix("step the scheduler after the optimizer", *edits)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """torch warns here, and the rate that the scheduler was built with is used by no step."""
        warned = run.at(line).of(observe.WarningIssued).where(lambda w: "before `optimizer.step()`" in w.text)
        first = run.at(line).of(observe.SchedulerStepped).first
        if first is None:
            return Evidence(False, "no scheduler is stepped here", {})
        built = run.of(observe.SchedulerBuilt).where(lambda one: one.scheduler == first.scheduler).first
        since = run.after(built) if built is not None else run.everything
        used = since.before(first).of(observe.Stepped).where(lambda step: step.optimizer == first.optimizer)
        figures = {"warnings": len(warned), "steps at the first rate": len(used)}
        return Evidence(bool(warned) and not used, f"{len(used)} steps are made at the first rate", figures)


def _plots(facts: Facts, step: Stepped) -> bool:
    """Whether nothing is ever computed with what is stepped: a loop that draws the schedule."""
    unused = step.complete and bool(step.idle) and not step.moved and not step.unsure
    return unused and not facts.computes_with(step)
