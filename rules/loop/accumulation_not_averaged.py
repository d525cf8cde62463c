"""Gradients of several batches are accumulated, and the loss is not divided by their number.

What it does
------------
Finds loops in which `backward()` runs for each batch and `step()` for some only, with `zero_grad()` beside it, where
the loss is a mean over the batch that nothing divides.

Why it matters
--------------
`backward()` adds. After k batches the gradient is the sum of k means, k times that of one large batch: with SGD each
step is k times as long, clipping cuts k times as much. Adam hides most of it.

How to mend it
--------------
`(loss / k).backward()`; or a learning rate chosen for the sum.

What torch shows
----------------
Steps are made with the gradients of at least two backward passes, each from the very value that the loss function gave:
in the repaired twins from a k-th of it. A window of four gives gradients four times as long.

Known limits
------------
This is advice: the rate may have been chosen for the sum. Losses with `reduction="sum"`, those that anything multiplies
or divides, losses of transformers' models, and windows that end in `continue` are silent.

References
----------
https://github.com/hirofumi0810/neural_sp/issues/168
https://github.com/huggingface/transformers/issues/36331
https://pytorch.org/docs/stable/notes/amp_examples.html#gradient-accumulation
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.optimization import Backward, GradientsZeroed, LossComputed, OptimizerBuilt, Stepped
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.tensor import Tensor


class AccumulationNotAveraged(Rule):
    """A sum where a mean is meant."""

    code = "TUN512"
    level = Level.ADVICE
    message = (
        "the gradients of several batches are added up before `{optimizer}` steps, and `{loss}` is not divided by "
        "their number, so the step is that many times longer: divide the loss"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Backward passes of each batch, from a plain mean, to a step of some."""
        for step in facts.of(Stepped):
            if step.moment.by_framework or not step.moment.path or not step.moment.in_batches:
                continue
            if _is_chosen(facts, step):
                continue
            backward = _before(facts, step)
            if backward is not None and _is_plain_mean(facts, backward) and _is_accumulated(facts, step):
                optimizer = facts.name_of(step.optimizer, step.optimizer.kind)
                yield self.finding(backward, optimizer=optimizer, loss=backward.text)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """Steps use the gradients of several backward passes, each from the whole value of the loss."""
        values = {round(loss.value, 6) for loss in run.of(observe.LossCalled) if loss.value is not None}
        windows, start = [], 0
        for step in run.of(observe.Stepped):
            since = run.at(line).of(observe.BackwardCalled).after(start).before(step)
            windows.append([b.value is not None and round(b.value, 6) in values for b in since])
            start = step.order
        summed = [window for window in windows if len(window) > 1 and all(window)]
        figures = {"steps": len(windows), "with a sum": len(summed), "of": max(map(len, summed), default=0)}
        return Evidence(bool(summed), f"{len(summed)} of {len(windows)} steps use a sum of gradients", figures)


def _is_chosen(facts: Facts, step: Stepped) -> bool:
    """Whether the conditions of a step are those under which its optimizer was built: they chose it, not the batch."""
    built = (one.moment.path for one in facts.of(OptimizerBuilt) if one.optimizer is step.optimizer)
    return any(set(step.moment.path) <= set(path) for path in built)


def _before(facts: Facts, step: Stepped) -> Backward | None:
    """The backward pass of the same batch, if it runs for batches on which the step is not made."""
    passes = [
        backward
        for backward in facts.before(step).of(Backward)
        if backward.moment.loops == step.moment.loops and set(backward.trainable) & set(step.moved)
    ]
    found = passes[-1] if passes else None
    wider = found is not None and found.surely_when(step) and len(found.moment.path) < len(step.moment.path)
    return found if wider and found is not None and facts.together(found, step) else None


def _is_plain_mean(facts: Facts, backward: Backward) -> bool:
    """Whether the loss is, each time, a mean over the batch on its own scale."""
    losses = [one.loss for one in facts.at(backward)]
    plain = all(isinstance(loss, Tensor) and loss.shape == () and not loss.rescaled for loss in losses)
    return plain and any(loss.moment.loops == backward.moment.loops for loss in facts.of(LossComputed))


def _is_accumulated(facts: Facts, step: Stepped) -> bool:
    """Whether gradients are zeroed only where the step is made."""
    mine = set(step.moved)
    zeroed = [
        zero
        for zero in facts.of(GradientsZeroed)
        if zero.moment.loops == step.moment.loops and mine & set(zero.parameters)
    ]
    return bool(zeroed) and all(step.surely_when(zero) for zero in zeroed)
