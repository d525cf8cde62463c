"""`optimizer.step()` runs without gradients: before `backward()`, or without any.

What it does
------------
Finds steps that no gradient reaches: `backward()` is missing, belongs to another optimizer's parameters, or comes after the
step and is zeroed before the next one.

Why it matters
--------------
`step()` skips parameters whose gradient is None. Nothing is raised and nothing is learnt.

How to mend it
--------------
`optimizer.zero_grad()`, `loss.backward()`, `optimizer.step()`, in this order.

What torch shows
----------------
In every step made at the reported line none of the optimizer's parameters has a gradient, and none moves.

Known limits
------------
Closures (LBFGS), gradients from `torch.autograd.grad` that are written to `.grad`, and steps at the start of an accumulation window are
right and silent.

References
----------
https://pytorch.org/docs/stable/optim.html#taking-an-optimization-step
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint.facts import Facts
from ft_lint.observe import Run, Stepped
from ft_lint.rule import Evidence, Finding, Level, Rule


class StepWithoutBackward(Rule):
    """Steps without gradients."""

    code = "TUN503"
    level = Level.WARNING
    message = (
        "`{optimizer}.step()` finds no gradients here, so nothing is learnt: "
        "call `backward()` on the loss between `zero_grad()` and `step()`"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Steps that no gradient reaches."""
        yield from ()

    def claim(self, run: Run, line: int) -> Evidence:
        """No step made here finds a gradient, and none moves anything."""
        steps = run.at(line).of(Stepped)
        empty = steps.where(lambda step: not step.with_gradient and not step.moves)
        figures = {"steps": len(steps), "without gradients": len(empty)}
        holds = bool(steps) and len(empty) == len(steps)
        return Evidence(holds, f"{len(empty)} of {len(steps)} steps find no gradient", figures)
