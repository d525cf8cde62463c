"""``torchvision.datasets``: what an item looks like, where the transform tells."""

from __future__ import annotations

from collections.abc import Callable

from ft_lint.facts import DatasetBuilt
from ft_lint.library.site import Site
from ft_lint.values.base import TRUE, Value, integer, is_none
from ft_lint.values.callables import Instance
from ft_lint.values.containers import Tuple
from ft_lint.values.shape import Dim, Shape, unknown_dim
from ft_lint.values.training import Dataset

_SIZES: dict[str, tuple[int, int, int]] = {
    "CIFAR10": (3, 32, 32),
    "CIFAR100": (3, 32, 32),
    "MNIST": (1, 28, 28),
    "FashionMNIST": (1, 28, 28),
    "KMNIST": (1, 28, 28),
    "QMNIST": (1, 28, 28),
    "USPS": (1, 16, 16),
    "SVHN": (3, 32, 32),
    "STL10": (3, 96, 96),
}
"""Channels, height and width of the images (torchvision's documentation of each dataset)."""

_UNSIZED = """ImageFolder DatasetFolder ImageNet Flowers102 OxfordIIITPet Food101 StanfordCars FGVCAircraft DTD GTSRB
EuroSAT Caltech101 Caltech256 Country211 PCAM SUN397 Places365 CelebA EMNIST INaturalist LFWPeople Imagenette""".split()

_SPLIT = ("root", "train", "transform", "target_transform", "download")
_POSITIONS = {
    **dict.fromkeys(("CIFAR10", "CIFAR100", "MNIST", "FashionMNIST", "KMNIST", "USPS"), _SPLIT),
    **dict.fromkeys(("ImageFolder", "DatasetFolder"), ("root", "transform", "target_transform")),
    "SVHN": ("root", "split", "transform", "target_transform", "download"),
}


def _dataset(kind: str) -> Callable[..., Value]:
    def build(at: Site, *args: Value, **kwargs: Value) -> Value:
        given = dict(zip(_POSITIONS.get(kind, ()), args, strict=False)) | kwargs
        if _POSITIONS.get(kind) is _SPLIT and at.arguments.complete:
            given.setdefault("train", TRUE)
        made = Dataset(f"torchvision.datasets.{kind}", given, node=at.node)
        at.emit(DatasetBuilt, dataset=made)
        return made

    return build


for _kind in (*_SIZES, *_UNSIZED):
    globals()[_kind] = _dataset(_kind)


def FakeData(at: Site, size: Value = TRUE, image_size: Value = TRUE, *args: Value, **kwargs: Value) -> Value:  # noqa: N802
    """``FakeData(size=1000, image_size=(3, 224, 224), num_classes=10, transform=...)``."""
    names = ("num_classes", "transform", "target_transform", "random_offset")
    given = {"size": size, "image_size": image_size} | dict(zip(names, args, strict=False)) | kwargs
    made = Dataset("torchvision.datasets.FakeData", given, node=at.node)
    at.emit(DatasetBuilt, dataset=made)
    return made


def item_shape(dataset: Value) -> Shape | None:
    """The shape of one image after the transform; None where we cannot tell."""
    if not isinstance(dataset, Dataset):
        return None
    steps = _steps(dataset.fields.get("transform", dataset.arguments.get("transform")))
    shape = _image(dataset)
    if steps is None or shape is None:
        return None
    for step in steps:
        shape = _after(step, shape)
        if shape is None:
            return None
    return shape


def _image(dataset: Dataset) -> Shape | None:
    kind = dataset.kind.rpartition(".")[2]
    if kind in _SIZES:
        return _SIZES[kind]
    if kind == "FakeData":
        match dataset.arguments["image_size"]:
            case Tuple(values, True):
                found = [integer(value) for value in values]
                return tuple(size if size is not None else unknown_dim() for size in found)
            case value if value is TRUE:
                return (3, 224, 224)
        return None
    if kind in ("ImageFolder", "Flowers102", "OxfordIIITPet", "Food101", "ImageNet", "EuroSAT"):
        return (3, unknown_dim(), unknown_dim())
    return None


def _steps(transform: Value | None) -> list[Instance] | None:
    if transform is None or is_none(transform):
        return []
    if not isinstance(transform, Instance):
        return None
    if transform.kind != "torchvision.transforms.Compose":
        return [transform]
    parts = transform.fields.get("steps")
    if not isinstance(parts, Tuple) or not parts.complete:
        return None
    steps = [step for step in parts.values if isinstance(step, Instance)]
    return steps if len(steps) == len(parts.values) else None


_SAME = """ToTensor Normalize RandomHorizontalFlip RandomVerticalFlip ColorJitter RandomRotation RandomAffine
PILToTensor ConvertImageDtype RandomErasing AutoAugment RandAugment TrivialAugmentWide GaussianBlur
RandomGrayscale ToPILImage RandomPerspective RandomAdjustSharpness RandomAutocontrast RandomEqualize AugMix
ToImage ToDtype""".split()


def _after(step: Instance, shape: Shape) -> Shape | None:
    name = step.kind.rpartition(".")[2]
    if name in _SAME:
        return shape
    size = step.arguments.get("size")
    if name in ("CenterCrop", "RandomCrop", "RandomResizedCrop", "Resize"):
        one = integer(size)
        if one is not None:
            square: tuple[Dim, Dim] = (one, one)
            return (shape[0], *(square if name != "Resize" else _resized(shape, one)))
        if isinstance(size, Tuple) and size.complete and len(size.values) == 2:
            pair = [integer(value) for value in size.values]
            return (shape[0], *(one if one is not None else unknown_dim() for one in pair))
        return (shape[0], unknown_dim(), unknown_dim())
    if name == "Grayscale":
        channels = integer(step.arguments.get("num_output_channels"))
        return (channels if channels is not None else 1, *shape[1:])
    return None


def _resized(shape: Shape, size: int) -> tuple[Dim, Dim]:
    """``Resize(size)`` makes the shorter side ``size``: known for square images alone."""
    return (size, size) if shape[1] == shape[2] and isinstance(shape[1], int) else (unknown_dim(), unknown_dim())
