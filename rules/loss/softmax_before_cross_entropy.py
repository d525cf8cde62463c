"""Softmax, or sigmoid, before a cross-entropy that applies softmax itself.

What it does
------------
Finds `CrossEntropyLoss` or `cross_entropy` whose input has been through a softmax over the classes, or a sigmoid.

Why it matters
--------------
The loss takes logits. Probabilities lie in [0, 1], so its own softmax can never be sure: with C classes the loss
has a floor of `ln(e + C - 1) - 1` even for a perfect prediction, and the gradients are small. Training crawls and
nothing is raised.

How to mend it
--------------
Give the loss the logits. Apply softmax where probabilities are read: in prediction, or after the loss. Where an item
may have several labels, sigmoid is right and `BCEWithLogitsLoss` the loss.

What torch shows
----------------
The values that the softmax or sigmoid on the reported line gives arrive unchanged in the loss, and no loss of the run
lies below the floor: 0.551 for 3 classes, 1.461 for 10, 5.910 for 1000.

Known limits
------------
`log_softmax` before cross-entropy changes nothing (softmax of it is itself) and is silent; so is a softmax over
attention weights, over targets, or for prediction.

References
----------
https://github.com/ariecattan/SciCo/issues/2
https://github.com/Lightning-Universe/lightning-bolts/issues/654
https://pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.losses import losses
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.base import Value, integer, is_none
from ft_lint.values.tensor import Activation, Tensor


class SoftmaxBeforeCrossEntropy(Rule):
    """Softmax twice."""

    code = "TUN601"
    level = Level.WARNING
    message = (
        "`{activation}` is applied before `{loss}`, which applies softmax itself: the loss cannot come near 0, "
        "give it the logits"
    )

    squashed = (
        "`{activation}` is applied before `{loss}`, which takes logits and applies softmax: on scores in [0, 1] "
        "the loss cannot come near 0, leave it out"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Outputs of softmax and sigmoid that reach a cross-entropy."""
        for loss in losses(facts):
            activation = loss.input.activation if isinstance(loss.input, Tensor) else None
            if loss.kind != "cross_entropy" or activation is None or activation.node is None:
                continue
            message = {"softmax": self.message, "sigmoid": self.squashed}.get(activation.kind)
            if message and (activation.kind == "sigmoid" or _is_over_classes(loss.input, activation)):
                yield self.finding(activation.node, message=message, activation=activation.name, loss=loss.name)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """What the softmax or sigmoid here gives is what the loss is given, which never falls below its floor."""
        calls = [call for kind in ("softmax", "sigmoid") for call in run.outputs_of(kind, line)]
        given = {call.output.fingerprint for call in calls}
        losses = run.of(observe.LossCalled).where(
            lambda loss: loss.kind == "cross_entropy" and loss.input.fingerprint in given
        )
        values = [loss.value for loss in losses if loss.value is not None]
        if not losses:
            return Evidence(False, "no cross-entropy is given what is computed here", {"calls": len(given)})
        classes = losses[0].input.shape[min(1, len(losses[0].input.shape) - 1)]
        floor = math.log(math.e + classes - 1) - 1
        least = min(values, default=math.inf)
        figures = {"losses": len(losses), "classes": classes, "floor": round(floor, 4), "least loss": round(least, 4)}
        return Evidence(
            least >= floor - 1e-4, f"the loss cannot fall below {floor:.3f}; least seen {least:.3f}", figures
        )


def _is_over_classes(value: Value, activation: Activation) -> bool:
    """Whether the softmax runs over the dimension that cross entropy takes for the classes."""
    dim = activation.dim
    if dim is None or is_none(dim):
        return True
    rank = len(value.shape) if isinstance(value, Tensor) and value.shape is not None else 2
    return integer(dim) in (1, 1 - rank)
