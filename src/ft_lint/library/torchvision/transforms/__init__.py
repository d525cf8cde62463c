"""``torchvision.transforms``: steps with their settings, and what they make of an image."""

from __future__ import annotations

import ast
import dataclasses
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ft_lint.facts.data import TransformRefused
from ft_lint.interpreter.items import items_of
from ft_lint.library.site import Refused, Site
from ft_lint.library.torchvision.transforms import functional as f
from ft_lint.light import replace
from ft_lint.syntax.loops import contains
from ft_lint.values.base import NONE, Items, Unknown, Value, is_none, number, same, truth
from ft_lint.values.callables import Instance
from ft_lint.values.containers import List, Tuple
from ft_lint.values.picture import Picture, Preparation
from ft_lint.values.shape import unknown_dim
from ft_lint.values.tensor import Tensor

RANDOM = frozenset(
    """AugMix AutoAugment ColorJitter CutMix ElasticTransform GaussianBlur GaussianNoise MixUp RandAugment RandomAffine
    RandomAdjustSharpness RandomApply RandomAutocontrast RandomChoice RandomCrop RandomEqualize RandomErasing
    RandomGrayscale RandomHorizontalFlip RandomInvert RandomOrder RandomPerspective RandomPhotometricDistort
    RandomPosterize RandomResizedCrop RandomRotation RandomSolarize RandomVerticalFlip RandomZoomOut ScaleJitter
    TrivialAugmentWide RandomChannelPermutation RandomResize RandomShortestSize""".split()
)
"""Steps that change an image at random (torchvision's documentation, "Data Augmentation")."""


_NOT_AUGMENTING = frozenset(
    "GaussianBlur GaussianNoise CutMix MixUp RandomResize RandomShortestSize RandomCrop".split()
)
"""Steps that are random and serve other ends too: noise for a test of robustness, patches of a large image."""


def augments(step: Value) -> bool:
    """Whether a step surely is an augmentation that differs from time to time."""
    if not isinstance(step, Instance) or not step.kind.startswith("torchvision.transforms."):
        return False
    name, rate = step.kind.rpartition(".")[2], number(step.arguments.get("p", NONE))
    varies = name in RANDOM - _NOT_AUGMENTING and (rate is None or 0 < rate < 1)
    return varies and not (name in _RANGES and _is_idle(step))


_RANGES = {
    "ColorJitter": "brightness contrast saturation hue".split(),
    "RandomRotation": ["degrees"],
    "RandomAffine": "degrees translate scale shear".split(),
}
"""What says how far a step goes: with none of it, or 0, it changes nothing."""


def _is_idle(step: Instance) -> bool:
    name = step.kind.rpartition(".")[2]
    given = [step.arguments.get(setting, NONE) for setting in _RANGES[name]]
    return all(is_none(value) or number(value) == 0 for value in given)


def alike(one: Value, other: Value, depth: int = 6) -> bool:
    """Whether two transforms of torchvision, or what they are built with, certainly do the same."""
    if depth == 0:
        return one is other
    match one, other:
        case Instance(cls=None), Instance(cls=None):
            whole = one.complete and other.complete and one.kind == other.kind
            parts = (one.arguments, other.arguments), (one.fields, other.fields)
            return whole and all(_all_alike(some, others, depth - 1) for some, others in parts)
        case (Tuple(a, True), Tuple(b, True)) | (
            List(fields={"items": Items(a, True)}),
            List(fields={"items": Items(b, True)}),
        ):
            return len(a) == len(b) and all(alike(x, y, depth - 1) for x, y in zip(a, b, strict=True))
    return same(one, other)


def _all_alike(some: Mapping[Any, Value], others: Mapping[Any, Value], depth: int) -> bool:
    return some.keys() == others.keys() and all(alike(value, others[name], depth) for name, value in some.items())


class StepRefused(Exception):
    """torchvision raises in ``step`` for such an image."""

    def __init__(self, step: Instance, refusal: Refused) -> None:
        super().__init__(refusal.why)
        self.step, self.refusal = step, refusal


def apply(at: Site, step: Value, img: Value, *, trial: bool = False) -> Value:
    """What a step makes of an image; a ``trial`` runs no code of the script.  Raises StepRefused."""
    if not isinstance(step, Instance) or step.cls is not None or not step.kind.startswith("torchvision."):
        return Unknown("a step of the script's own") if trial else _call(at, step, img)
    name = step.kind.rpartition(".")[2]
    if name == "Compose":
        parts = step.fields.get("steps")
        if not isinstance(parts, Tuple) or not parts.complete:
            return Unknown("steps that we do not know", (img,))
        unseen: list[Instance] = []
        for part in map(at.m.store.resolve, parts.values):
            if isinstance(img, Unknown) and isinstance(part, Instance):
                unseen.append(part)
            img = _after(apply(at, part, img, trial=trial), unseen[:-1])
            unseen = unseen if isinstance(img, Unknown) else []
        return img
    if name == "Lambda":
        return Unknown("a step of the script's own") if trial else _call(at, step.arguments["lambd"], img)
    table = RUN_V2 if step.kind.startswith("torchvision.transforms.v2.") else RUN
    run = table.get(name)
    if run is None or (isinstance(img, Unknown) and name not in _OF_ANYTHING):
        return Unknown("an image that we do not know", (img,))
    try:
        return _noted(run(at, step, img), step)
    except Refused as refusal:
        raise StepRefused(step, refusal) from refusal


_OF_ANYTHING = ("ToTensor", "ToPILImage")
"""Steps that say what their image was and is, whoever read it: OpenCV, NumPy or PIL."""


def _after(img: Value, steps: Sequence[Instance]) -> Value:
    """An image that has been through these steps before it was known what it is."""
    if not steps or not isinstance(img, Picture | Tensor) or img.prepared is None:
        return img
    return replace(img, prepared=replace(img.prepared, steps=(*steps, *img.prepared.steps)))


def _call(at: Site, step: Value, img: Value) -> Value:
    from ft_lint.interpreter.calls import call
    from ft_lint.interpreter.signature import Arguments

    return call(at.m, step, Arguments((img,)), at.node)


def _noted(img: Value, step: Instance) -> Value:
    """The image remembers the step."""
    if isinstance(img, Picture | Tensor):
        done = img.prepared or Preparation()
        return replace(img, prepared=replace(done, steps=(*done.steps, step)))
    return img


def step_class(path: str, parameters: str, defaults: int) -> type:
    """The class of a step with torchvision's own parameters, the last ``defaults`` of which may be left out."""
    names = parameters.split()
    either = inspect.Parameter.POSITIONAL_OR_KEYWORD
    needed = len(names) - defaults
    wanted = [
        inspect.Parameter(name, either, default=inspect.Parameter.empty if index < needed else NONE)
        for index, name in enumerate(names)
    ]

    def construct(at: Site, *args: Value, **kwargs: Value) -> Value:
        given = inspect.Signature(wanted).bind(*args, **kwargs).arguments
        return Instance(path, arguments=dict(given), node=at.node)

    first = inspect.Parameter("at", inspect.Parameter.POSITIONAL_ONLY)
    construct.__signature__ = inspect.Signature([first, *wanted])  # type: ignore[attr-defined]
    return type(path.rpartition(".")[2], (), {"construct": staticmethod(construct), "__call__": staticmethod(_called)})


def _called(at: Site, self: Instance, img: Value) -> Value:
    """``step(image)``: a refusal is written down at the step's construction."""
    try:
        return apply(at, self, img)
    except StepRefused as refused:
        return _refuse(at, self, refused, _dataset_of(refused.refusal.input))


def _refuse(at: Site, whole: Instance, refused: StepRefused, maker: ast.AST | None) -> Value:
    """Write down that a step, of all that ``whole`` is composed of, refuses its image, which comes from ``maker``."""
    step = refused.step
    at.m.emit(
        TransformRefused, step.node or at.node, step=step, behind=_behind(at, whole, step), why=str(refused),
        image=refused.refusal.input, sizes=refused.refusal.sizes,
        at_once=maker is not None and step.node is not None and contains(maker, step.node),
    )  # fmt: skip
    return at.unknown(f"torchvision refuses this: {refused}")


def _dataset_of(image: Value) -> ast.AST | None:
    """The call that made the dataset of an image."""
    prepared = image.prepared if isinstance(image, Tensor | Picture) else None
    return prepared.source.node if prepared is not None and prepared.source is not None else None


def _behind(at: Site, whole: Instance, step: Instance) -> Instance | None:
    parts = whole.fields.get("steps")
    steps = [at.m.store.resolve(part) for part in parts.values] if isinstance(parts, Tuple) else []
    following = steps[steps.index(step) + 1 :] if step in steps else []
    return following[0] if following and isinstance(following[0], Instance) else None


Run = Callable[[Site, Instance, Any], Value]


def _same(at: Site, step: Instance, img: Value) -> Value:
    return f.same(at, img)


def _with(function: Callable[..., Value], *names: str) -> Run:
    """A step that hands its settings ``names`` to a function."""
    return lambda at, step, img: function(at, img, *(step.arguments.get(name, NONE) for name in names))


def _turned(at: Site, step: Instance, img: Value) -> Value:
    expand = step.arguments.get("expand", NONE)
    return f.same(at, img) if truth(expand) is False or expand is NONE else f.any_size(at, img)


def _crops(count: int) -> Run:
    def run(at: Site, step: Instance, img: Value) -> Value:
        return Tuple((f.center_crop(at, img, step.arguments["size"]),) * count)

    return run


def _perhaps(at: Site, step: Instance, img: Value) -> Value:
    """``RandomApply`` and kin: known where each way gives the same kind and size."""
    items = items_of(at.m, step.arguments["transforms"])
    if items is None or not items.complete:
        return at.unknown("steps that we do not know", img)
    for part in items.values:
        after = apply(at, at.m.store.resolve(part), img)
        if type(after) is not type(img) or getattr(after, "shape", None) != getattr(img, "shape", None):
            return at.unknown("one of several steps", img)
    return img


_KEEP = """RandomHorizontalFlip RandomVerticalFlip ColorJitter RandomAffine RandomPerspective RandomGrayscale
GaussianBlur RandomInvert RandomPosterize RandomSolarize RandomAdjustSharpness RandomAutocontrast RandomEqualize
AutoAugment RandAugment TrivialAugmentWide AugMix ElasticTransform""".split()

RUN: dict[str, Run] = {
    **dict.fromkeys(_KEEP, _same),
    "Resize": _with(f.resize, "size", "interpolation", "max_size"),
    "CenterCrop": _with(f.center_crop, "size"),
    "RandomCrop": _with(f.random_crop, "size", "padding", "pad_if_needed"),
    "RandomResizedCrop": _with(f.random_resized_crop, "size"),
    "Pad": _with(f.pad, "padding"),
    "Grayscale": _with(f.to_grayscale, "num_output_channels"),
    "ToTensor": _with(f.to_tensor),
    "PILToTensor": _with(f.pil_to_tensor),
    "ToPILImage": _with(f.to_pil_image),
    "ConvertImageDtype": _with(f.convert_image_dtype, "dtype"),
    "Normalize": _with(f.normalize, "mean", "std"),
    "RandomErasing": _with(f.erase),
    "RandomRotation": _turned,
    "FiveCrop": _crops(5),
    "TenCrop": _crops(10),
    "RandomApply": _perhaps,
    "RandomChoice": _perhaps,
    "RandomOrder": _perhaps,
}


def _tensor_only(run: Run) -> Run:
    """A step of v2 that lets PIL images pass as they are."""
    return lambda at, step, img: img if isinstance(img, Picture) else run(at, step, img)


def _picture_only(run: Run) -> Run:
    """A step of v2 that lets tensors pass as they are."""
    return lambda at, step, img: img if isinstance(img, Tensor) else run(at, step, img)


def _to_dtype(at: Site, step: Instance, img: Value) -> Value:
    return f.convert_image_dtype(at, img, step.arguments["dtype"])


RUN_V2: dict[str, Run] = RUN | {
    **dict.fromkeys(
        ("RandomPhotometricDistort", "RandomChannelPermutation", "Identity", "ToPureTensor", "JPEG"), _same
    ),
    "ToTensor": _picture_only(RUN["ToTensor"]),
    "PILToTensor": _picture_only(RUN["PILToTensor"]),
    "ToImage": _picture_only(RUN["PILToTensor"]),
    "ToPILImage": _tensor_only(RUN["ToPILImage"]),
    "ConvertImageDtype": _tensor_only(RUN["ConvertImageDtype"]),
    "ToDtype": _tensor_only(_to_dtype),
    "RandomErasing": _tensor_only(RUN["RandomErasing"]),
    "GaussianNoise": _tensor_only(_same),
    "RGB": _with(f.rgb),
    "Normalize": _with(f.normalize_v2, "mean", "std"),
}
"""``torchvision.transforms.v2``: where v1 refuses the kind of an image, most steps let it pass."""

CLASSES = """
Resize: size interpolation max_size antialias / 3
CenterCrop: size / 0
RandomCrop: size padding pad_if_needed fill padding_mode / 4
RandomResizedCrop: size scale ratio interpolation antialias / 4
Pad: padding fill padding_mode / 2
Grayscale: num_output_channels / 1
ToTensor: / 0
PILToTensor: / 0
ToPILImage: mode / 1
ConvertImageDtype: dtype / 0
Normalize: mean std inplace / 1
RandomErasing: p scale ratio value inplace / 5
RandomRotation: degrees interpolation expand center fill / 4
RandomHorizontalFlip: p / 1
RandomVerticalFlip: p / 1
ColorJitter: brightness contrast saturation hue / 4
RandomAffine: degrees translate scale shear interpolation fill center / 6
RandomPerspective: distortion_scale p interpolation fill / 4
RandomGrayscale: p / 1
GaussianBlur: kernel_size sigma / 1
RandomInvert: p / 1
RandomPosterize: bits p / 1
RandomSolarize: threshold p / 1
RandomAdjustSharpness: sharpness_factor p / 1
RandomAutocontrast: p / 1
RandomEqualize: p / 1
AutoAugment: policy interpolation fill / 3
RandAugment: num_ops magnitude num_magnitude_bins interpolation fill / 5
TrivialAugmentWide: num_magnitude_bins interpolation fill / 3
AugMix: severity mixture_width chain_depth alpha all_ops interpolation fill / 7
ElasticTransform: alpha sigma interpolation fill / 4
LinearTransformation: transformation_matrix mean_vector / 0
FiveCrop: size / 0
TenCrop: size vertical_flip / 1
RandomApply: transforms p / 1
RandomChoice: transforms p / 1
RandomOrder: transforms / 0
Lambda: lambd / 0
"""


def classes(package: str, table: str) -> dict[str, type]:
    """The classes of a table by their names; each line has the parameters and how many of them have defaults."""
    made = {}
    for line in table.strip().splitlines():
        name, _, rest = line.partition(":")
        parameters, _, count = rest.partition("/")
        made[name] = step_class(f"{package}.{name}", parameters, int(count))
    return made


globals().update(classes("torchvision.transforms", CLASSES))


class Compose:
    """``Compose([...])``: one step after the other."""

    __call__ = staticmethod(_called)

    @staticmethod
    def construct(at: Site, transforms: Value) -> Value:
        """Build it; steps in an order that no image survives are written down at once."""
        items = items_of(at.m, transforms)
        in_order = items is not None and not (isinstance(transforms, List) and transforms.distinct)
        steps = Tuple(items.values, items.complete) if items is not None and in_order else Tuple((), False)
        made = Instance("torchvision.transforms.Compose", fields={"steps": steps}, node=at.node)
        unknown = unknown_dim(), unknown_dim(), unknown_dim()
        of_picture = _refusal(at, made, Picture(unknown))
        of_tensor = _refusal(at, made, Tensor(shape=unknown, dtype="float32"))
        if of_picture is not None and of_tensor is not None:
            is_for_tensors = of_picture.step.kind.endswith(".ToPILImage")
            _refuse(at, made, of_tensor if is_for_tensors else of_picture, at.node)
        return made


def _refusal(at: Site, step: Instance, img: Value) -> StepRefused | None:
    try:
        apply(at, step, img, trial=True)
    except StepRefused as refused:
        return refused
    return None
