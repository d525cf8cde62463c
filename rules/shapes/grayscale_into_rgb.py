"""Images with one channel go into a model for three.

What it does
------------
Finds data sets of grey images (MNIST and its kin, `Grayscale()`, `image_size=(1, ...)`) whose images reach a first
layer that takes three channels, or a `Normalize` with three means.

Why it matters
--------------
Pretrained image models are made for colour. torch raises at the first batch, in the first convolution or in
`Normalize`.

How to mend it
--------------
Put `transforms.Grayscale(num_output_channels=3)` first; or replace the first convolution by one of one channel, or
build the model with `in_chans=1` (timm).

What torch shows
----------------
`RuntimeError: Given groups=1, weight of size [64, 3, 7, 7], expected input[8, 1, 64, 64] to have 3 channels, but got
1 channels instead`, or `output with shape [1, 28, 28] doesn't match the broadcast shape [3, 28, 28]`, on images of
the data set that is built on the reported line.

Known limits
------------
Images whose channels are widened later, in a `Lambda`, in the model or by `v2.Normalize` with three means, are
silent; so are data sets of one's own.

References
----------
https://github.com/Hyfred/gan-torch/issues/1
https://github.com/lucidrains/vit-pytorch/issues/54
https://github.com/JonasGeiping/data-poisoning/issues/3
https://pytorch.org/vision/stable/generated/torchvision.transforms.Grayscale.html
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.data import TransformRefused
from ft_lint.refusals import COLOUR, GREY, Cause, refusals
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.base import Value
from ft_lint.values.picture import Picture
from ft_lint.values.tensor import Tensor


class GrayscaleIntoRgb(Rule):
    """Grey images for a model of colour."""

    code = "TUN708"
    level = Level.ERROR
    message = (
        "these images have one channel and `{taker}` takes three, so torch raises at the first batch: put "
        "`Grayscale(num_output_channels=3)` first in the transform"
    )
    message_transform = (
        "these images have one channel and `{taker}` gets values for three, so torch raises at the first image: give "
        "it one value each, or put `Grayscale(num_output_channels=3)` first for a model of three channels"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Datasets of grey images that a layer or a transform refuses."""
        for refused in refusals(facts, Cause.GREY_IMAGES):
            taker = facts.name_of(refused.module, "model") if refused.module is not None else "the model"
            yield from self._finding(refused.input, taker)
        for refused_by in facts.of(TransformRefused):
            if refused_by.certain and (refused_by.sizes.get("gets"), refused_by.sizes.get("takes")) == (GREY, COLOUR):
                step = refused_by.step.kind.rpartition(".")[2]
                yield from self._finding(refused_by.image, step, self.message_transform)

    def _finding(self, image: Value, taker: str, message: str | None = None) -> Iterator[Finding]:
        prepared = image.prepared if isinstance(image, Tensor | Picture) else None
        if prepared is not None and prepared.source is not None and prepared.source.node is not None:
            yield self.finding(prepared.source.node, message=message, taker=taker)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """A layer or a transform gets one channel and takes three, of images of a dataset that is built here."""
        built = run.at(line).of(observe.DatasetBuilt)
        raised = run.exception
        if not built or raised is None:
            return Evidence(False, "nothing raises" if built else "no dataset is built here")
        refusal = run.refusal
        by_layer = refusal is not None and (refusal.gets, refusal.takes) == (GREY, COLOUR)
        by_transform = run.of(observe.TransformApplied).where(
            lambda step: step.raised and step.input.shape[:1] == (GREY,)
        )
        holds = raised.about_sizes and raised.names(GREY, COLOUR) and (by_layer or bool(by_transform))
        kind = refusal.kind if refusal is not None and by_layer else by_transform[0].kind if by_transform else ""
        return Evidence(holds, f"{raised.type}: {raised.message}", {"dataset": built[0].kind, "refused by": kind})
