"""Images reach pretrained weights without the normalization that these were trained with, or with it twice.

What it does
------------
Follows the images from the data set through the transforms to a pretrained model of torchvision or timm, and compares
the last `Normalize` with the mean and standard deviation that belong to the weights.

Why it matters
--------------
The first layers were fitted to inputs of one range. Nothing is raised for another one; features are worse from the
start, and a part of the training is spent on getting used to it. It matters most where the backbone is frozen.

How to mend it
--------------
Use the transforms that belong to the weights: `weights.transforms()` in torchvision, `timm.data.create_transform` with
`resolve_data_config` in timm; or `Normalize` with the numbers that the message names.

What torch shows
----------------
The values that reach the model lie in another range than the one that the weights were trained on: [0, 1] instead of
[-2.1, 2.6] for ImageNet's statistics; up to 11 where they are normalized twice.

Known limits
------------
Statistics of one's own data are a choice that many make; this is advice. Images that the script changes itself, in the
loop or in the model, are silent.

References
----------
https://github.com/neptune-ai/open-solution-mapping-challenge/issues/77
https://github.com/mr-eggplant/FOA/issues/2
https://github.com/4uiiurz1/pytorch-nested-unet/issues/62
https://pytorch.org/vision/stable/models.html
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.models import Forward
from ft_lint.interpreter.items import constants_of
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.callables import Instance
from ft_lint.values.tensor import Tensor

CONVERTING = ("ToTensor", "ToImage", "ToDtype", "ConvertImageDtype", "PILToTensor")
TOLERANCE = 0.1
"""Differences of mean and deviation up to this much are a choice."""
SHIFT = 0.25
"""A range that differs by more than this share of its width is another one."""


class WrongNormalization(Rule):
    """Images on another scale than the weights know."""

    code = "TUN707"
    level = Level.ADVICE
    message = (
        "{what}: the weights of `{model}` were trained with `Normalize(mean={mean}, std={std})`, use that or the "
        "transforms that come with the weights"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Models with pretrained weights, and what was done to their images."""
        for forward in facts.of(Forward):
            wanted = forward.module.architecture.normalization if forward.module.architecture is not None else None
            image = forward.inputs[0] if forward.inputs else None
            if forward.module.pretrained is not True or wanted is None or not isinstance(image, Tensor):
                continue
            if image.prepared is None or image.prepared.source is None:
                continue
            found = _amiss(image.prepared.steps, wanted)
            if found is not None and found[1].node is not None:
                mean, std = (tuple(round(value, 3) for value in part) for part in wanted)
                name = facts.name_of(forward.module, "model")
                yield self.finding(found[1].node, what=found[0], model=name, mean=mean, std=std)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """Images on another scale than the weights' reach a model."""
        loaded = run.of(observe.WeightsLoaded).first
        if not run.at(line).of(observe.TransformBuilt):
            return Evidence(False, "no transform is built here")
        calls = [call for call in run.of(observe.ModuleCalled) if call.pixels is not None and not call.depth]
        if loaded is None or not loaded.mean or not calls:
            return Evidence(False, "no weights whose statistics are known, or no images")
        scales = list(zip(loaded.mean, loaded.std, strict=True))
        low, high = min(-m / s for m, s in scales), max((1 - m) / s for m, s in scales)
        least, most = (f([c.pixels[i] for c in calls if c.pixels is not None]) for i, f in enumerate((min, max)))
        shift = max(abs(least - low), abs(most - high)) / (high - low)
        seen, meant = (round(least, 2), round(most, 2)), (round(low, 2), round(high, 2))
        figures = {"least": seen[0], "greatest": seen[1], "meant from": meant[0], "to": meant[1]}
        return Evidence(shift > SHIFT, f"values from {least:.2f} to {most:.2f}, meant {low:.2f} to {high:.2f}", figures)


Statistics = tuple[tuple[float, ...], tuple[float, ...]]


def _amiss(steps: tuple[Instance, ...], wanted: Statistics) -> tuple[str, Instance] | None:
    """What is wrong with the steps, and the step to blame."""
    named = [(step.kind.rpartition(".")[2], step) for step in steps]
    norms = [step for name, step in named if name == "Normalize"]
    made = [step for name, step in named if name in CONVERTING]
    if not norms:
        plain = all(mean == 0 for mean in wanted[0]) and all(std == 1 for std in wanted[1])
        return None if plain or not made else ("the images are not normalized", made[-1])
    if len(norms) > 1:
        return "the images are normalized twice", norms[-1]
    given = [constants_of(norms[0].arguments.get(name)) for name in ("mean", "std")]
    if any(part is None for part in given):
        return None
    far = any(
        abs(have - want) > TOLERANCE
        for part, wants in zip(given, wanted, strict=True)
        for have, want in zip((part or ()) * (3 if len(part or ()) == 1 else 1), wants, strict=False)
    )
    return ("the images are normalized with other statistics", norms[0]) if far else None
