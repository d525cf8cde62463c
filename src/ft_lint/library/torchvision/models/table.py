"""What torchvision's models are made of, without torch.

``architecture("resnet18")`` answers from ``zoo.z``, which ``python -m ft_lint.verify.harvest torchvision`` reads off
torchvision.

>>> net = architecture("resnet18")
>>> net.head.path, net.head.in_features, net.has_batchnorm
('fc', 512, True)
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ft_lint.library._zoo.architecture import Architecture, Auxiliary, Flow, Head, Node
from ft_lint.library._zoo.table import Table, common, frozen
from ft_lint.light import dataclass

__all__ = [
    "Architecture",
    "Auxiliary",
    "Flow",
    "Head",
    "Node",
    "TorchvisionArchitecture",
    "WeightsMember",
    "architecture",
    "factory_of",
    "names",
    "version",
    "weights_enums",
]

PATH = Path(__file__).with_name("zoo.z")
TABLE = Table(PATH)


@dataclass(frozen=True, slots=True)
class WeightsMember:
    """One member of a weights enum; ``same_as`` differs from ``name`` for an alias such as ``DEFAULT``.

    ``num_classes``: categories that the weights tell apart, None for optical flow.  Sizes are in pixels, both sides
    where they differ; they and what follows are None where the transforms do no such thing (detection).
    ``sets``: constructor arguments that these weights impose (``num_classes``, ``image_size`` ...).
    """

    name: str
    same_as: str
    num_classes: int | None
    crop_size: int | tuple[int, int] | None
    resize_size: int | tuple[int, int] | None
    mean: tuple[float, ...] | None
    std: tuple[float, ...] | None
    interpolation: str | None
    min_size: tuple[int, ...]
    sets: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TorchvisionArchitecture(Architecture):
    """A model of torchvision.

    ``untrained``: the tree where neither the whole nor the backbone has weights: detection freezes batch norm
    where one of them has; None for all else.
    ``weights_enum``: the enum's name; ``weights``: its members, aliases included.
    ``legacy_weights``: the member that ``pretrained=True`` means, None where that is refused.
    ``backbone_weights``: what the backbone gets where ``weights_backbone`` is not given and ``weights`` is None,
    e.g. ``ResNet50_Weights.IMAGENET1K_V1``; None where nothing or where there is no such argument.
    ``arguments``: keywords that the factory takes besides ``pretrained``; ``takes_anything``: it swallows others too.
    """

    untrained: Node | None
    weights_enum: str
    weights: tuple[WeightsMember, ...]
    legacy_weights: str | None
    backbone_weights: str | None
    arguments: tuple[str, ...]
    takes_anything: bool

    @property
    def normalization(self) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
        """Of the first weights; the others of one model have the same."""
        first = self.weights[0] if self.weights else None
        return (first.mean, first.std) if first is not None and first.mean and first.std else None

    @property
    def least_size(self) -> int:
        """As torchvision documents it for the first weights (``min_size``)."""
        return min(self.weights[0].min_size) if self.weights and self.family == "classification" else 1

    def weight(self, name: str) -> WeightsMember | None:
        """The member of the weights enum with this name, ``DEFAULT`` included."""
        return next((member for member in self.weights if member.name == name), None)


@functools.cache
def architecture(name: str) -> TorchvisionArchitecture | None:
    """The model that ``torchvision.models.get_model(name)`` builds; None where there is none."""
    record = TABLE.record(name)
    if record is None:
        return None
    weights = tuple(
        WeightsMember(**{key: frozen(value) for key, value in member.items()}) for member in record["weights"]
    )
    return TorchvisionArchitecture(**{"untrained": None} | common(record) | {"weights": weights})


@functools.cache
def factory_of(path: str) -> str | None:
    """The name of the model whose factory stands at an import path; None where none does.

    A factory stands in its own module and in the package above it: ``torchvision.models.resnet.resnet18`` and
    ``torchvision.models.resnet18``.
    """
    place, _, name = path.rpartition(".")
    for module, members in TABLE.header["models"].items():
        if name in members and place in (module, module.rpartition(".")[0]):
            return name
    return None


@functools.cache
def weights_enums() -> Mapping[str, str]:
    """Factory name by the name of its weights enum, e.g. ``ResNet18_Weights`` to ``resnet18``."""
    return dict(TABLE.header["weights_enums"])


def names() -> tuple[str, ...]:
    """Every model in the table, sorted."""
    return TABLE.names


def version() -> str:
    """The torchvision that the table was read from."""
    return str(TABLE.header["torchvision"])
