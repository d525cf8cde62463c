"""An optimizer is given a module, an uncalled method or a wrong group instead of parameters.

What it does
------------
Finds optimizers of `torch.optim` that get a module (`Adam(model)`), the method itself (`Adam(model.parameters)`), a
state dict, a list of modules or of `parameters()`, or a group without the key `"params"`; and groups with the key
`weight_decay_rate`, which none of them reads (a warning).

Why it matters
--------------
torch raises TypeError (KeyError for the group) where the optimizer is built. Keys that it does not know it keeps and
never reads: with `weight_decay_rate`, as the first BERT scripts wrote for an optimizer of their own, the groups decay
as much as the optimizer does by default, biases and layer norms too.

How to mend it
--------------
`model.parameters()`; for several modules `[*a.parameters(), *b.parameters()]`; for groups
`[{"params": a.parameters(), "lr": 1e-4}, {"params": b.parameters()}]`.

What torch shows
----------------
The TypeError or KeyError at the reported line; or by how much a group decays, and what it was told.

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
from ft_lint.facts.optimization import OptimizerBuilt, OptimizerRefused
from ft_lint.rule import Applicability, Edit, Evidence, Finding, Level, Rule

UNREAD = "weight_decay_rate"
"""What the first BERT optimizers called `weight_decay`; torch keeps any key in a group and reads those it knows."""
_OF_TORCH = frozenset("Adam AdamW NAdam RAdam Adamax SGD RMSprop Adagrad Adadelta".split())


class NotParameters(Rule):
    """Something else than parameters."""

    code = "TUN404"
    level = Level.ERROR
    message = "{kind} gets {what} instead of parameters and raises {error}: pass {mend}"
    ignored = (
        "{kind} has no setting `{key}`, which is left out without a word, so that all groups decay alike: "
        "write `weight_decay`"
    )
    applicability = Applicability.SAFE

    def check(self, facts: Facts) -> Iterator[Finding]:
        """What torch refuses in the place of parameters, and what it takes and never reads."""
        for built in facts.of(OptimizerBuilt):
            if built.optimizer.kind in _OF_TORCH and any(UNREAD in group.options for group in built.groups):
                kind = built.optimizer.kind
                yield self.finding(built, level=Level.WARNING, message=self.ignored, kind=kind, key=UNREAD)
        for refused in facts.of(OptimizerRefused):
            instead = refused.instead
            mend = f"`{instead}`" if instead else "tensors, or dicts with the key `params`"
            fix = self.fix(f"pass {mend}", Edit(instead, refused.place)) if instead else None
            yield self.finding(refused, kind=refused.kind, what=refused.what, error=refused.error, mend=mend, fix=fix)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """The optimizer that is built here raises, or its groups decay otherwise than they were told to."""
        groups = [group for event in run.at(line).of(observe.OptimizerBuilt) for group in event.groups]
        asked = [(dict(group.unknown)[UNREAD], group.weight_decay) for group in groups if UNREAD in dict(group.unknown)]
        amiss = [(given, used) for given, used in asked if given != used]
        if amiss:
            given, used = amiss[0]
            figures: dict[str, float | int | str] = {"groups amiss": len(amiss), "asked": given, "weight decay": used}
            return Evidence(True, f"{len(amiss)} groups decay by {used} and were told {given}", figures)
        raised = run.exception
        holds = raised is not None and raised.directly_at(line) and raised.type in ("TypeError", "KeyError")
        told = f"{raised.type}: {raised.message}".splitlines()[0] if holds and raised else "torch raises nothing here"
        return Evidence(holds, told, {})
