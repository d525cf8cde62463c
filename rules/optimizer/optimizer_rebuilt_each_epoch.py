"""The optimizer is built anew in every epoch, so what it knows of earlier steps is lost.

What it does
------------
Finds optimizers with a memory (Adam and its kin, RMSprop, SGD with momentum) that every pass of a loop builds over
the same parameters, with the same rate, to make the steps of one epoch (or one step, for a batch or all data).

Why it matters
--------------
Momentum and Adam's averages live in the optimizer. A new one begins with none: its first steps are as large as those
of the first epoch, a rate that a scheduler has lowered is back, and momentum never builds up. Nothing is raised.

How to mend it
--------------
Build the optimizer once, before the loop over the epochs, and pass it to the function that trains.

What torch shows
----------------
From the second epoch on the first step is made by an optimizer without state, though the one before had some for the
same parameters.

Known limits
------------
Silent for SGD without momentum, for a rate that changes from pass to pass, where the weights are loaded or the model is
built in the loop (folds, sweeps, federated learning), where the state is restored, and under a condition.

References
----------
https://github.com/alan-turing-institute/deepsensor/issues/47
https://pytorch.org/docs/stable/optim.html
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts, StateDictLoaded
from ft_lint.facts.moment import cover
from ft_lint.facts.optimization import OptimizerBuilt, Stepped
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.base import number, same
from ft_lint.values.containers import Range
from ft_lint.values.module import parameters_of


class OptimizerRebuiltEachEpoch(Rule):
    """An optimizer without memory."""

    code = "TUN413"
    level = Level.WARNING
    message = (
        "{kind} is built anew in every {often}, so it forgets its {memory} of earlier steps: "
        "build it once, before the loop"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Optimizers that follow one another at one place, each for the steps of an epoch."""
        for built in facts.of(OptimizerBuilt):
            earlier = (b for b in facts.at(built) if _is_pass_before(b, built) and b.surely_when(built))
            before = next(earlier, None)
            memory = _memory(built)
            if before is None or not memory or "restored" in built.optimizer.fields:
                continue
            if not all(cover(_of_same_pass(facts, one)) for one in (before, built)):
                continue
            if _is_like(before, built) and not _is_reset(facts, before, built):
                often = _often(facts, before)
                if often and often == _often(facts, built) and _fed_by(facts, before) == _fed_by(facts, built):
                    yield self.finding(built, kind=built.optimizer.kind, often=often, memory=memory)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """Optimizers built here begin without the state that the one before had for the same parameters."""
        optimizers = {event.optimizer for event in run.at(line).of(observe.OptimizerBuilt)}
        steps = [step for step in run.of(observe.Stepped) if step.optimizer in optimizers]
        anew = 0
        for earlier, step in itertools.pairwise(steps):
            shared = set(earlier.with_gradient) & set(step.with_gradient)
            anew += earlier.optimizer != step.optimizer and earlier.keeps and not step.remembers and bool(shared)
        figures = {"optimizers": len(optimizers), "begin anew": anew, "steps": len(steps)}
        return Evidence(anew > 0, f"{anew} of {len(optimizers)} optimizers lose the state of the one before", figures)


def _is_pass_before(earlier: OptimizerBuilt, built: OptimizerBuilt) -> bool:
    """Whether it was built in the previous pass of the same loop, which counts or feeds batches."""
    mine, other = built.moment.loops, earlier.moment.loops
    if not mine or len(mine) != len(other) or mine[:-1] != other[:-1]:
        return False
    here = mine[-1]
    counts = here.over is None or isinstance(here.over, Range) or here.over_batches
    return counts and other[-1].loop == here.loop and other[-1].number == here.number - 1


def _of_same_pass(facts: Facts, built: OptimizerBuilt) -> list[OptimizerBuilt]:
    """What is built there in the same pass of the loop: for a model that a setting chooses, one on each way."""
    return [one for one in facts.at(built) if one.moment.loops == built.moment.loops]


def _memory(built: OptimizerBuilt) -> str:
    """What the optimizer remembers; nothing for one that surely or perhaps has no memory."""
    if built.optimizer.kind != "SGD":
        return "averages"
    momentum = [number(group.options["momentum"]) for group in built.groups if "momentum" in group.options]
    return "momentum" if momentum and all(momentum) else ""


def _is_like(one: OptimizerBuilt, other: OptimizerBuilt) -> bool:
    """Whether both hold the same parameters at the same rates."""
    if not one.groups or len(one.groups) != len(other.groups):
        return False
    return all(
        a.parameters
        and set(map(id, a.parameters)) == set(map(id, b.parameters))
        and same(a.options["lr"], b.options["lr"])
        for a, b in zip(one.groups, other.groups, strict=True)
    )


def _is_reset(facts: Facts, before: OptimizerBuilt, built: OptimizerBuilt) -> bool:
    """Whether weights of the optimizer are loaded in between: the next pass begins from elsewhere."""
    held = {id(p) for group in built.groups for p in group.parameters}
    loaded = facts.between(before, built).of(StateDictLoaded)
    return any(id(p) in held for fact in loaded for p in parameters_of(fact.module))


def _fed_by(facts: Facts, built: OptimizerBuilt) -> set[int]:
    """The loaders over which its steps are made: another one for each pass is another task."""
    mine = (step for step in facts.of(Stepped) if step.optimizer is built.optimizer)
    return {id(one.over) for step in mine for one in step.moment.loops if one.over_batches}


def _often(facts: Facts, built: OptimizerBuilt) -> str:
    """`epoch`, `batch` or, of all data at once, `step`, for what its steps are made in; nothing for any other loop."""
    mine = [s for s in facts.of(Stepped) if s.optimizer is built.optimizer and s.moment.within(built.moment)]
    if any(step.moment.by_framework for step in mine):
        return ""  # a trainer's steps stand for whole epochs
    deeper = {len(step.moment.loops) - len(built.moment.loops) for step in mine}
    if deeper == {0}:
        return "batch" if built.moment.loops[-1].over_batches else "step"
    return "epoch" if deeper == {1} and all(step.moment.loops[-1].over_batches for step in mine) else ""
