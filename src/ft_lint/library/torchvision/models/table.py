"""What torchvision's classifiers are made of, without torch.

``architecture("resnet18")`` answers from ``zoo.json.z``, which ``python -m ft_lint.verify.harvest`` reads off
torchvision.  The file is decompressed once, and only the models that are asked for are decoded.

>>> net = architecture("resnet18")
>>> net.head.path, net.head.in_features, net.has_batchnorm
('fc', 512, True)
"""

from __future__ import annotations

import functools
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeAlias

PATH = Path(__file__).with_name("zoo.json.z")

Shape: TypeAlias = tuple[int, ...]
"""A shape without its batch dimension; ``()`` where a module does not take or give one tensor."""


@dataclass(frozen=True, slots=True)
class Node:
    """One module of a model.  Equal modules of one model are one ``Node``.

    ``kind``: the class as people write it (``torch.nn.Conv2d``, ``torchvision.models.resnet.BasicBlock``).
    ``base``: its nearest ancestor in ``torch.nn`` (``torch.nn.Sequential`` for ``Conv2dNormActivation``).
    ``forward``: the class whose ``forward`` it runs; ``base`` where what is derived from it adds none of its own.
    ``config``: constructor arguments that torch keeps as attributes; sequences are tuples.
    ``parameters``, ``buffers``: those of the module itself, with full shapes (no batch in them).
    ``children``: in torch's order, so that ``list(model.children())[:-1]`` is ``children[:-1]``.
    """

    kind: str
    base: str
    forward: str
    config: Mapping[str, Any]
    parameters: tuple[tuple[str, Shape], ...]
    buffers: tuple[tuple[str, Shape], ...]
    children: tuple[tuple[str, Node], ...]

    @property
    def is_plain_sequential(self) -> bool:
        """Whether it is ``nn.Sequential`` itself, not a subclass."""
        return self.kind == "torch.nn.Sequential"

    def child(self, path: str) -> Node | None:
        """The module at a dotted path such as ``layer1.0.conv1``; the node itself at ``""``."""
        node: Node | None = self
        for name in path.split(".") if path else ():
            node = dict(node.children).get(name) if node is not None else None
        return node

    def walk(self, path: str = "") -> Iterator[tuple[str, Node]]:
        """Every module with its path, as ``named_modules`` gives them (one that is shared comes at each path)."""
        stack = [(path, self)]
        while stack:
            at, node = stack.pop()
            yield at, node
            stack.extend((f"{at}.{name}" if at else name, child) for name, child in reversed(node.children))

    def named_parameters(self) -> Iterator[tuple[str, Shape]]:
        """Every parameter with its path and shape, in torch's order."""
        for path, node in self.walk():
            for name, shape in node.parameters:
                yield f"{path}.{name}" if path else name, shape


@dataclass(frozen=True, slots=True)
class Head:
    """The last layer with weights that forward calls; ``in_features`` are channels where it is a convolution."""

    path: str
    in_features: int
    out_features: int

    @property
    def child(self) -> str:
        """The top-level child that holds it, e.g. ``classifier`` of ``classifier.6``."""
        return self.path.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Auxiliary:
    """A child that forward calls in train mode only, and the layer in it that makes the classes.

    ``kept_with_weights``: whether it is there when weights are asked for and ``aux_logits`` is not given.
    Without weights it is always there.
    """

    path: str
    head: str
    in_features: int
    out_features: int
    kept_with_weights: bool


@dataclass(frozen=True, slots=True)
class Flow:
    """Shapes that one module takes and gives in eval mode on an image of ``Architecture.input_size``.

    ``*_varies``: the shape follows the image's size (known only where the model takes other sizes).
    """

    input: Shape
    output: Shape
    input_varies: bool
    output_varies: bool


@dataclass(frozen=True, slots=True)
class WeightsMember:
    """One member of a weights enum; ``same_as`` differs from ``name`` for an alias such as ``DEFAULT``.

    Sizes in pixels.  ``sets``: constructor arguments that these weights impose (``num_classes``, ``image_size`` ...).
    """

    name: str
    same_as: str
    crop_size: int
    resize_size: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    interpolation: str
    min_size: tuple[int, ...]
    sets: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Architecture:
    """One classifier of torchvision as its factory builds it without arguments.

    ``input_size``: pixels of each side of the image it is meant for; ``fixed_size``: it refuses larger ones.
    ``called_in_training``/``called_in_evaluation``: top-level children in the order in which forward calls them
    or something in them (maxvit's list of blocks).
    ``uncalled``: paths of modules whose ``forward`` never runs (their weights may be read directly).
    ``shapes``: by path, for the top-level children and everything in the head.
    ``legacy_weights``: the member that ``pretrained=True`` means, None where that is refused.
    ``arguments``: keywords that the factory takes besides ``pretrained``; ``takes_anything``: it swallows others too.
    """

    name: str
    module: str
    root: Node
    input_size: int
    fixed_size: bool
    called_in_training: tuple[str, ...]
    called_in_evaluation: tuple[str, ...]
    uncalled: tuple[str, ...]
    shapes: Mapping[str, Flow]
    head: Head
    auxiliary: tuple[Auxiliary, ...]
    weights_enum: str
    weights: tuple[WeightsMember, ...]
    legacy_weights: str | None
    arguments: tuple[str, ...]
    takes_anything: bool

    @property
    def class_name(self) -> str:
        """The class as people write it, e.g. ``torchvision.models.resnet.ResNet``."""
        return self.root.kind

    @property
    def num_classes(self) -> int:
        """Width of the head as the factory builds it without arguments."""
        return self.head.out_features

    @property
    def has_batchnorm(self) -> bool:
        """Whether any module keeps running statistics."""
        return any(node.base.startswith("torch.nn.BatchNorm") for _, node in self.root.walk())

    @property
    def has_dropout(self) -> bool:
        """Whether train mode drops units: a dropout or stochastic depth with p above 0."""
        return any(node.config.get("p", 0) for _, node in self.root.walk() if _drops(node))

    def weight(self, name: str) -> WeightsMember | None:
        """The member of the weights enum with this name, ``DEFAULT`` included."""
        return next((member for member in self.weights if member.name == name), None)


def _drops(node: Node) -> bool:
    return node.base.startswith("torch.nn.Dropout") or node.kind == "torchvision.ops.stochastic_depth.StochasticDepth"


@functools.cache
def architecture(name: str) -> Architecture | None:
    """The classifier that the factory ``torchvision.models.<name>`` builds; None where there is none."""
    line = _lines().get(name)
    return None if line is None else _architecture(json.loads(line))


@functools.cache
def weights_enums() -> Mapping[str, str]:
    """Factory name by the name of its weights enum, e.g. ``ResNet18_Weights`` to ``resnet18``."""
    return {enum: name for name, enum in _header()["models"]}


def names() -> tuple[str, ...]:
    """Every factory in the table, sorted."""
    return tuple(_lines())


def version() -> str:
    """The torchvision that the table was read from."""
    return str(_header()["torchvision"])


@functools.cache
def _text() -> tuple[bytes, ...]:
    return tuple(zlib.decompress(PATH.read_bytes()).split(b"\n"))


@functools.cache
def _header() -> dict[str, Any]:
    header: dict[str, Any] = json.loads(_text()[0])
    return header


@functools.cache
def _lines() -> dict[str, bytes]:
    return {name: line for (name, _), line in zip(_header()["models"], _text()[1:], strict=True)}


def _architecture(record: dict[str, Any]) -> Architecture:
    record["root"] = _root(record.pop("tree"))
    record["head"] = Head(**record["head"])
    record["auxiliary"] = tuple(Auxiliary(**aux) for aux in record["auxiliary"])
    record["shapes"] = {path: Flow(*_frozen(flow)) for path, flow in record["shapes"].items()}
    record["weights"] = tuple(
        WeightsMember(**{key: _frozen(value) for key, value in member.items()}) for member in record["weights"]
    )
    return Architecture(**{field.name: _frozen(record[field.name]) for field in fields(Architecture)})


def _root(tree: dict[str, Any]) -> Node:
    """The tree of a model; its nodes are listed children first."""
    nodes: list[Node] = []
    for kind, config, parameters, buffers, children in tree["nodes"]:
        name, base, forward = tree["kinds"][kind]
        plain = {key: _frozen(value) for key, value in config.items()}
        inner = tuple((child, nodes[index]) for child, index in children)
        nodes.append(Node(name, base, forward, plain, _frozen(parameters), _frozen(buffers), inner))
    return nodes[-1]


def _frozen(value: Any) -> Any:
    """JSON's lists as tuples, at any depth."""
    return tuple(_frozen(v) for v in value) if isinstance(value, list) else value
