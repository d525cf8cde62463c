"""A negative log-likelihood is given numbers that are no log-probabilities.

What it does
------------
Finds `NLLLoss` and `nll_loss` whose input comes straight from a linear or convolutional layer, or from a softmax or
sigmoid.

Why it matters
--------------
The loss is minus the entry of the right class, nothing more. Of logits that has no lower bound: the loss falls
without end as the weights grow, whatever the other classes get. Of probabilities it lies between -1 and 0, and its
gradient is smallest where the model is most wrong. Nothing is raised.

How to mend it
--------------
Give logits to `CrossEntropyLoss` (`cross_entropy`), which is `log_softmax` and `nll_loss` in one; or put `LogSoftmax`
(`log_softmax`) where the softmax is.

What torch shows
----------------
The loss falls below 0, which no negative log-likelihood can: minus the logarithm of a probability is at least 0.

Known limits
------------
`torch.log(softmax(x))` is right, if less exact, and silent; so is every input whose last step is not seen.

References
----------
https://pytorch.org/docs/stable/generated/torch.nn.NLLLoss.html
https://discuss.pytorch.org/t/does-nllloss-handle-log-softmax-and-softmax-in-the-same-way/8835
https://discuss.pytorch.org/t/pytorch-nll-loss-returning-negative-loss/39790
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

INSTEAD = {"softmax": "log_softmax", "Softmax": "LogSoftmax"}
"""What gives log-probabilities in place of what gives probabilities."""


class NllWithoutLogSoftmax(Rule):
    """Logits or probabilities where log-probabilities belong."""

    code = "TUN604"
    level = Level.WARNING
    message = (
        "`{loss}` takes log-probabilities and gets {given}, so it is no likelihood and falls below 0: "
        "use `{cross_entropy}` on logits, or apply `log_softmax`"
    )
    applicability = Applicability.UNSAFE

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Layers' outputs and probabilities that reach the loss as they are."""
        computed = [loss for loss in losses(facts) if loss.kind == "nll_loss"]
        for loss in computed:
            given = _given(loss)
            same = [other for other in computed if other.node is loss.node or other.built is (loss.built or loss)]
            always = all(_given(other) == given for other in same)
            if given is not None:
                cross_entropy = "CrossEntropyLoss" if loss.built is not None else "cross_entropy"
                at, fix = (loss, self._mended(loss, cross_entropy)) if always else (facts.blamed(loss), None)
                yield self.finding(at, loss=loss.name, given=given, cross_entropy=cross_entropy, fix=fix)

    def _mended(self, loss: LossComputed, cross_entropy: str) -> Fix | None:
        """Cross entropy for logits; for probabilities, their logarithm."""
        activation = loss.input.activation if isinstance(loss.input, Tensor) else None
        mended, call, old = cross_entropy, loss.built or loss.node, loss.name
        if activation is not None:
            mended, call, old = INSTEAD.get(activation.name, ""), activation.node or loss.node, activation.name
        path = f"torch.nn.{mended}" if old[0].isupper() else f"torch.nn.functional.{mended}"
        found = calling(call, path) if mended else None
        return self.fix(f"use `{mended}`", found[0], imports=found[1]) if found is not None else None

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """The loss called on this line falls below 0."""
        losses = (
            run.at(line).of(observe.LossCalled).where(lambda loss: loss.kind == "nll_loss" and loss.value is not None)
        )
        if not losses:
            return Evidence(False, "no negative log-likelihood is computed here")
        least = min(loss.value for loss in losses if loss.value is not None)
        why = f"the least of {len(losses)} losses is {least:.4f}" + ("; no likelihood gives less than 0" * (least < 0))
        return Evidence(least < 0, why, {"least loss": round(least, 4)})


def _given(loss: LossComputed) -> str | None:
    """What the loss gets instead of log-probabilities, in words."""
    if not isinstance(loss.input, Tensor):
        return None
    if loss.input.scores is not None:
        return "the raw output of a layer"
    activation = loss.input.activation
    wrong = activation is not None and activation.kind in ("softmax", "sigmoid")
    return f"the output of `{activation.name}`" if activation is not None and wrong else None
