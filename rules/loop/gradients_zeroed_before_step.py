"""Gradients are zeroed between `backward()` and `step()`, so the step has nothing to go by.

What it does
------------
Finds `zero_grad()` calls that throw away gradients that no step has used.

Why it matters
--------------
`step()` skips parameters without a gradient. The loop runs, the loss is printed, and no weight moves.

How to mend it
--------------
Zero before `backward()` or after `step()`.

What torch shows
----------------
At the reported line gradients that were just computed are discarded, and the following `step()` moves none of those
parameters; or, where micro-batches are zeroed one by one, more than half of all gradients never reach a step.

Known limits
------------
Batches that are skipped on purpose (a loss that is not finite) are silent. Micro-batches are told where the step stands
under a test that counts passes (`if (step + 1) % 4 == 0`), not where it stands behind a loop over them, and not where
two models take turns.

References
----------
https://github.com/milesial/Pytorch-UNet/issues/378
https://pytorch.org/docs/stable/generated/torch.optim.Optimizer.zero_grad.html
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.optimization import Backward, GradientsZeroed, Stepped
from ft_lint.rule import Evidence, Finding, Level, Rule


class GradientsZeroedBeforeStep(Rule):
    """Gradients thrown away before they are used."""

    code = "TUN502"
    level = Level.WARNING
    message = (
        "this throws away the gradients that `backward()` has just computed, so `{optimizer}.step()` moves nothing: "
        "zero them before `backward()` or after `step()`"
    )
    each_batch = (
        "this throws away the gradients of every batch, while `{optimizer}.step()` is made for every few alone: "
        "zero them right after that step"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Unused gradients zeroed before the step that was to use them."""
        for step in facts.of(Stepped):
            for zeroed in step.emptied:
                if not isinstance(zeroed, GradientsZeroed) or step.moved or step.unsure or step.moment.by_framework:
                    continue
                if _discards_this_pass(facts, zeroed, step):
                    yield self.finding(zeroed, optimizer=facts.name_of(step.optimizer, step.optimizer.kind))
            for zeroed in _of_each_batch(facts, step):
                optimizer = facts.name_of(step.optimizer, step.optimizer.kind)
                yield self.finding(zeroed, message=self.each_batch, optimizer=optimizer)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """Unused gradients are discarded here: those of the next step, or more than half of all that are computed."""
        zeroed = run.at(line).of(observe.GradientsZeroed)
        wasted = zeroed.where(lambda event: bool(event.unused))
        starved = [event for event in wasted if self._starves(run, event)]
        backward, steps = len(run.of(observe.BackwardCalled)), len(run.of(observe.Stepped))
        figures = {"backward": backward, "thrown away": len(wasted), "before a step": len(starved), "steps": steps}
        why = f"{len(wasted)} of {backward} gradients are thrown away unused, {len(starved)} right before the step"
        return Evidence(bool(starved) or (steps > 0 and 2 * len(wasted) > backward), why, figures)

    @staticmethod
    def _starves(run: observe.Run, zeroed: observe.GradientsZeroed) -> bool:
        """Whether a step follows, with no backward pass in between, and moves nothing of what lost its gradient."""
        step = run.after(zeroed).of(observe.Stepped).first
        backward = run.after(zeroed).of(observe.BackwardCalled).first
        if step is None or (backward is not None and backward.order < step.order):
            return False
        return not set(zeroed.unused) & set(step.moves)


def _discards_this_pass(facts: Facts, zeroed: GradientsZeroed, step: Stepped) -> bool:
    """Whether what is zeroed was computed in the same pass of the loop as the step is made."""
    if not zeroed.discarded or zeroed.moment.loops != step.moment.loops or not zeroed.surely_when(step):
        return False
    return any(
        backward.moment.loops == step.moment.loops and set(backward.trainable) & set(zeroed.discarded)
        for backward in facts.before(zeroed).of(Backward)
    )


def _of_each_batch(facts: Facts, step: Stepped) -> Iterator[GradientsZeroed]:
    """What zeroes the gradients of every batch, where only every few batches a step is made for them."""
    if step.moment.by_framework or not any(condition in facts.by_count for condition, _ in step.moment.path):
        return
    moved = set(step.moved)
    before = facts.before(step).of(Backward)
    passes = [b for b in before if b.moment.loops == step.moment.loops and moved & {*b.trainable, *b.maybe}]
    if not passes or any(condition in facts.by_count for condition, _ in passes[-1].moment.path):
        return
    if any(s.excludes(step) and s.moment.loops == step.moment.loops for s in facts.of(Stepped)):
        return  # two models take turns: what one of them gets from the other's batches is not meant for it
    beside = (s for s in facts.of(Stepped) if s is not step and s.moment.loops == step.moment.loops)
    if any(moved & set(s.moved) and s.surely_when(passes[-1]) for s in beside):
        return  # each batch has a step of its own
    for zeroed in facts.of(GradientsZeroed):
        here = zeroed.moment.loops == step.moment.loops and zeroed.surely_when(passes[-1])
        if here and moved <= set(zeroed.parameters):
            yield zeroed
