"""Cross-entropy on a model with a single output.

What it does
------------
Finds `CrossEntropyLoss` and `cross_entropy` whose input has one class: a head with `num_classes=1`, or one channel
for a mask of zeros and ones.

Why it matters
--------------
Softmax over one output is 1, whatever the output, so the loss is 0 and so is its gradient: nothing is learnt, and
the loss looks perfect. With integer labels torch raises as soon as a label is not 0.

How to mend it
--------------
For two classes use `BCEWithLogitsLoss` on the one output with labels as floats of its shape; or two outputs and
integer labels.

What torch shows
----------------
Every loss on the reported line is exactly 0 and no step moves a weight; or `IndexError: Target 1 is out of bounds`.

Known limits
------------
Scores that are put side by side before the loss, one for each choice, are right and silent. Outputs squeezed to (N,)
are taken by torch as one sample with N classes, and are not reported.

References
----------
https://github.com/ultralytics/yolov3/issues/191
https://github.com/cnulab/RealNet/issues/101
https://github.com/liuruijin17/LSTR/issues/50
https://pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.losses import losses
from ft_lint.facts.optimization import LossComputed
from ft_lint.facts.tensors import ShapeRefused
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.tensor import Tensor


class CrossEntropyOnOneOutput(Rule):
    """Softmax over one output."""

    code = "TUN605"
    level = Level.WARNING
    message = (
        "`{loss}` gets one output per sample, whose softmax is always 1: the loss is 0 and nothing is learnt; use "
        "`BCEWithLogitsLoss`, or two outputs"
    )
    RAISES = (
        "`{loss}` gets one output per sample, so torch raises at the first label that is not 0: use "
        "`BCEWithLogitsLoss`, or two outputs"
    )

    EITHER = (
        "`{loss}` gets one output per sample: the loss is 0 and nothing is learnt, or torch raises at the first label "
        "that is not 0; use `BCEWithLogitsLoss`, or an output for each class"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Cross-entropies over one class."""
        refused = {id(fact.node) for fact in facts.of(ShapeRefused)}
        for loss in facts.on_every_way(filter(_is_over_one_class, losses(facts))):
            if id(loss.node) not in refused:
                dtype = loss.target.dtype if isinstance(loss.target, Tensor) else None
                told = self.EITHER if dtype is None else self.RAISES if dtype == "int64" else None
                yield self.finding(loss, loss=loss.name, message=told)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """The losses here are all 0 and move nothing, or torch has no class for a label."""
        losses = run.at(line).of(observe.LossCalled).where(lambda loss: loss.kind == "cross_entropy")
        alone = [loss for loss in losses if len(loss.input.shape) > 1 and loss.input.shape[1] == 1]
        if not alone:
            return Evidence(False, "no cross-entropy here is over one class", {"losses": len(losses)})
        raised = run.exception
        if raised is not None and raised.directly_at(line) and alone[-1].raised:
            told: dict[str, float | int | str] = {"losses": len(alone), "raises": raised.type}
            return Evidence(raised.type == "IndexError", f"{raised.type}: {raised.message}", told)
        greatest = max(abs(loss.value or 0.0) for loss in alone)
        moving = sum(bool(step.moves) for step in run.of(observe.Stepped))
        seen = {"losses": len(alone), "greatest loss": greatest, "steps that moved weights": moving}
        return Evidence(greatest == 0.0 and not moving, f"the greatest of {len(alone)} losses is {greatest}", seen)


def _is_over_one_class(loss: LossComputed) -> bool:
    scores = loss.input.shape if isinstance(loss.input, Tensor) else None
    return loss.kind == "cross_entropy" and scores is not None and len(scores) > 1 and scores[1] == 1
