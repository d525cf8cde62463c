"""A transform stands where it gets a kind of image that it does not take.

What it does
------------
Finds steps of a `Compose` that torchvision refuses for what the steps before them give: `Normalize` before `ToTensor`,
`ToTensor` twice, `RandomErasing` on a PIL image, `Normalize` on bytes.

Why it matters
--------------
torchvision raises at the first image, after the data was found and the model loaded; in a worker process, far from the
line that is wrong.

How to mend it
--------------
PIL steps first, then `ToTensor()`, then steps for tensors: `Normalize`, `RandomErasing`. Behind `PILToTensor` convert
with `ConvertImageDtype(torch.float)`.

What torch shows
----------------
The transform that is built on the reported line raises on its first image: `TypeError: img should be Tensor Image. Got
<class 'PIL.Image.Image'>`, `pic should be PIL Image or ndarray. Got <class 'torch.Tensor'>`.

Known limits
------------
Transforms of one's own and of other libraries give images of which nothing is known, so what follows them is silent.
`torchvision.transforms.v2` lets most kinds pass. One-channel images under three means are a rule of their own.

References
----------
https://github.com/anse3832/IQT/issues/1
https://pytorch.org/vision/stable/generated/torchvision.transforms.Normalize.html
https://pytorch.org/vision/stable/generated/torchvision.transforms.ToTensor.html
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.data import TransformRefused
from ft_lint.refusals import COLOUR, GREY
from ft_lint.rule import Applicability, Edit, Evidence, Finding, Fix, Level, Rule


class TransformOutOfOrder(Rule):
    """A step that gets the wrong kind of image."""

    code = "TUN706"
    level = Level.ERROR
    message = (
        "`{step}` raises at the first image: {why}; put steps for PIL images first, then `ToTensor()`, then steps for "
        "tensors"
    )
    applicability = Applicability.SAFE

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Steps that refuse what the steps before them give."""
        for refused in facts.of(TransformRefused):
            grey = (refused.sizes.get("gets"), refused.sizes.get("takes")) == (GREY, COLOUR)
            if refused.certain and not grey:
                step = refused.step.kind.rpartition(".")[2]
                yield self.finding(refused, step=step, why=refused.why, fix=self._in_order(refused))

    def _in_order(self, refused: TransformRefused) -> Fix | None:
        """`Normalize` and the `ToTensor` right behind it change places."""
        behind = refused.behind
        kinds = (refused.step.kind.rpartition(".")[2], behind.kind.rpartition(".")[2] if behind is not None else "")
        if behind is None or kinds != ("Normalize", "ToTensor") or behind.node is None or refused.step.node is None:
            return None
        here, there = refused.step.node, behind.node
        return self.fix("put `ToTensor()` before `Normalize`", Edit(there, here), Edit(here, there))

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """A transform that is built here raises on an image."""
        built = {event.transform for event in run.at(line).of(observe.TransformBuilt) if event.directly_at(line)}
        raised = run.of(observe.TransformApplied).where(lambda step: step.raised and step.transform in built)
        if not raised or run.exception is None:
            return Evidence(False, "no transform built here raises", {"built": len(built)})
        figures = {"transform": raised[0].kind, "image": raised[0].input.kind}
        return Evidence(True, f"{run.exception.type}: {run.exception.message}", figures)
