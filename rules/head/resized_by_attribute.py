"""Setting `out_features` (or `in_features`, `out_channels`, ...) of a layer changes no weight.

What it does
------------
Finds assignments from outside to the size attributes of a built layer.

Why it matters
--------------
The attribute is a note for `print(model)`. The weight keeps its shape, so the model still gives 1000 outputs while
its text says otherwise; the loss accepts any label below 1000 and nothing is raised.

How to mend it
--------------
Build a new layer: `model.fc = nn.Linear(model.fc.in_features, 10)`.

What torch shows
----------------
In every later forward pass the layer's weight has the old shape (`(1000, 512)` for resnet18's head after
`out_features = 4`), and so has its output.

Known limits
------------
Attributes of one's own modules, and layers whose weight is replaced next to it, are right and silent.

References
----------
https://discuss.pytorch.org/t/transfer-learning-reduced-performance-when-updating-out-features-directly/170534
https://github.com/facebookresearch/ConvNeXt/issues/110
https://github.com/sinanuozdemir/feature_engineering_bookcamp/pull/10
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.models import AttributeSet, Initialised, LayerReplaced, ParameterReplaced
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.base import number
from ft_lint.values.module import Module

AXES = {"out_features": 0, "out_channels": 0, "in_features": 1, "in_channels": 1}
"""Attribute -> axis of the weight that has this size."""


class ResizedByAttribute(Rule):
    """A layer resized in name only."""

    code = "TUN203"
    level = Level.WARNING
    message = "setting `{attribute}` changes no weight, the layer keeps its size: assign a new layer instead"

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Size attributes set on built layers."""
        for change in facts.of(AttributeSet):
            owner = change.owner
            if change.building or change.name not in _SIZES or not isinstance(owner, Module):
                continue
            if _may_fit(owner, change):
                continue
            if not _is_replaced(facts, change, owner):
                yield self.finding(change, attribute=f"{change.owner_text}.{change.name}")

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """In later forwards the weight's real size differs from the value that was set here."""
        for told in run.at(line).of(observe.AttributeSet).where(lambda a: a.on_module and a.name in AXES):
            others = run.after(told).of(observe.AttributeSet)
            again = next((a for a in others if (a.owner, a.name) == (told.owner, told.name)), None)
            later = run.after(told).before(again) if again else run.after(told)
            calls = [call for call in later.of(observe.ModuleCalled) if call.module == told.owner]
            sizes = [call.weight[AXES[told.name]] for call in calls if call.weight and len(call.weight) > 1]
            figures = {"set to": int(told.value or 0), "calls": len(calls), "weight has": sizes[-1] if sizes else 0}
            if any(size != told.value for size in sizes):
                return Evidence(True, f"set to {told.value}, the weight still has {sizes[-1]}", figures)
            return Evidence(False, "the weight has the size that was set" if sizes else "never called later", figures)
        return Evidence(False, "no size attribute is set here")


_SIZES = ("out_features", "in_features", "out_channels", "in_channels")


def _is_replaced(facts: Facts, change: AttributeSet, owner: Module) -> bool:
    """Whether the weights get their new shape after all, or the whole layer goes."""
    whole = (*facts.before(change).facts, *facts.after(change).facts)
    weight = any(isinstance(f, ParameterReplaced) and f.module is owner for f in whole)
    own = {id(value) for value in owner.parameters.values()}
    data = any(isinstance(f, Initialised) and f.how == "data" and own & set(map(id, f.parameters)) for f in whole)
    return weight or data or any(f.old is owner for f in facts.after(change).of(LayerReplaced))


def _may_fit(owner: Module, change: AttributeSet) -> bool:
    """Whether the attribute may say what the weights are, or mean something else altogether.

    A layer inside a library's model that we do not see has the sizes of the checkpoint.
    """
    if owner.kind.endswith(".?"):
        return not owner.kind.startswith(("timm.", "transformers."))
    size = owner.arguments.get(change.name)
    return size is None or number(change.value) == number(size)
