"""Sigmoid before a binary cross-entropy that applies sigmoid itself.

What it does
------------
Finds `BCEWithLogitsLoss` or `binary_cross_entropy_with_logits` whose input has been through a sigmoid.

Why it matters
--------------
The loss takes logits. After a sigmoid they lie in [0, 1], so the second sigmoid gives 0.5 to 0.73: no prediction of
a negative can be right, and even a perfect one costs `ln 2 = 0.693` for each negative and `ln(1 + 1/e) = 0.313` for
each positive. Nothing is raised.

How to mend it
--------------
Give the loss the logits, or use `BCELoss` on the probabilities.

What torch shows
----------------
The values that the sigmoid on the reported line gives arrive unchanged in the loss, and no loss of the run lies
below the floor that its labels allow.

Known limits
------------
A sigmoid for a gate, for a Dice term beside the loss or for prediction is silent.

References
----------
https://github.com/yudi-mars/daisyRec/pull/15
https://github.com/cvg/glue-factory/issues/89
https://pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.losses import losses
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.tensor import Tensor

POSITIVE_FLOOR = math.log(1 + math.exp(-1))
"""The least loss for a label of 1 when the "logit" is at most 1; it is ln 2 for a label of 0, more."""


class SigmoidBeforeBceWithLogits(Rule):
    """Sigmoid twice."""

    code = "TUN602"
    level = Level.WARNING
    message = (
        "`{activation}` is applied before `{loss}`, which applies sigmoid itself: the loss cannot come near 0, "
        "give it the logits"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Sigmoid outputs that reach a binary cross-entropy with logits."""
        for loss in losses(facts):
            activation = loss.input.activation if isinstance(loss.input, Tensor) else None
            if loss.kind != "binary_cross_entropy_with_logits" or activation is None or activation.node is None:
                continue
            if activation.kind == "sigmoid":
                yield self.finding(activation.node, activation=activation.name, loss=loss.name)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """What the sigmoid here gives is what the loss is given, and the loss never falls below its floor."""
        given = {event.output.fingerprint for event in run.outputs_of("sigmoid", line)}
        losses = run.of(observe.LossCalled).where(
            lambda loss: loss.kind == "binary_cross_entropy_with_logits" and loss.input.fingerprint in given
        )
        if not losses:
            return Evidence(False, "no such loss is given what a sigmoid here gives", {"sigmoid calls": len(given)})
        least = min((loss.value for loss in losses if loss.value is not None), default=math.inf)
        figures = {"losses": len(losses), "floor": round(POSITIVE_FLOOR, 4), "least loss": round(least, 4)}
        why = f"the loss cannot fall below {POSITIVE_FLOOR:.3f}; least seen {least:.3f}"
        return Evidence(least >= POSITIVE_FLOOR - 1e-4, why, figures)
