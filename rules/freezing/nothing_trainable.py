"""Every parameter is frozen, the new head too, when training starts.

What it does
------------
Finds a freeze that leaves the model without a trainable parameter before it is trained: the head was exchanged
before all parameters were frozen.

Why it matters
--------------
`backward()` raises, or the optimizer does when it is given only what requires gradients.

How to mend it
--------------
Freeze first and put the new head in afterwards: new layers require gradients. Or switch the head on again:
`model.fc.requires_grad_(True)`.

What torch shows
----------------
`RuntimeError: element 0 of tensors does not require grad and does not have a grad_fn`, or `ValueError: optimizer
got an empty parameter list`; at that moment no parameter of the model requires gradients.

Known limits
------------
Training of the inputs instead of the weights (style transfer, adversarial examples) is right and silent. What a loader
gives, or something unknown of that name, is taken for data on which no gradient depends.

References
----------
https://github.com/cfzd/Ultra-Fast-Lane-Detection/issues/282
https://github.com/jina-ai/finetuner/issues/435
https://github.com/open-mmlab/mmdetection/issues/4040
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Fact, Facts
from ft_lint.facts.models import AttributeSet, ComparedInsteadOfSet, Forward, Frozen, NamesFiltered, Unfrozen
from ft_lint.facts.optimization import Backward, OptimizerBuilt, ParametersSpent
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.base import truth
from ft_lint.values.module import parameters_of

NOTHING_TO_TRAIN = r"does not require grad|empty parameter list|parameter that requires a gradient"


class NothingTrainable(Rule):
    """A freeze that leaves nothing to train."""

    code = "TUN303"
    level = Level.ERROR
    message = (
        "this freezes every parameter, the new head too, so training raises: "
        "freeze before the head is put in, or call `requires_grad_(True)` on the head"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Freezes after which nothing is trainable when training starts."""
        moments: list[Backward | OptimizerBuilt] = [*facts.of(Backward), *facts.of(OptimizerBuilt)]
        for moment in moments:
            frozen = _all_frozen(facts, moment)
            if not frozen or _is_explained(facts, moment):
                continue
            earlier = (f for f in facts.before(moment).of(Frozen) if facts.ordered(f, moment))
            freezes = [f for f in earlier if set(map(id, f.parameters)) & frozen]
            if freezes and (isinstance(moment, Backward) or _is_built_whenever(facts, moment, freezes[-1])):
                yield self.finding(freezes[-1])

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """torch raises for want of a trainable parameter, and what was frozen here belongs to a model that has none."""
        frozen = {event.parameter for event in run.at(line).of(observe.RequiresGradSet) if not event.value}
        models = [m for m in run.modules.values() if frozen & set(m.parameters)]
        whole = max(models, key=lambda m: len(m.parameters), default=None)
        left = sum(p.requires_grad for p in run.of_ids(whole.parameters)) if whole else 0
        raised = run.exception
        figures = {"frozen": len(frozen), "still trainable": left}
        if not frozen or raised is None or not re.search(NOTHING_TO_TRAIN, raised.message):
            return Evidence(
                False, "nothing is frozen here" if not frozen else "torch finds something to train", figures
            )
        return Evidence(left == 0, f"{raised.type}: {raised.message}", figures)


def _all_frozen(facts: Facts, moment: Backward | OptimizerBuilt) -> set[int]:
    """The parameters that training is about, where surely none of them is trainable."""
    if isinstance(moment, OptimizerBuilt):
        empty = moment.complete and not any(group.parameters for group in moment.groups)
        considered = {id(p) for group in moment.groups for p in group.considered}
        return considered or _frozen_models(facts, moment) if empty else set()
    forwards = [f for f in moment.forwards if isinstance(f, Forward)]
    alive = any(f.trainable or f.maybe or f.grad is not True for f in forwards)
    if not moment.certain or alive or len(forwards) < len(moment.forwards):
        return set()
    return {id(p) for f in forwards for p in parameters_of(f.module)}


def _frozen_models(facts: Facts, built: OptimizerBuilt) -> set[int]:
    """The parameters of models that are wholly frozen by then, where an empty list does not tell what it left out."""
    earlier = facts.before(built)
    if next(earlier.of(Unfrozen), None) is not None:
        return set()
    frozen = {id(p) for f in earlier.of(Frozen) if not f.excludes(built) for p in f.parameters}
    models = {id(f.module): f.module for f in facts.of(Forward) if not f.within}
    weights = [{id(p) for p in parameters_of(model)} for model in models.values()]
    return set().union(*(one for one in weights if one and one <= frozen))


def _is_built_whenever(facts: Facts, built: OptimizerBuilt, freeze: Frozen) -> bool:
    """Whether the optimizer is built wherever the freeze is made, or is one of those that are stepped on every way."""
    if built.surely_when(freeze):
        return True
    empty = (one.optimizer for one in facts.after(freeze).of(OptimizerBuilt) if _all_frozen(facts, one))
    return facts.are_stepped_whenever(empty, freeze)


def _is_explained(facts: Facts, moment: Fact) -> bool:
    """Whether a switching-on that does nothing, or a generator that is used up, is the cause: both have rules."""
    before = facts.before(moment)
    if any(spent.node is moment.node for spent in facts.of(ParametersSpent)):
        return True
    attributes = [f.value for f in before.of(AttributeSet) if "grad" in f.name.lower()]
    compared = [f.value for f in before.of(ComparedInsteadOfSet)]
    filtered = any(isinstance(f, Unfrozen) for test in before.of(NamesFiltered) if not test.passed for f in test.missed)
    return filtered or any(truth(value) is True for value in (*attributes, *compared))
