"""A label is larger than the last class of the head.

What it does
------------
Finds cross-entropies whose labels surely hold a class that the output does not have: a data set with more classes
than the head (CIFAR-100 on ten outputs), a list of names that lacks one, labels that count from 1.

Why it matters
--------------
Classes count from 0: a head with 26 outputs knows 0 to 25. torch raises at the first batch with such a label, on a
GPU as a device-side assert that names another line and needs a restart.

How to mend it
--------------
Give the head as many outputs as the largest label plus one, or subtract 1 from labels that count from 1.

What torch shows
----------------
`IndexError: Target 26 is out of bounds.` at the loss on the reported line, whose input has that many classes or
fewer.

Known limits
------------
Only labels that the script or the data set surely gives are known: constants, torchvision's data sets. Mapped,
filtered and shifted labels, and `ignore_index`, are silent. A head with too many outputs is harmless.

References
----------
https://github.com/pytorch/pytorch/issues/1204
https://github.com/pytorch/pytorch/issues/15666
https://github.com/aws/studio-lab-examples/issues/236
https://pytorch.org/vision/stable/generated/torchvision.datasets.EMNIST.html
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.losses import losses
from ft_lint.facts.optimization import LossComputed
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.base import integer
from ft_lint.values.tensor import Tensor


class LabelOutOfRange(Rule):
    """A label that the head has no output for."""

    code = "TUN608"
    level = Level.ERROR
    message = (
        "the labels go up to {label} and the output has {classes} classes, 0 to {last}, so torch raises: the head "
        "needs {needed} outputs, or the labels must count from 0"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Losses whose largest label is beyond the last class."""
        beyond = {id(loss): sizes for loss in losses(facts) if (sizes := _sizes_beyond(loss)) is not None}
        for loss in facts.on_every_way(loss for loss in losses(facts) if id(loss) in beyond):
            label, classes = beyond[id(loss)]
            yield self.finding(loss, label=label, classes=classes, last=classes - 1, needed=label + 1)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """torch has no class for a label of the loss here."""
        raised = run.exception
        refused = run.at(line).of(observe.LossCalled).where(lambda loss: loss.raised and loss.target is not None).last
        if raised is None or refused is None or refused.target is None:
            return Evidence(False, "no loss here raises")
        classes = refused.input.shape[min(1, len(refused.input.shape) - 1)]
        figures = {"largest label": int(refused.target.high), "classes": classes}
        holds = raised.type == "IndexError" and raised.directly_at(line) and refused.target.high >= classes
        return Evidence(holds, f"{raised.type}: {raised.message}", figures)


def _sizes_beyond(loss: LossComputed) -> tuple[int, int] | None:
    """The largest label and the number of classes, where there is no class for it."""
    scores = loss.input.shape if isinstance(loss.input, Tensor) else None
    label = loss.target.largest_label if isinstance(loss.target, Tensor) else None
    if loss.kind not in ("cross_entropy", "nll_loss") or label is None or not scores:
        return None
    classes = scores[min(1, len(scores) - 1)]
    ignored = integer(loss.settings.get("ignore_index"))
    beyond = isinstance(classes, int) and 1 < classes <= label and ignored is not None and ignored != label
    return (label, classes) if beyond and isinstance(classes, int) else None
