"""What a model of a zoo is made of, without torch: its tree, its heads, the shapes around them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, TypeAlias

from ft_lint.light import dataclass

Shape: TypeAlias = tuple[int, ...]
"""A shape without its batch dimension; ``()`` where a module does not take or give one tensor."""


@dataclass(frozen=True, slots=True)
class Node:
    """One module of a model.  Equal modules of one library are one ``Node``.

    ``kind``: the class as people write it (``torch.nn.Conv2d``, ``torchvision.models.resnet.BasicBlock``).
    ``base``: its nearest ancestor in ``torch.nn`` (``torch.nn.Sequential`` for ``Conv2dNormActivation``).
    ``forward``: the class whose ``forward`` it runs; ``base`` where what is derived from it adds none of its own.
    ``config``: constructor arguments that are not at their default, and rates of dropout always; sequences are tuples.
    Empty for what extends no layer of ``torch.nn`` and drops nothing.
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
    """A layer whose weights depend on the number of classes; ``in_features`` are channels where it is a convolution."""

    path: str
    in_features: int
    out_features: int

    @property
    def child(self) -> str:
        """The top-level child that holds it, e.g. ``classifier`` of ``classifier.6``."""
        return self.path.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Auxiliary:
    """A child that an argument of the factory takes away, and the layer in it that makes the classes.

    ``kept_with_weights``, ``kept_without_weights``: whether it is there when ``argument`` is not given.
    """

    path: str
    head: str
    in_features: int
    out_features: int
    argument: str
    kept_with_weights: bool
    kept_without_weights: bool


@dataclass(frozen=True, slots=True)
class Flow:
    """Shapes that one module takes and gives in eval mode on an input of ``Architecture.input``.

    ``*_varies``: the shape follows the image's size (known only where the model takes other sizes).
    """

    input: Shape
    output: Shape
    input_varies: bool
    output_varies: bool


@dataclass(frozen=True, slots=True)
class Architecture:
    """One model of a zoo as its factory builds it without arguments.

    ``methods``: the library path under which the methods of such models stand.
    ``module``: where the factory is, e.g. ``torchvision.models.resnet``.
    ``family``: ``classification``, ``segmentation``, ``detection``, ``video`` or ``optical_flow``.
    ``input``: the image or clip it is meant for, without batch; None where any will do.
    ``fixed_size``: it refuses other ones.
    ``first``: the paths of the layers that take the image.
    ``called_in_training``/``called_in_evaluation``: top-level children in the order in which forward calls them
    or something in them (maxvit's list of blocks).
    ``shapes``: by path, for the top-level children and everything in those with heads.
    ``heads``: the layers that make the classes; several in distilled models and in detection.
    ``num_classes``: None for optical flow, which has no classes.
    ``attributes``: public names besides children and what every ``nn.Module`` has.
    ``shared``: paths of modules that are one with the module at an earlier path.
    """

    methods: ClassVar[str] = "torch.nn.Module"

    name: str
    module: str
    family: str
    root: Node
    input: Shape | None
    fixed_size: bool
    first: tuple[str, ...]
    called_in_training: tuple[str, ...]
    called_in_evaluation: tuple[str, ...]
    shapes: Mapping[str, Flow]
    heads: tuple[Head, ...]
    num_classes: int | None
    auxiliary: tuple[Auxiliary, ...]
    attributes: tuple[str, ...]
    shared: Mapping[str, str]

    @property
    def head(self) -> Head:
        """The first head; raises IndexError where there is none (optical flow)."""
        return self.heads[0]

    @property
    def normalization(self) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
        """Mean and standard deviation of the images that its default weights were trained on; None: not known."""
        return None

    @property
    def least_size(self) -> int:
        """Pixels that each side of an image must have at least (auxiliary heads may need more)."""
        return 1

    @property
    def auxiliary_heads(self) -> tuple[Head, ...]:
        """The layers that make the classes in auxiliary children."""
        return tuple(Head(one.head, one.in_features, one.out_features) for one in self.auxiliary)

    @property
    def class_name(self) -> str:
        """The class as people write it, e.g. ``torchvision.models.resnet.ResNet``."""
        return self.root.kind

    @property
    def input_size(self) -> int | None:
        """Pixels of each side of the image that it is meant for."""
        return self.input[-1] if self.input is not None else None

    @property
    def has_batchnorm(self) -> bool:
        """Whether any module keeps running statistics."""
        return any(node.base.startswith(BATCH_NORM) for _, node in self.root.walk())

    @property
    def has_dropout(self) -> bool:
        """Whether train mode drops units: a dropout or stochastic depth with a rate above 0."""
        return any(drop_rate(node) > 0 for _, node in self.root.walk())


BATCH_NORM = ("torch.nn.BatchNorm", "torch.nn.SyncBatchNorm")

RATES = {"StochasticDepth": "p", "DropPath": "drop_prob", "PatchDropout": "prob"}
"""Classes outside torch.nn that drop in train mode, and the argument that holds their rate."""


def drop_rate(node: Node) -> float:
    """The rate at which a module drops units, paths or patches in train mode; 0 where it does not."""
    name = "p" if node.base.startswith("torch.nn.Dropout") else RATES.get(node.kind.rpartition(".")[2], "")
    return float(node.config.get(name) or 0)
