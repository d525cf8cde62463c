"""A later sweep switches on again every parameter that was frozen before, so nothing stays frozen.

What it does
------------
Finds statements that set `requires_grad` of all that an earlier freeze had switched off, before anything was trained.

Why it matters
--------------
The freeze has no effect: the pretrained layers train, with the learning rate and the memory that the freeze was to
save. Nothing is raised.

How to mend it
--------------
Switch on first and freeze afterwards, or switch on only what is to train: `model.fc.requires_grad_(True)`.

What torch shows
----------------
Every parameter that the earlier statement froze is switched on here, no gradient was computed in between, and the
parameters get gradients and move.

Known limits
------------
Unfreezing after a first phase of training is right and silent, and so is a sweep that a setting decides on. Layers
that a class freezes while it is built, and the script switches on afterwards, are taken for a choice. Switching off
around a write into the weights themselves is no freeze. Two methods that nobody calls in the file are not taken to be
called one after the other, a script that trains nothing tries its methods out, and exactly the part that was frozen
is switched on again on purpose.

References
----------
https://github.com/ultralytics/yolov5/issues/1213
https://github.com/TingsongYu/PyTorch-Tutorial-2nd/issues/7
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ft_lint import observe
from ft_lint.facts import Fact, Facts
from ft_lint.facts.hub import TrainerBuilt
from ft_lint.facts.models import Forward, Frozen, Initialised, Unfrozen
from ft_lint.facts.optimization import Backward, OptimizerBuilt
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.tensor import how_many
from ft_lint.values.training import Parameters

USES = (Forward, Backward, OptimizerBuilt, TrainerBuilt)


class FreezeOverwritten(Rule):
    """A freeze that does not last until training."""

    code = "TUN308"
    level = Level.WARNING
    message = (
        "this switches on again all the {those} that were frozen before, so nothing stays frozen: "
        "freeze afterwards, or switch on only what is to train"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Sweeps that undo a whole freeze before anything is trained."""
        freezes = _sweeps(list(facts.of(Frozen)))
        for sweep in _sweeps([fact for fact in facts.of(Unfrozen) if not fact.restores]):
            on = {id(p) for fact in sweep for p in fact.changed}
            for freeze in freezes:
                if any(_may_reach_further(fact) for fact in freeze):
                    continue
                frozen = {id(p): p for fact in freeze for p in fact.parameters}
                off = set(frozen)
                if off <= on and _is_undone(facts, freeze, sweep, off) and not _is_mirrored(facts, sweep, off):
                    yield self.finding(sweep[0], those=how_many(frozen.values()))
                    break

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """All that one earlier line froze is switched on here before any gradient, and then moves."""
        here = run.at(line).of(observe.RequiresGradSet).where(lambda event: event.value and not event.before)
        if not here:
            return Evidence(False, "nothing is switched on here")
        on = {event.parameter for event in here}
        earlier = run.of(observe.RequiresGradSet).before(here[0]).where(lambda event: not event.value)
        passes = [backward.order for backward in run.of(observe.BackwardCalled)]
        for place in {event.line for event in earlier}:
            events = earlier.where(lambda event, place=place: event.line == place)  # type: ignore[misc]
            off = {event.parameter for event in events}
            moved = sum(p.steps_moved > 0 for p in run.of_ids(off))
            figures = {"frozen": len(off), "switched on again": len(off & on), "moved": moved}
            if off <= on and moved and not any(events[0].order < order < here[-1].order for order in passes):
                return Evidence(True, f"{moved} of {len(off)} frozen parameters move after all", figures)
        return Evidence(False, "no earlier freeze is undone here", {"switched on": len(on)})


def _sweeps(facts: Sequence[Frozen | Unfrozen]) -> list[list[Frozen | Unfrozen]]:
    """Facts that one statement caused in one call, e.g. in the passes of a loop over parameters."""
    found: dict[tuple[object, ...], list[Frozen | Unfrozen]] = {}
    for fact in facts:
        found.setdefault((fact.node, fact.moment.run, fact.moment.calls, fact.moment.path), []).append(fact)
    return list(found.values())


def _may_reach_further(freeze: Fact) -> bool:
    """Whether it goes over the parameters of a model that may have parts which we do not see."""
    return any(isinstance(one.over, Parameters) and one.over.guessed for one in freeze.moment.loops)


def _is_undone(facts: Facts, freeze: Sequence[Fact], sweep: Sequence[Fact], off: set[int]) -> bool:
    """Whether the sweep surely follows the whole freeze at once, and stands."""
    first, last, start = freeze[0], freeze[-1], sweep[0]
    if last.moment.order > start.moment.order or not facts.ordered(last, start) or first.node is start.node:
        return False
    chosen = start.moment.arms > first.moment.arms or not start.surely_when(first)
    if chosen or getattr(first, "building", False) != getattr(start, "building", False):
        return False
    between = facts.between(first, start)
    written = {id(p) for fact in between.of(Initialised) for p in fact.parameters}
    if written & off or any(isinstance(fact, USES) for fact in between.facts):
        return False
    later = facts.after(sweep[-1])
    if start.moment.run == 0 and not any(isinstance(fact, USES) for fact in later.facts):
        return False  # a script that trains nothing tries its methods out
    return not any(id(p) in off for frozen in later.of(Frozen) for p in frozen.parameters)


def _is_mirrored(facts: Facts, sweep: Sequence[Fact], off: set[int]) -> bool:
    """Whether exactly the frozen part of what is optimized is switched on again, as a notebook shows how to do both."""
    if {id(p) for fact in sweep if isinstance(fact, Unfrozen) for p in fact.parameters} != off:
        return False
    held = [{id(p) for group in built.groups for p in group.parameters} for built in facts.of(OptimizerBuilt)]
    return any(off < parameters for parameters in held)
