"""A name filter that no parameter of the model passes freezes nothing, or switches nothing on.

What it does
------------
Finds loops over `named_parameters()`, `named_children()` or `named_modules()` that freeze or unfreeze the parts whose
names pass a test, where no name of this model passes it.

Why it matters
--------------
Architectures name their layers differently (`layer4`, `blocks.11`, `features.7`, `encoder.layers`), and a wrapper puts
its own name in front. A test that fits none of them does nothing: the layers that were to be frozen go on training,
or those that were to train stay frozen.

How to mend it
--------------
Print the names once (`for name, _ in model.named_parameters(): print(name)`) and test for what is there; an assertion
that something was frozen keeps it so.

What torch shows
----------------
Between the first and the last test no parameter's `requires_grad` is set; what was to be frozen gets gradients, what
was to train gets none.

Known limits
------------
Silent where a name of the loop passes one of its tests, where the same loop fits another model of the script, and
where a name is not known. Of models of transformers the names are known in part: how they begin, and for BERT and its
kin, whose names never changed, which words stand in them. Filters inside comprehensions are not judged.

References
----------
https://github.com/TingsongYu/PyTorch-Tutorial-2nd/issues/7
https://pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.named_parameters
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.models import Frozen, NamesFiltered, Unfrozen
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.syntax.written import source_of


class FreezeMatchesNothing(Rule):
    """A freeze by names that are not there."""

    code = "TUN307"
    level = Level.WARNING
    message = (
        "of this model's {names} none is let through by `{test}`, so nothing is {what}: "
        "test for names that it has, such as `{example}`"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Tests on names that hold, or fail, for all of them."""
        for found in facts.of(NamesFiltered):
            if any(other.passed or not other.missed for other in facts.at(found)):
                continue
            kinds = {type(fact) for fact in found.missed if isinstance(fact, Frozen | Unfrozen) and fact.changed}
            some = [name for name in found.names if name.endswith("*")]  # each for all that begin so
            if kinds:
                yield self.finding(
                    found,
                    count=len(found.names),
                    names="names" if some else f"{len(found.names)} names",
                    test=source_of(found.node),
                    what="frozen" if Frozen in kinds else "switched on",
                    example=next(iter(some), found.names[-1]),
                )

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """No `requires_grad` is set while the tests run, and training shows it."""
        visits = run.reached(line)
        if len(visits) < 2:
            return Evidence(False, "nothing is tested here more than once", {"tests": len(visits)})
        set_here = run.of(observe.RequiresGradSet).where(lambda event: visits[0] < event.order < visits[-1])
        trained = sum(p.gradients > 0 for p in run.parameters.values())
        figures: dict[str, float | int | str] = {
            "tests": len(visits),
            "set": len(set_here),
            "trained": trained,
            "untrained": sum(not p.gradients for p in run.parameters.values()),
        }
        if run.exception:
            figures["raises"] = run.exception.type
        return Evidence(not set_here, f"{len(set_here)} parameters are set in {len(visits)} tests", figures)
