"""A layer put on a `DataParallel` wrapper is not part of the model inside, which goes on with its old head.

What it does
------------
Finds layers assigned to an attribute of `nn.DataParallel` or `DistributedDataParallel` itself.

Why it matters
--------------
The wrapper runs `module` and nothing else. Assigning is silent: the layer is registered beside the model, sits in the
optimizer and the state dict, and never runs, so the output keeps its old width. Reading the old head off the wrapper
raises.

How to mend it
--------------
Go through `module`: `model.module.fc = nn.Linear(model.module.fc.in_features, 10)`; better, exchange the head before
wrapping, which `DistributedDataParallel` needs.

What torch shows
----------------
The assigned layer is never called and gets no gradient while the wrapper is called in every step; or
`AttributeError: 'DataParallel' object has no attribute 'fc'` where the old head is read on the same line.

Known limits
------------
Wrappers of one's own are not judged. `torch.compile` hands assignments on to the model, and is silent.

References
----------
https://github.com/jytime/Mask_RCNN_Pytorch/issues/2
https://github.com/epfml/attention-cnn/issues/11
https://pytorch.org/docs/stable/generated/torch.nn.DataParallel.html
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.models import Forward, LayerReplaced
from ft_lint.facts.optimization import OptimizerBuilt
from ft_lint.rule import Applicability, Edit, Evidence, Finding, Fix, Level, Rule
from ft_lint.syntax.written import source_of


class HeadOnWrapper(Rule):
    """A head beside the model instead of in it."""

    code = "TUN206"
    level = Level.WARNING
    message = (
        "`{layer}` is put on the wrapper, which runs `module` alone, so the layer never runs (and reading it raises): "
        "assign to `{instead}`"
    )
    applicability = Applicability.SAFE

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Layers assigned to wrappers."""
        for put in facts.of(LayerReplaced):
            if put.module.inside is None or put.name == "module":
                continue
            if any(forward.module is put.new for forward in facts.of(Forward)):
                continue
            instead = f"{put.target.removesuffix('.' + put.name)}.module.{put.name}"
            yield self.finding(put, layer=put.target, instead=instead, fix=self._inside(facts, put, instead))

    def _inside(self, facts: Facts, put: LayerReplaced, instead: str) -> Fix | None:
        """The same statement on `module`; none where an optimizer stands that would not know the layer."""
        if put.written is None or any(facts.before(put).of(OptimizerBuilt)):
            return None
        attributes = (one for one in ast.walk(put.node) if isinstance(one, ast.Attribute))
        named = [one for one in attributes if source_of(one) == put.target]
        return self.fix(f"assign to `{instead}`", *(Edit(instead, one) for one in named)) if named else None

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """The layer never runs and gets no gradient, though the wrapper runs; or reading the old one raises here."""
        raised = run.exception
        if raised is not None and raised.at(line) and "Parallel' object has no attribute" in raised.message:
            return Evidence(True, f"{raised.type}: {raised.message}", {"raises": raised.type})
        for put in run.at(line).of(observe.SubmoduleAssigned):
            calls = run.after(put).of(observe.ModuleCalled)
            wrapper = [call for call in calls if call.module == put.parent]
            used = [call for call in calls if call.module == put.new]
            gradients = sum(p.gradients for p in run.of_ids(put.parameters))
            width = wrapper[-1].outputs[0][-1] if wrapper and wrapper[-1].outputs else 0
            figures = {"wrapper called": len(wrapper), "called": len(used), "gradients": gradients, "width": width}
            holds = bool(wrapper) and not used and not gradients
            return Evidence(holds, f"called {len(used)} times in {len(wrapper)} passes, {width} wide", figures)
        return Evidence(False, "no layer is assigned here")
