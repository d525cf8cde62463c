"""``albumentations``: steps on arrays, and what they make of an image."""

from __future__ import annotations

from ft_lint.interpreter.items import items_of
from ft_lint.library.site import Site
from ft_lint.values.base import NONE, Unknown, Value, number
from ft_lint.values.callables import Instance
from ft_lint.values.containers import Dict, Tuple
from ft_lint.values.picture import Preparation
from ft_lint.values.tensor import Tensor

AUGMENTING = frozenset(
    """Affine ChannelDropout ChannelShuffle CoarseDropout ColorJitter Cutout D4 Downscale ElasticTransform Flip
    GridDistortion GridDropout HorizontalFlip HueSaturationValue OpticalDistortion Perspective PixelDropout
    RGBShift RandomBrightness RandomBrightnessContrast RandomContrast RandomFog RandomGamma RandomGridShuffle
    RandomRain RandomResizedCrop RandomRotate90 RandomScale RandomShadow RandomSizedCrop RandomSnow RandomSunFlare
    Rotate SafeRotate ShiftScaleRotate Solarize SquareSymmetry ToGray Transpose VerticalFlip""".split()
)
"""Steps that change an image at random to make training harder (albumentations' documentation, "Transforms")."""
_OTHERS = """Blur CLAHE CenterCrop Crop CropNonEmptyMaskIfExists Equalize FromFloat GaussNoise GaussianBlur
ISONoise ImageCompression InvertImg JpegCompression Lambda LongestMaxSize MedianBlur MotionBlur
MultiplicativeNoise NoOp Normalize PadIfNeeded Posterize RandomCrop Resize Sharpen SmallestMaxSize
ToFloat""".split()
_IN_PARTS = ("Compose", "OneOf", "OneOrOther", "ReplayCompose", "Sequential", "SomeOf")


def augments(step: Value) -> bool:
    """Whether a step surely is an augmentation that differs from time to time; most are done half of the times."""
    if not isinstance(step, Instance) or not step.kind.startswith("albumentations."):
        return False
    rate = number(step.arguments.get("p", NONE))
    return step.kind.rpartition(".")[2] in AUGMENTING and (rate is None or 0 < rate < 1)


def _step(name: str) -> type:
    path = f"albumentations.{name}"

    def construct(at: Site, *args: Value, **kwargs: Value) -> Value:
        return Instance(path, arguments=kwargs, node=at.node)

    return type(name, (), {"construct": staticmethod(construct), "__call__": staticmethod(called)})


def called(at: Site, self: Instance, *args: Value, **targets: Value) -> Value:
    """``step(image=image, mask=mask)``: a dict of the same names.

    The image is a tensor behind ``ToTensorV2``, and remembers the steps.
    """
    steps = _steps_of(at, self)
    made: dict[str, Value] = {
        name: Unknown(f"`{name}` behind steps on arrays", (value,)) for name, value in targets.items()
    }
    if "image" in made and any(step.kind.endswith(".ToTensorV2") for step in steps):
        made["image"] = Tensor(prepared=Preparation(steps))
    return Dict(made)


def _steps_of(at: Site, step: Instance) -> tuple[Instance, ...]:
    """A step, or those that it is put together from, in order."""
    parts = step.fields.get("steps")
    if not isinstance(parts, Tuple):
        return (step,)
    held = (at.m.store.resolve(part) for part in parts.values)
    return tuple(one for part in held if isinstance(part, Instance) for one in _steps_of(at, part))


def _in_parts(name: str) -> type:
    path = f"albumentations.{name}"

    def construct(at: Site, transforms: Value, *args: Value, **kwargs: Value) -> Value:
        items = items_of(at.m, transforms)
        steps = Tuple(items.values, items.complete) if items is not None else Tuple((), False)
        return Instance(path, arguments=kwargs, fields={"steps": steps}, node=at.node)

    return type(name, (), {"construct": staticmethod(construct), "__call__": staticmethod(called)})


globals().update({name: _in_parts(name) for name in _IN_PARTS})
globals().update({name: _step(name) for name in (*sorted(AUGMENTING), *_OTHERS)})
