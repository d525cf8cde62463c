"""An optimizer is given a module, an uncalled method or a wrong group instead of parameters.

What it does
------------
Finds optimizers of `torch.optim` that get a module (`Adam(model)`), the method itself (`Adam(model.parameters)`), a
state dict, a list of modules or of `parameters()`, or a group without the key `"params"`.

Why it matters
--------------
torch raises TypeError (KeyError for the group) where the optimizer is built.

How to mend it
--------------
`model.parameters()`; for several modules `[*a.parameters(), *b.parameters()]`; for groups
`[{"params": a.parameters(), "lr": 1e-4}, {"params": b.parameters()}]`.

What torch shows
----------------
The TypeError or KeyError at the reported line.

Known limits
------------
Modules that are iterable by their own `__iter__`, and optimizers of other libraries, are silent. `named_parameters()`
is right since torch 2.6.

References
----------
https://pytorch.org/docs/stable/optim.html#constructing-it
https://pytorch.org/docs/stable/generated/torch.optim.Optimizer.html
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.optimization import OptimizerRefused
from ft_lint.rule import Applicability, Edit, Evidence, Finding, Level, Rule


class NotParameters(Rule):
    """Something else than parameters."""

    code = "TUN404"
    level = Level.ERROR
    message = "{kind} gets {what} instead of parameters and raises {error}: pass {mend}"
    applicability = Applicability.SAFE

    def check(self, facts: Facts) -> Iterator[Finding]:
        """What torch refuses in the place of parameters."""
        for refused in facts.of(OptimizerRefused):
            instead = refused.instead
            mend = f"`{instead}`" if instead else "tensors, or dicts with the key `params`"
            fix = self.fix(f"pass {mend}", Edit(instead, refused.place)) if instead else None
            yield self.finding(refused, kind=refused.kind, what=refused.what, error=refused.error, mend=mend, fix=fix)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """The optimizer that is built here raises."""
        raised = run.exception
        holds = raised is not None and raised.directly_at(line) and raised.type in ("TypeError", "KeyError")
        told = f"{raised.type}: {raised.message}".splitlines()[0] if holds and raised else "torch raises nothing here"
        return Evidence(holds, told, {})
