"""The forward pass of a training step runs under `no_grad`, so `backward()` raises.

What it does
------------
Finds losses that are back-propagated though everything they depend on was computed under `torch.no_grad()`,
`inference_mode()` or `set_grad_enabled(False)`: as a block, as a decorator, or switched off for good.

Why it matters
--------------
Without gradients being recorded there is no graph to go back through. torch raises `RuntimeError: element 0 of
tensors does not require grad and does not have a grad_fn`. Setting `requires_grad` on the loss silences it, and
nothing is learnt.

How to mend it
--------------
Keep `no_grad` to validation; in training, to the part that is not trained (a frozen backbone, a teacher).

What torch shows
----------------
The model's forward passes run without gradients, and the script ends with the RuntimeError.

Known limits
------------
Silent where the mode is not decided, and where a part of the loss is computed with gradients.

References
----------
https://github.com/FernandoLpz/Text-Classification-LSTMs-PyTorch/issues/9
https://pytorch.org/docs/stable/notes/autograd.html#locally-disabling-gradient-computation
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.models import Forward
from ft_lint.facts.optimization import Backward
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.callables import GradMode
from ft_lint.values.tensor import Tensor


class TrainingUnderNoGrad(Rule):
    """A training step without gradients."""

    code = "TUN510"
    level = Level.ERROR
    message = (
        "no gradients are recorded here, so `{loss}.backward()` has no graph to go through and raises RuntimeError: "
        "run the forward pass of training outside"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Losses without a graph that would have one but for the gradient mode."""
        for backward in facts.of(Backward):
            loss = backward.loss
            reaches = [one for one in backward.forwards if not isinstance(one, Forward) or one.trainable or one.maybe]
            if reaches or backward.moment.expected or not backward.certain or not isinstance(loss, Tensor):
                continue
            if isinstance(loss.ungraded, GradMode) and loss.ungraded.node is not None:
                yield self.finding(loss.ungraded.node, loss=backward.text)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """The forward passes from here on run without gradients, and torch raises for it."""
        reached = run.reached(line)
        calls = run.calls().after(reached[0]) if reached else run.calls()
        blind = calls.where(lambda call: not call.grad)
        raised = run.exception
        holds = raised is not None and "does not require grad" in raised.message and bool(calls) and not calls[-1].grad
        figures = {"forward passes": len(calls), "without gradients": len(blind)}
        return Evidence(holds, f"{len(blind)} of {len(calls)} forward passes run without gradients", figures)
