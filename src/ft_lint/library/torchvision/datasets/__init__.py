"""``torchvision.datasets``: what an item is before and after the transform."""

from __future__ import annotations

from collections.abc import Callable

from ft_lint.facts.data import DatasetBuilt
from ft_lint.interpreter.calls import call
from ft_lint.interpreter.signature import Arguments
from ft_lint.library.site import Site, dims_of
from ft_lint.library.torchvision.datasets.images import IMAGES, LENGTHS, Images
from ft_lint.values.base import NONE, TRUE, Unknown, Value, constant, integer, is_none, text
from ft_lint.values.callables import Instance
from ft_lint.values.containers import Tuple
from ft_lint.values.picture import Picture, Preparation
from ft_lint.values.shape import Shape, unknown_dim
from ft_lint.values.tensor import Tensor
from ft_lint.values.training import Dataset


def _dataset(kind: str, images: Images) -> Callable[..., Value]:
    def given(at: Site, args: tuple[Value, ...], kwargs: dict[str, Value]) -> dict[str, Value]:
        found = dict(zip(images.parameters, args, strict=False)) | kwargs
        if "train" in images.parameters and at.arguments.complete:
            found.setdefault("train", TRUE)
        return found

    def build(at: Site, *args: Value, **kwargs: Value) -> Value:
        made = Dataset(f"torchvision.datasets.{kind}", given(at, args, kwargs), node=at.node)
        at.emit(DatasetBuilt, dataset=made)
        return made

    return _extensible(build, given)


def _extensible(build: Callable[..., Value], given: Callable[..., dict[str, Value]]) -> Callable[..., Value]:
    """What builds a dataset, with the methods that a class of the script inherits from it."""

    def initialize(at: Site, self: Instance, *args: Value, **kwargs: Value) -> Value:
        """``super().__init__(root, transform)`` in a class that may choose other images and labels."""
        inner = Dataset("torchvision.datasets.DatasetFolder", given(at, args, kwargs), node=at.node)
        at.m.store.write(self.fields, _INNER, inner)
        for name in _TRANSFORMS:
            at.m.store.write(self.fields, name, inner.arguments.get(name, NONE))
        return NONE

    build.__dict__.update(__init__=initialize, __getitem__=_inherited_item)
    return build


_INNER = "torchvision.datasets"
"""Under what a dataset of a class of the script's own keeps what it is of torchvision's."""

_TRANSFORMS = ("transform", "target_transform")


def _inherited_item(at: Site, self: Instance, index: Value) -> Value:
    """``super().__getitem__(index)``: with the transforms that the dataset has by now."""
    inner = at.m.store.resolve(self.fields.get(_INNER, NONE))
    if not isinstance(inner, Dataset):
        return at.unknown("an item of a dataset that was not initialised here")
    for name in _TRANSFORMS:
        at.m.store.write(inner.fields, name, self.fields.get(name, NONE))
    return item(at, inner)


for _kind, _images in IMAGES.items():
    globals()[_kind] = _dataset(_kind, _images)


def FakeData(  # noqa: N802
    at: Site,
    size: Value = NONE,
    image_size: Value = NONE,
    num_classes: Value = NONE,
    transform: Value = NONE,
    target_transform: Value = NONE,
    random_offset: Value = NONE,
) -> Value:
    """``FakeData(size=1000, image_size=(3, 224, 224), num_classes=10, transform=...)``."""
    given = {"size": size, "image_size": image_size, "num_classes": num_classes, "transform": transform}
    made = Dataset("torchvision.datasets.FakeData", given | {"target_transform": target_transform}, node=at.node)
    at.emit(DatasetBuilt, dataset=made)
    return made


_FAKE = "size image_size num_classes transform target_transform random_offset".split()
_extensible(FakeData, lambda at, args, kwargs: dict(zip(_FAKE, args, strict=False)) | kwargs)


def item(at: Site, dataset: Dataset) -> Value:
    """One item: the image after the transform, and the label."""
    transform = at.m.store.resolve(dataset.fields.get("transform", dataset.arguments.get("transform", NONE)))
    kind = dataset.kind.rpartition(".")[2]
    varied = kind in IMAGES and IMAGES[kind].varied
    image: Value = Picture(_image(at, dataset), Preparation(source=dataset, varied=varied))
    if "loader" in dataset.arguments:
        image = call(at.m, dataset.arguments["loader"], Arguments((Unknown("the path of an image"),)), at.node)
    if dataset.arguments.get("transforms", NONE) is not NONE:
        image = Unknown("an image that two transforms at once have changed")
    elif not is_none(transform):
        image = call(at.m, transform, Arguments((image,)), at.node)
    return Tuple((image, _label(dataset)))


def _label(dataset: Dataset) -> Value:
    """A class index, of CelebA 40 attributes; unknown where the script chooses other targets."""
    changed = any(not is_none(dataset.arguments.get(name, NONE)) for name in ("target_transform", "transforms"))
    if changed or any(name in dataset.arguments for name in ("target_type", "target_types")):
        return Unknown("a target of the script's own choice")
    if dataset.kind.endswith(".CelebA"):
        return Tensor(shape=(40,), dtype="int64")
    classes = class_count(dataset)
    return Tensor(shape=(), dtype="int64", labels=classes - 1 if classes else None)


def class_count(dataset: Dataset) -> int | None:
    """How many classes the labels of a dataset tell apart."""
    kind = dataset.kind.rpartition(".")[2]
    if kind == "FakeData":
        given = dataset.arguments["num_classes"]
        return 10 if is_none(given) else integer(given)
    if kind == "EMNIST":
        return EMNIST_CLASSES.get(text(dataset.arguments.get("split")) or "")
    return IMAGES[kind].classes if kind in IMAGES else None


EMNIST_CLASSES = {"byclass": 62, "bymerge": 47, "balanced": 47, "letters": 27, "digits": 10, "mnist": 10}
"""Classes of each split; letters count from 1, so that the first class is empty (torchvision's source)."""


def length(dataset: Dataset) -> int | None:
    """How many items a dataset has, where its arguments tell."""
    if dataset.kind != "torchvision.datasets.FakeData":
        return None
    given = dataset.arguments["size"]
    return 1000 if is_none(given) else integer(given)


def is_as_published(dataset: Dataset) -> bool:
    """Whether the script sets nothing of a dataset but how its items look."""
    return dataset.fields.keys() <= {"transform", "target_transform", "transforms"}


def says_which(dataset: Dataset) -> bool:
    """Whether the arguments show which items a dataset has: a ``**`` may hide some, FakeData stands for others."""
    kind, given = dataset.kind.rpartition(".")[2], dataset.arguments
    return "root" in given and (kind in ("ImageFolder", "DatasetFolder") or "train" in given or "split" in given)


def published_length(dataset: Dataset) -> int | None:
    """How many items a dataset has as it is published; None where the script changes what it holds."""
    part = next((dataset.arguments[name] for name in ("train", "split") if name in dataset.arguments), None)
    if dataset.parent is not None or not is_as_published(dataset):
        return None
    return LENGTHS.get((dataset.kind.rpartition(".")[2], constant(part)))


def _image(at: Site, dataset: Dataset) -> Shape:
    kind = dataset.kind.rpartition(".")[2]
    if kind != "FakeData":
        return IMAGES[kind].shape
    given = dataset.arguments["image_size"]
    sizes = [3, 224, 224] if is_none(given) else dims_of(at, given)
    return tuple(sizes) if sizes is not None and len(sizes) == 3 else tuple(unknown_dim() for _ in range(3))
