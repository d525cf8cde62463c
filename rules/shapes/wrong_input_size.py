"""The images have a size that the model refuses, or differ in size, so that no batch can be made of them.

What it does
------------
Compares the size that the transforms give with what the architecture takes: vision transformers take one size, other
networks need a least size. And it finds `Resize(n)` with one number on data sets whose images have several shapes.

Why it matters
--------------
torch raises at the first batch: after the data was loaded and the weights were found. `Resize(224)` scales the shorter
side alone, so that images of several shapes stay so, and the loader cannot stack them.

How to mend it
--------------
Take the size that the message names, or build the model for yours (timm: `img_size=`). For a batch `Resize((224, 224))`
or `CenterCrop(224)` behind `Resize`.

What torch shows
----------------
`AssertionError: Wrong image height! Expected 224 but got 256!`, `RuntimeError: Calculated output size: (768x0x0).
Output size is too small`, or `RuntimeError: stack expects each tensor to be equal size`, with images of the transform
on the reported line.

Known limits
------------
The shapes of images in folders of one's own are not known, and are silent. So are models from configurations. What is
wrong by a default of the command line alone is silent: who publishes a script ran it with numbers that fit.

References
----------
https://github.com/pytorch/vision/issues/6030
https://pytorch.org/vision/stable/generated/torchvision.transforms.Resize.html
https://pytorch.org/vision/stable/models/generated/torchvision.models.inception_v3.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.tensors import ShapeRefused
from ft_lint.refusals import Cause, refusals
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.callables import Instance
from ft_lint.values.tensor import Tensor

SIZING = ("Resize", "CenterCrop", "RandomCrop", "RandomResizedCrop", "Pad", "ScaleJitter", "RandomResize")
"""Steps that set the size of an image."""


SIDES = r"size|(image|Input) (height|width)"
"""How torchvision and timm speak of an image's sides."""


class WrongInputSize(Rule):
    """Images of a size that does not go."""

    code = "TUN709"
    level = Level.ERROR
    whatever_is_set = True
    message = "{why}, so torch raises at the first batch: {mend}"

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Sizes that a model or the loader refuses."""
        for refused in refusals(facts, Cause.IMAGE_SIZE):
            step = _sized_by(refused)
            takes = refused.sizes.get("takes")
            if refused.operation == "collate" and step is None:
                continue
            mend = f"images of {takes} by {takes}" if takes else "`Resize((h, w))`, or `CenterCrop` behind it"
            at = step.node if step is not None and step.node is not None else refused.node
            yield self.finding(at, why=refused.why, mend=mend)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """The script ends with an error about sizes, on images that a transform built here made, or right here."""
        raised = run.exception
        if raised is None or not (raised.about_sizes or re.search(SIDES, raised.message)):
            return Evidence(False, "nothing raises because of sizes")
        built = {event.transform for event in run.at(line).of(observe.TransformBuilt) if event.directly_at(line)}
        made = [
            step.output
            for step in run.of(observe.TransformApplied)
            if step.transform in built and step.output is not None
        ]
        sizes = sorted({image.shape[-2:] for image in made if len(image.shape) == 3})
        why = f"{raised.type}: {raised.message}".splitlines()[0]
        if not sizes:
            return Evidence(raised.at(line), why)
        uneven = "equal size" in raised.message
        return Evidence(len(sizes) > 1 or not uneven, why, {"sizes": " ".join(f"{h}x{w}" for h, w in sizes[:3])})


def _sized_by(refused: ShapeRefused) -> Instance | None:
    """The last step that set the size of the images."""
    prepared = refused.input.prepared if isinstance(refused.input, Tensor) else None
    return prepared.last(*SIZING) if prepared is not None else None
