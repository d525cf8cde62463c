"""A misspelt `requires_grad` on a parameter freezes nothing.

What it does
------------
Finds statements on parameters that look like freezing and are not: `param.require_grad = False`,
`param.requires_grad_ = False` (the method overwritten), `param.requires_grad == False` (a comparison).

Why it matters
--------------
Python takes any attribute. Nothing is raised, and the whole network trains at the head's learning rate.

How to mend it
--------------
`param.requires_grad = False`, or `param.requires_grad_(False)`.

What torch shows
----------------
The statement runs for every parameter and no `requires_grad` changes; the parameters get gradients in every
`backward()`. The attribute that was set is never read by anybody.

Known limits
------------
Attributes of one's own that the program reads later (`p.is_head`), and attributes of plain tensors, are silent.

References
----------
https://github.com/udacity/deep-learning-v2-pytorch/issues/12
https://github.com/SvenBecker/vscode-pytorch/issues/8
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.models import AttributeSet, ComparedInsteadOfSet
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.base import truth


class RequiresGradTypo(Rule):
    """A freeze that is none."""

    code = "TUN302"
    level = Level.WARNING
    compared_message = "`{attribute} ==` compares and changes nothing: set it with one `=`, or call `requires_grad_()`"
    message = "`{attribute}` does not change what trains here: set `requires_grad`, or call `requires_grad_()`"

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Look-alikes of `requires_grad` on parameters."""
        for change in facts.of(AttributeSet):
            wanted = truth(change.value)
            if wanted is not None and (not wanted) in change.trainable and is_misspelt(change.name):
                yield self.finding(change, attribute=change.name)
        for compared in facts.of(ComparedInsteadOfSet):
            wanted = truth(compared.value)
            if compared.name == "requires_grad" and wanted is not None and (not wanted) in compared.trainable:
                yield self.finding(compared, message=self.compared_message, attribute=compared.name)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """The statement has no effect whatever on parameters that then train as if it were not there."""
        told = run.at(line).of(observe.AttributeSet).where(lambda a: not a.on_module)
        compared = {
            seen.value
            for seen in run.seen_at(line)
            if seen.kind == "parameter" and run.statements.get(line) in run.discarded
        }
        meant = {parameter for event in told for parameter in event.parameters} or compared
        changed = run.at(line).of(observe.RequiresGradSet)
        read = run.of(observe.AttributeRead).where(lambda r: r.parameter in meant and r.name in {a.name for a in told})
        parameters = run.of_ids(i for i in meant if isinstance(i, int))
        trained = sum(p.gradients > 0 for p in parameters)
        figures = {"parameters": len(parameters), "got gradients": trained}
        if not parameters or changed or read:
            return Evidence(False, "no parameter is meant here, or the statement has an effect", figures)
        to_train = bool(told) and all(bool(event.value) for event in told)
        holds = trained == 0 if to_train else trained > 0
        return Evidence(holds, f"of {len(parameters)} parameters {trained} get gradients", figures)


def is_misspelt(name: str) -> bool:
    """Whether an attribute is meant to be ``requires_grad`` and is not."""
    if name == "requires_grad" or name.startswith("_"):  # ``_requires_grad`` is a class's own note
        return False
    plain = name.replace("_", "").lower()
    if plain.startswith("requiresgrad"):  # ``requires_grad_ = False``, ``requires_gradient = False``
        return True
    # ``requires_autograd`` is a word of its own
    return difflib.SequenceMatcher(None, plain, "requiresgrad").ratio() >= 0.9
