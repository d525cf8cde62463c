"""``torchvision.transforms``: steps with their settings."""

from __future__ import annotations

from collections.abc import Callable

from ft_lint.interpreter.items import items_of
from ft_lint.library.site import Site
from ft_lint.values.base import Value
from ft_lint.values.callables import Instance
from ft_lint.values.containers import Tuple

_FIRST = {
    "Resize": "size",
    "CenterCrop": "size",
    "RandomCrop": "size",
    "RandomResizedCrop": "size",
    "Grayscale": "num_output_channels",
    "Normalize": "mean",
    "Lambda": "lambd",
    "RandomHorizontalFlip": "p",
    "RandomVerticalFlip": "p",
}
_OTHERS = """ToTensor ColorJitter RandomRotation RandomAffine PILToTensor ConvertImageDtype RandomErasing AutoAugment
RandAugment TrivialAugmentWide GaussianBlur RandomGrayscale ToPILImage RandomPerspective RandomAdjustSharpness
RandomAutocontrast RandomEqualize AugMix ToImage ToDtype Pad RandomApply RandomChoice FiveCrop TenCrop""".split()


def _step(name: str) -> Callable[..., Value]:
    def build(at: Site, *args: Value, **kwargs: Value) -> Value:
        given = {_FIRST.get(name, "0"): args[0]} if args else {}
        rest = {str(i): value for i, value in enumerate(args[1:], 1)}
        return Instance(f"torchvision.transforms.{name}", arguments=given | rest | kwargs, node=at.node)

    return build


for _name in (*_FIRST, *_OTHERS):
    globals()[_name] = _step(_name)


def Compose(at: Site, transforms: Value) -> Value:  # noqa: N802
    """``Compose([...])``."""
    items = items_of(at.m, transforms)
    steps = Tuple(items.values, items.complete) if items is not None else Tuple((), False)
    return Instance("torchvision.transforms.Compose", fields={"steps": steps}, node=at.node)
