"""A sub-module put into evaluation mode once is put back by `train()` on the model around it.

What it does
------------
Finds `eval()` on a part of a model (batch norm, a frozen backbone) before the training loop, where `train()` on the
model is called afterwards and the part is not put into evaluation mode again before the next training pass.

Why it matters
--------------
`train()` goes down the whole tree. Batch norm updates its running statistics again and normalizes by the batch,
dropout drops: the layers that were to stand still do not. Nothing is raised.

How to mend it
--------------
Call the part's `eval()` after each `model.train()`, or override `train` in the model's class:
`def train(self, mode=True): super().train(mode); self.backbone.eval(); return self`.

What torch shows
----------------
In training passes after the reported line the part is in training mode again: running statistics move, or dropout
alters its input, although nothing used it between its `eval()` and that line.

Known limits
------------
Lightning (since 2.2) leaves the modes of sub-modules as they are, and is silent. Parts without batch norm and dropout
do the same in both modes, and are silent too. A whole model that is evaluated before adapters or a `DataParallel` are
put around it is no part, nor is one that becomes a part later and is trained itself, or came from a function that
evaluates what it gives: what loads a model leaves it so.

References
----------
https://github.com/pgniewko/gt-pyg/issues/112
https://github.com/poppinace/indexnet_matting/issues/35
https://github.com/jfzhang95/pytorch-deeplab-xception/issues/140
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.models import Forward, LayerReplaced, ModeSet
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.syntax.written import source_of
from ft_lint.values.module import Module, mode_matters, modules_of


class BatchnormEvalUndone(Rule):
    """Evaluation mode that does not last."""

    code = "TUN305"
    level = Level.WARNING
    message = (
        "this undoes `{eval}`: `train()` goes down the whole model, so batch norm and dropout there train again; "
        "call that `eval()` after each `train()`"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Calls of `train()` that put a part back into training mode, where it stays for a training pass."""
        for train in facts.of(ModeSet):
            for part in train.undoes:
                alone = [f for f in facts.before(train).of(ModeSet) if f.module is part and f.training is False]
                if alone and _is_meant_to_last(facts, alone[-1], train) and _trains(facts, train, part):
                    yield self.finding(train, eval=source_of(alone[-1].node))
                    break

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """Parts that were in evaluation mode, unused since, act as in training in the passes that follow."""
        modes = run.of(observe.ModeSet)
        acting = []
        for train in run.at(line).of(observe.ModeSet).where(lambda event: event.training):
            below = run.modules[train.module].modules
            alone = [m for m in modes.before(train) if m.module in below and not m.training]
            acting += [_passes_as_in_training(run, event, train) for event in alone]
        figures = {"parts put back": len(acting), "passes as in training": sum(acting)}
        holds = sum(acting) > 0
        return Evidence(holds, f"{sum(acting)} passes through parts that were to stay in evaluation mode", figures)


def _passes_as_in_training(run: observe.Run, alone: observe.ModeSet, train: observe.ModeSet) -> int:
    """Passes through a part that act as in training, after `train()` and before any mode is set again.

    None where the part was used between its `eval()` and `train()`: then that was what the `eval()` was for.
    """
    part = {alone.module, *run.modules[alone.module].modules}
    calls = [call for call in run.of(observe.ModuleCalled) if call.module in part and call.order > alone.order]
    modes = [m.order for m in run.of(observe.ModeSet).after(alone) if m.module in part or m.module == train.module]
    if any(call.order < train.order for call in calls) or modes[0] != train.order:
        return 0
    end = modes[1] if len(modes) > 1 else None
    whole = [call for call in run.of(observe.ModuleCalled).after(train) if call.depth == 0 and run.trained(call)]
    trained = {inner.order for call in whole for inner in run.within(call)}
    passes = [call for call in calls if end is None or call.order < end]
    return sum(call.order in trained and (call.statistics_moved or call.noisy) for call in passes)


def _is_meant_to_last(facts: Facts, alone: ModeSet, train: ModeSet) -> bool:
    """Whether the part was set aside for what follows: in no earlier pass of a loop, and unused in between."""
    passes = {p.loop: p.number for p in alone.moment.loops}
    same_pass = all(passes.get(p.loop, p.number) == p.number for p in train.moment.loops)
    used = any(facts.between(alone, train).of(Forward))
    meant = same_pass and alone.moment.run == train.moment.run and not used and train.surely_when(alone)
    return meant and not _was_loaded(facts, alone, train)


def _was_loaded(facts: Facts, alone: ModeSet, train: ModeSet) -> bool:
    """Whether a model was evaluated by what loaded it, or is trained itself, and became a part of another one then."""
    pieces = {id(piece) for piece in modules_of(alone.module)}
    taken = [change for change in facts.between(alone, train).of(LayerReplaced) if id(change.new) in pieces]
    if not taken:
        return False
    if len(alone.moment.calls) > len(taken[0].moment.calls):
        return True
    return any(passed.trainable for passed in facts.after(train).of(Forward) if id(passed.module) in pieces)


def _trains(facts: Facts, train: ModeSet, part: Module) -> bool:
    """Whether the next pass through the model trains, with the part still in training mode."""
    if mode_matters(part) is not True:
        return False
    model = train.module
    later = facts.after(train)
    passes = [f for f in later.of(Forward) if f.module is model or model in f.within or f.root is model]
    first = next((f for f in passes if f.module is model), passes[0] if passes else None)
    if first is None or first.grad is not True:
        return False
    if _is_passed_over(model, part):
        return False
    inside = {id(piece) for piece in modules_of(part)}
    for mode in facts.between(train, first).of(ModeSet):
        around = any(piece is part for piece in modules_of(mode.module))
        if mode.training is not True and (id(mode.module) in inside or around):
            return False
    return any(backward.moment.run == train.moment.run for backward, _ in facts.trained_through(model))


def _is_passed_over(model: Module, part: Module) -> bool:
    """Whether each module that holds a part is of a class of the script whose methods leave it out."""
    holders = [(one, name) for one in modules_of(model) for name, child in one.children.items() if child is part]
    return bool(holders) and all(one.cls is not None and not one.may_read(name) for one, name in holders)
