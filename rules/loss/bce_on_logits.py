"""A binary cross-entropy that takes probabilities is given logits.

What it does
------------
Finds `BCELoss` and `binary_cross_entropy` whose input comes straight from a linear or convolutional layer.

Why it matters
--------------
The loss takes the logarithm of its input and of one minus its input, so torch refuses everything outside [0, 1]. A
layer's values have no such bounds: the first batch with one of them ends the run, sometimes after some that passed.

How to mend it
--------------
Use `BCEWithLogitsLoss` (`binary_cross_entropy_with_logits`), which applies the sigmoid itself and is exact for large
logits; then a prediction is `logits > 0`. Or apply `torch.sigmoid` to what goes into the loss.

What torch shows
----------------
The loss call raises a RuntimeError: all elements of input should be between 0 and 1.

Known limits
------------
Other activations (ReLU, tanh), cosines and what was clamped or written to in place are silent, and so are models
whose last layer is not seen.

References
----------
https://github.com/ray-project/ray/issues/17117
https://github.com/yunlongdong/FCN-pytorch/issues/7
https://pytorch.org/docs/stable/generated/torch.nn.BCELoss.html
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.edits import calling
from ft_lint.facts import Facts
from ft_lint.facts.losses import losses
from ft_lint.facts.optimization import LossComputed
from ft_lint.rule import Applicability, Evidence, Finding, Fix, Level, Rule
from ft_lint.values.tensor import Tensor


class BceOnLogits(Rule):
    """Logits where probabilities belong."""

    code = "TUN603"
    level = Level.ERROR
    message = (
        "`{loss}` takes probabilities and gets a layer's unbounded output: torch raises at the first value outside "
        "[0, 1], use `{instead}`"
    )
    applicability = Applicability.UNSAFE

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Layers' outputs that reach the loss as they are."""
        computed = [loss for loss in losses(facts) if loss.kind == "binary_cross_entropy"]
        for loss in filter(_gets_logits, computed):
            instead = "BCEWithLogitsLoss" if loss.built is not None else "binary_cross_entropy_with_logits"
            same = [other for other in computed if other.node is loss.node or other.built is (loss.built or loss)]
            always = all(map(_gets_logits, same))
            at = loss if always else facts.blamed(loss)
            yield self.finding(
                at, loss=loss.name, instead=instead, fix=self._with_logits(loss, instead) if always else None
            )

    def _with_logits(self, loss: LossComputed, instead: str) -> Fix | None:
        package = "torch.nn" if loss.built is not None else "torch.nn.functional"
        found = calling(loss.built or loss.node, f"{package}.{instead}")
        return self.fix(f"use `{instead}`", found[0], imports=found[1]) if found is not None else None

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """The loss called on this line raises, for values outside [0, 1]."""
        raised = run.exception
        if raised is None:
            return Evidence(False, "nothing raises")
        outside = run.of(observe.LossCalled).where(
            lambda loss: loss.kind == "binary_cross_entropy" and loss.raised and not loss.input.in_unit_interval
        )
        figures = {"least": outside[-1].input.low, "greatest": outside[-1].input.high} if outside else {}
        holds = bool(outside) and raised.directly_at(line) and "between 0 and 1" in raised.message
        return Evidence(holds, f"{raised.type}: {raised.message}", figures)


def _gets_logits(loss: LossComputed) -> bool:
    return isinstance(loss.input, Tensor) and loss.input.scores is not None
