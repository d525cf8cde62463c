"""Frozen batch norm goes on updating its running statistics as long as it is in training mode.

What it does
------------
Finds `train()` calls after which a training pass goes through batch norms whose parameters are all frozen. Advice:
statistics that adapt to the new data are often wanted, and the official transfer-learning tutorial does the same.

Why it matters
--------------
`requires_grad = False` holds the weight and the bias of a batch norm, not its running mean and variance: those are no
parameters, and change in every pass in training mode, under `no_grad` too. A backbone that was to stand still gives
other features in evaluation than it gave before.

How to mend it
--------------
Put the frozen part into evaluation mode after each `train()`: `model.train(); model.backbone.eval()`.

What torch shows
----------------
Batch norms whose parameters require no gradient update their running statistics in the passes after the line.

Known limits
------------
Silent where `train()` is never called (a fresh model is in training mode), for batch norms whose parameters are partly
trained, and where TUN305 speaks.

References
----------
https://github.com/pytorch/pytorch/issues/9046
https://github.com/kdexd/virtex/issues/16
https://github.com/Lightning-AI/pytorch-lightning/issues/15062
https://discuss.pytorch.org/t/what-does-requires-grad-false-on-batchnorm2d-perform/137904
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.models import Forward, ModeSet
from ft_lint.facts.optimization import Backward
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.module import modules_of


class FrozenBatchnormMoves(Rule):
    """Statistics that a freeze does not hold."""

    code = "TUN306"
    level = Level.ADVICE
    message = (
        "{count} batch norms are frozen and still update their running statistics in training mode: "
        "call `eval()` on the frozen part after this, if it is to stand still"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Calls of `train()` that a pass through frozen batch norms follows."""
        undoing = {id(train.node) for train in facts.of(ModeSet) if train.undoes}
        for train in facts.of(ModeSet):
            if train.training is not True or id(train.node) in undoing:
                continue
            inside = {id(part) for part in modules_of(train.module)}
            later = facts.after(train)
            again = next((mode for mode in later.of(ModeSet) if mode.module is train.module), None)
            drifting = {
                id(part)
                for forward in later.of(Forward)
                if forward.drifting and (again is None or forward.moment.order < again.moment.order)
                for part in forward.drifting
                if id(part) in inside
            }
            if drifting and any(later.of(Backward)):
                yield self.finding(train, count=len(drifting))

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """Batch norms whose parameters are frozen move their statistics in the passes that follow."""
        moving: set[int] = set()
        frozen: set[int] = set()
        for train in run.at(line).of(observe.ModeSet).where(lambda event: event.training):
            below = {train.module, *run.modules[train.module].modules}
            again = [m.order for m in run.of(observe.ModeSet).after(train) if m.module == train.module]
            for call in run.of(observe.ModuleCalled).after(train):
                if again and call.order > again[0]:
                    break
                if call.statistics_moved and call.module in below:
                    moving.add(call.module)
                    frozen |= {call.module} if _is_frozen(run, call) else set()
        figures = {"batch norms that move": len(moving), "frozen ones": len(frozen)}
        return Evidence(bool(frozen), f"{len(frozen)} frozen batch norms move their statistics", figures)


def _is_frozen(run: observe.Run, call: observe.ModuleCalled) -> bool:
    """Whether the module had parameters when it was called, and all were switched off then."""
    held = run.modules[call.module].parameters
    told = {event.parameter: event.value for event in run.of(observe.RequiresGradSet).before(call)}
    return bool(held) and all(told.get(parameter) is False for parameter in held)
