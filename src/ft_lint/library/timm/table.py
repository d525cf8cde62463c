"""What timm's models are made of, without torch or timm.

``architecture("resnet50")`` answers from ``zoo.z``, which ``python -m ft_lint.verify.harvest timm`` reads off timm.

>>> net = architecture("mobilenetv3_small_050")
>>> net.head.path, net.head.in_features, net.num_features
('classifier', 1024, 288)
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from ft_lint.library._zoo.architecture import Architecture, Shape
from ft_lint.library._zoo.table import Table, common, frozen
from ft_lint.light import dataclass

PATH = Path(__file__).with_name("zoo.z")
TABLE = Table(PATH)


@dataclass(frozen=True, slots=True)
class Weights:
    """One pretrained configuration of a model, as ``timm.create_model("<model>.<tag>")`` asks for it.

    ``has_weights``: whether timm has weights for it at all; ``pretrained=True`` raises RuntimeError where not.
    ``num_classes``: 0 where the weights have no classifier.  ``input_size`` is ``(channels, height, width)``;
    ``fixed_input_size``: the model is built for that size and takes no other.
    """

    tag: str
    has_weights: bool
    num_classes: int
    input_size: tuple[int, int, int]
    fixed_input_size: bool
    mean: tuple[float, ...]
    std: tuple[float, ...]
    interpolation: str
    crop_pct: float


@dataclass(frozen=True, slots=True)
class TimmArchitecture(Architecture):
    """A model of timm, with a head of ``num_classes`` (1000 where timm itself would build it without one).

    ``default_classes``: what ``create_model(name)`` gives it; 0 where it has no classifier then.
    ``classifier``: the paths of what ``get_classifier()`` gives.
    ``num_features``: channels of ``forward_features``; ``head_hidden_size``: what the classifier takes.
    ``bare``: paths that hold an Identity where there are no classes; None where ``num_classes=0`` changes more.
    ``features``: the output where there are no classes.
    ``forward_features``: its output, and whether that follows the image's size.
    ``reset_is_build``: whether ``reset_classifier(n)`` makes what ``create_model(num_classes=n)`` makes.
    ``weights``: the pretrained configurations, the default one first.
    """

    methods: ClassVar[str] = "timm.models.Model"

    default_classes: int
    classifier: tuple[str, ...]
    num_features: int
    head_hidden_size: int | None
    bare: tuple[str, ...] | None
    features: Shape
    forward_features: tuple[Shape, bool]
    reset_is_build: bool
    weights: tuple[Weights, ...]

    @property
    def normalization(self) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
        """Of the default weights."""
        return (self.weights[0].mean, self.weights[0].std) if self.weights else None

    def weights_of(self, tag: str) -> Weights | None:
        """The configuration with this tag, the default one for an empty tag; None where there is none."""
        return next((one for one in self.weights if not tag or one.tag == tag), None)


@functools.cache
def architecture(name: str) -> TimmArchitecture | None:
    """The model that ``timm.create_model(name)`` builds, ``name`` without a tag; None where there is none."""
    record = TABLE.record(name)
    return None if record is None else TimmArchitecture(**common(record) | {"weights": _weights(record["weights"])})


def _weights(records: list[dict[str, Any]]) -> tuple[Weights, ...]:
    """Each record says what differs from the first."""
    return tuple(Weights(**{key: frozen(value) for key, value in {**records[0], **one}.items()}) for one in records)


def current_name(name: str) -> str:
    """The name, with its tag, that a model goes by today: ``tf_efficientnet_b4.ns_jft_in1k`` for its ``_ns``."""
    renamed: Mapping[str, str] = TABLE.header["renamed"]
    return renamed.get(name, name)


def names() -> tuple[str, ...]:
    """Every model in the table, sorted."""
    return TABLE.names


def version() -> str:
    """The timm that the table was read from."""
    return str(TABLE.header["timm"])


@functools.cache
def builder_of(path: str) -> str | None:
    """The name of the model whose builder stands at an import path; None where none does.

    ``timm.models.resnet50`` and ``timm.models.resnet.resnet50`` are the same.
    """
    place, _, name = path.rpartition(".")
    modules: Mapping[str, list[str]] = TABLE.header["models"]
    for module, members in modules.items():
        if name in members and place in (module, "timm.models"):
            return name
    return None
