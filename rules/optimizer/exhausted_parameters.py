"""A generator of parameters is used a second time, when it has nothing left to give.

What it does
------------
Finds optimizers and clips that get a `model.parameters()` (or a `filter` of it) which something else has gone through
before: a sum over the sizes, an optimizer, the same clip in the batch before.

Why it matters
--------------
`parameters()` is a generator, and a generator gives its items once. An optimizer raises `ValueError: optimizer got an
empty parameter list`. A clip does nothing from then on and at most warns; a group of an optimizer stays empty and never
trains.

How to mend it
--------------
`params = list(model.parameters())`, or call `model.parameters()` anew each time.

What torch shows
----------------
The ValueError at the reported line; or clips that find no parameters (with a warning for a bare `parameters()`, without
one for a `filter`); or a group without parameters.

Known limits
------------
Only optimizers of `torch.optim` and torch's clips are looked at. Taking one item with `next` does not count.

References
----------
https://pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.parameters
https://pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.edits import filled
from ft_lint.facts import Facts
from ft_lint.facts.optimization import ParametersSpent
from ft_lint.rule import Applicability, Evidence, Finding, Fix, Level, Rule


class ExhaustedParameters(Rule):
    """An empty generator."""

    code = "TUN403"
    level = Level.ERROR
    message = (
        "`{parameters}` is a generator that has been gone through before, so {user} {effect}: "
        "make it a list, `list(model.parameters())`"
    )
    applicability = Applicability.SAFE

    def check(self, facts: Facts) -> Iterator[Finding]:
        """What gets a generator of parameters that is surely used up."""
        for spent in facts.of(ParametersSpent):
            clips = spent.user.startswith("clip")
            effect = "raises ValueError" if spent.raises else "clips nothing" if clips else "trains none of them"
            name = facts.name_of(spent.parameters, "parameters()")
            fix = self._listed(spent)
            yield self.finding(spent, parameters=name, user=spent.user, effect=effect, fix=fix)

    def _listed(self, spent: ParametersSpent) -> Fix | None:
        """The generator as a list, where it is made."""
        return self.fix("make a list of the parameters", filled("list(_)", spent.parameters.node))

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """The optimizer raises, the clip finds nothing, or a group is empty."""
        raised, here = run.exception, run.at(line)
        if raised is not None and raised.directly_at(line) and "empty parameter list" in raised.message:
            return Evidence(True, f"torch raises {raised.type}", {"raises": raised.type})
        clips = here.of(observe.Clipped)
        empty = clips.where(lambda clip: not clip.parameters)
        if empty:
            figures = {"clips": len(clips), "warnings": len(here.of(observe.WarningIssued))}
            return Evidence(True, f"{len(empty)} of {len(clips)} clips find no parameters", figures)
        groups = [group for built in here.of(observe.OptimizerBuilt) for group in built.groups]
        bare = [group for group in groups if not group.parameters]
        return Evidence(bool(bare), f"{len(bare)} of {len(groups)} groups are empty", {"groups": len(groups)})
