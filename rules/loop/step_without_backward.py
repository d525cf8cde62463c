"""`optimizer.step()` runs without gradients: before `backward()`, or without any.

What it does
------------
Finds steps that no gradient reaches: `backward()` is missing, belongs to another optimizer's parameters, or comes
after the step and is zeroed before the next one; or the optimizer holds the parameters of another model than the one
that the loss comes from.

Why it matters
--------------
`step()` skips parameters whose gradient is None. Nothing is raised and nothing is learnt.

How to mend it
--------------
`optimizer.zero_grad()`, `loss.backward()`, `optimizer.step()`, in this order, and an optimizer that is built with the
parameters of the model that is trained.

What torch shows
----------------
In every step made at the reported line none of the optimizer's parameters has a gradient, and none moves.

Known limits
------------
Closures (LBFGS), gradients from `torch.autograd.grad` that are written to `.grad`, and steps at the start of an
accumulation window are right and silent. So are steps on a model that never runs where nothing else is trained: they
plot a schedule. A model, or a layer, that takes the place of another one after the optimizer was built is TUN201's; an
optimizer of frozen parameters alone is silent beside one that trains.

References
----------
https://pytorch.org/docs/stable/optim.html#taking-an-optimization-step
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.models import LayerReplaced, MethodMentioned, ModelRebound
from ft_lint.facts.optimization import Backward, GradientsZeroed, OptimizerBuilt, Stepped
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.module import Module, parameters_of


class StepWithoutBackward(Rule):
    """Steps without gradients."""

    code = "TUN503"
    level = Level.WARNING
    message = (
        "`{optimizer}.step()` finds no gradients here, so nothing is learnt: "
        "call `backward()` on the loss between `zero_grad()` and `step()`"
    )

    of_another = (
        "`{optimizer}.step()` finds no gradients: `{optimizer}` holds nothing that the loss comes from, so nothing is "
        "learnt: build it with the parameters of the model that is trained"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Steps that no gradient reaches."""
        if any(mentioned.name == "backward" for mentioned in facts.of(MethodMentioned)):
            return
        steps = [step for step in facts.of(Stepped) if not step.moment.by_framework]
        for step in steps:
            same = [s for s in steps if s.optimizer is step.optimizer and s.moment.run == step.moment.run]
            same = [s for s in same if not s.excludes(step)]  # ``if args.amp: ... else: optimizer.step()``
            if not all(_finds_nothing(facts, s) for s in same) or _is_zeroed_in_between(facts, same):
                continue
            optimizer = facts.name_of(step.optimizer, step.optimizer.kind)
            if facts.computes_with(step):
                yield self.finding(step, optimizer=optimizer)
            elif all(_trains_another(facts, s) and _is_meant(facts, s) for s in same) and not _is_rebound(facts, step):
                yield self.finding(step, message=self.of_another, optimizer=optimizer)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """No step made here finds a gradient, and none moves anything."""
        steps = run.at(line).of(observe.Stepped)
        empty = steps.where(lambda step: not step.with_gradient and not step.moves)
        figures = {"steps": len(steps), "without gradients": len(empty)}
        holds = bool(steps) and len(empty) == len(steps)
        return Evidence(holds, f"{len(empty)} of {len(steps)} steps find no gradient", figures)


def _finds_nothing(facts: Facts, step: Stepped) -> bool:
    """Whether a step surely finds no gradient; a backward pass that reaches nothing is another mistake."""
    passes = [b for b in facts.before(step).of(Backward) if b.moment.loops == step.moment.loops]
    lost = any(all(p.leaf for p in backward.trainable) for backward in passes)
    seen = step.complete or (step.optimizer.closed and next(facts.of(Backward), None) is None)
    return seen and bool(step.idle or step.frozen) and not step.moved and not step.unsure and not lost


def _trains_another(facts: Facts, step: Stepped) -> bool:
    """Whether a backward pass of the same pass of the loop surely reaches other parameters alone, all of them seen."""
    if not step.moment.loops or not any(built.optimizer is step.optimizer for built in facts.of(OptimizerBuilt)):
        return False
    passes = [b for b in facts.before(step).of(Backward) if b.moment.loops == step.moment.loops]
    weights = (*step.members, *(parameter for b in passes for parameter in (*b.trainable, *b.maybe)))
    seen = not any(parameter.rest or parameter.split_from is not None for parameter in weights)
    return bool(passes) and seen and all(b.certain and b.trainable for b in passes)


def _is_meant(facts: Facts, step: Stepped) -> bool:
    """Whether the step was to train something: one of frozen parameters alone may stand beside the one that does."""
    held = {id(parameter) for other in facts.of(Stepped) for parameter in other.moved}
    trained = {id(parameter) for backward in facts.of(Backward) for parameter in backward.trainable}
    return bool(step.idle) or held.isdisjoint(trained)


def _is_rebound(facts: Facts, step: Stepped) -> bool:
    """Whether a model or a layer that the optimizer holds has lost its name to another one: another mistake."""
    held = {id(parameter) for parameter in step.members}
    gone = [*(change.old for change in facts.of(ModelRebound)), *(change.old for change in facts.of(LayerReplaced))]
    return any(not held.isdisjoint(map(id, parameters_of(old))) for old in gone if isinstance(old, Module))


def _is_zeroed_in_between(facts: Facts, steps: list[Stepped]) -> bool:
    """Whether gradients were there in the same pass and were zeroed: a mistake with a rule of its own."""
    return any(
        isinstance(cause, GradientsZeroed) and cause.discarded and _follows_backward(facts, cause, step)
        for step in steps
        for cause in step.emptied
    )


def _follows_backward(facts: Facts, zeroed: GradientsZeroed, step: Stepped) -> bool:
    same = zeroed.moment.loops == step.moment.loops
    return same and any(b.moment.loops == step.moment.loops for b in facts.before(zeroed).of(Backward))
