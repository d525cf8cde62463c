"""The loss pairs every output with every target, since one has a dimension more.

What it does
------------
Finds losses, and squared differences that are written out, between outputs of shape (N, 1) and targets of shape
(N,), or (N, 1, H, W) and (N, H, W), either way round.

Why it matters
--------------
torch broadcasts the two to (N, N), so the mean runs over all pairs: every output is pulled towards the mean of all
targets, and the model learns to predict that mean. `mse_loss` and its kin warn once; written out, nothing is said.
Binary cross-entropies raise.

How to mend it
--------------
Give both the same shape: `model(x).squeeze(1)`, or `target.unsqueeze(1)`. Not a bare `squeeze()`, which also drops
the batch when its last one has a single sample.

What torch shows
----------------
The value of the loss on the reported line is not that of the same loss with aligned shapes; or `ValueError: Target
size (torch.Size([4])) must be the same as input size (torch.Size([4, 1]))`.

Known limits
------------
Differences of every score with every other, as in ranking, are meant and silent; so are a target of one number and
a batch of one.

References
----------
https://github.com/pytorch/pytorch/issues/16045
https://github.com/pytorch/pytorch/issues/19699
https://github.com/deepset-ai/FARM/issues/229
https://github.com/jiwei0921/CoNet/issues/3
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Fact, Facts
from ft_lint.facts.losses import losses
from ft_lint.facts.optimization import Backward, LossComputed
from ft_lint.facts.tensors import DifferenceBroadcast
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.base import Value
from ft_lint.values.shape import pairs_up, show
from ft_lint.values.tensor import Parameter, shape_of

AVERAGED = ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")
"""Losses of numbers, element by element."""
SAME = 1e-6
"""Up to this difference two losses are one, as a share of the larger."""


class LossBroadcasts(Rule):
    """A loss over all pairs."""

    code = "TUN606"
    level = Level.WARNING
    message = (
        "`{loss}` gets {input} against {target}, which broadcast to {together}, so every output is compared with "
        "every target: {mend}"
    )
    RAISES = "`{loss}` gets {input} against {target}, so torch raises: {mend}"

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Losses whose arguments broadcast."""
        for loss in facts.on_every_way(filter(_pairs_all, losses(facts))):
            yield from self._finding(loss, loss.name, loss.input, loss.target, _refuses(loss))
        for difference in facts.on_every_way(one for one in facts.of(DifferenceBroadcast) if _is_trained(facts, one)):
            yield from self._finding(difference, "the difference", difference.left, difference.right, False)

    def _finding(self, at: Fact, loss: str, output: Value, target: Value, raises: bool) -> Iterator[Finding]:
        first, second = shape_of(output), shape_of(target)
        if first is None or second is None:
            return
        mend = "`squeeze(1)` the output" if len(first) > len(second) else "`squeeze(1)` the target"
        together = (max(first, second, key=len)[0], *min(first, second, key=len))
        level = Level.ERROR if raises else None
        yield self.finding(
            at, loss=loss, input=show(first), target=show(second), together=show(together), mend=mend, level=level,
            message=self.RAISES if raises else None,
        )  # fmt: skip

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """The loss here differs from the one with aligned shapes, or refuses the shapes."""
        raised = run.exception
        losses = run.at(line).of(observe.LossCalled)
        if raised is not None and raised.directly_at(line) and any(map(_refuses_its_target, losses)):
            return Evidence(True, f"{raised.type}: {raised.message}", {"raises": raised.type})
        compared = [(loss.value, loss.aligned) for loss in losses]
        written = run.at(line).of(observe.Broadcast).where(lambda event: event.directly_at(line))
        compared += [(event.paired, event.aligned) for event in written]
        differing = [(got, meant) for got, meant in compared if got is not None and meant is not None and got != meant]
        if not differing:
            return Evidence(False, "no loss here is broadcast")
        got, meant = max(differing, key=lambda pair: abs(pair[0] - pair[1]))
        figures = {"losses": len(differing), "loss": round(got, 4), "aligned": round(meant, 4)}
        holds = abs(got - meant) > SAME * max(abs(got), abs(meant))
        return Evidence(holds, f"the loss over all pairs is {got:.4f}, aligned it would be {meant:.4f}", figures)


def _refuses_its_target(loss: observe.LossCalled) -> bool:
    return loss.raised and loss.target is not None and loss.target.shape != loss.input.shape


def _refuses(loss: LossComputed) -> bool:
    return loss.kind.startswith("binary_cross_entropy")


def _pairs_all(loss: LossComputed) -> bool:
    """Whether a loss compares every output with every target, or refuses to."""
    return (_refuses(loss) or loss.kind in AVERAGED) and _meet(loss.input, loss.target)


def _is_trained(facts: Facts, difference: DifferenceBroadcast) -> bool:
    """Whether a difference of every output and every target is what a model learns from."""
    left, right = difference.left, difference.right
    if isinstance(left, Parameter) or isinstance(right, Parameter):
        return False  # what is learnt is no target: centers, say
    apart = bool(left.graph) != bool(right.graph) and left.certain and right.certain
    return apart and _meet(left, right) and any(b.goes_through(difference.output) for b in facts.of(Backward))


def _meet(output: Value, target: Value) -> bool:
    first, second = shape_of(output), shape_of(target)
    return first is not None and second is not None and pairs_up(first, second)
