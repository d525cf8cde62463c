"""Tensors, parameters and where gradients flow."""

from __future__ import annotations

import ast
from collections.abc import Collection
from dataclasses import field
from typing import TYPE_CHECKING

from ft_lint.light import dataclass
from ft_lint.values.base import Comparable, Constant, Fields, Numbers, Unknown, Value
from ft_lint.values.count import Count
from ft_lint.values.shape import Dim, Shape, unknown_dim

if TYPE_CHECKING:
    from ft_lint.facts.models import Forward
    from ft_lint.values.module import Module
    from ft_lint.values.picture import Preparation
    from ft_lint.values.training import Loader


@dataclass(frozen=True, slots=True)
class Activation:
    """The last activation that a tensor went through, e.g. ``softmax``.

    ``node`` is its place: the construction of a layer, the call of a function.  ``name`` is written
    as the script has it (``Softmax`` or ``softmax``).
    """

    kind: str
    name: str
    node: ast.AST | None
    dim: Value | None = None


@dataclass(frozen=True, slots=True)
class Flattening:
    """The call that folded spatial dimensions into features."""

    node: ast.AST
    before: Shape


@dataclass(frozen=True, slots=True)
class Folding:
    """The reshape whose first dimension is not that of its input: rows are no longer samples."""

    node: ast.AST
    before: Shape
    after: Shape


@dataclass(frozen=True, slots=True, eq=False)
class Tensor(Value):
    """A tensor: shape (None when even the rank is unknown), dtype, and its history.

    ``graph`` holds what a gradient would reach: forward passes with trainable weights, and leaf
    tensors that require grad.  ``certain`` is false where something unknown went in, so that the
    graph may be larger than we see.
    """

    shape: Shape | None = None
    dtype: str | None = None
    graph: frozenset[Forward | Tensor] = frozenset()
    certain: bool = True
    activation: Activation | None = None
    flattening: Flattening | None = None
    features_of: Module | None = None
    affine: Module | None = None
    """A linear or convolutional layer that may have given it, where its values are still a layer's: they have no
    bounds."""
    batch_of: Loader | None = None
    counts: Count | None = None
    """What its truths, or their sum, say: how often two tensors agree."""
    cut: ast.AST | None = None
    """Where the graph was cut or the tensor made anew: ``.detach()``, ``.item()``, ``torch.tensor``."""
    cut_graph: frozenset[Forward | Tensor] = frozenset()
    """What the tensor depended on before it was cut."""
    leaf: bool = False
    """Whether it was made by hand to require grad."""
    prepared: Preparation | None = None
    """What was done to the images that it holds."""
    labels: int | None = None
    """The largest class index that is surely in it."""
    folding: Folding | None = None
    """What gave it its rows, where these are not the samples."""
    answer_of: Module | None = None
    """The model that gave it, shape unchanged."""
    given_by: Module | None = None
    """The model of whose answers it is: parts of them, or what became of each by itself."""
    order: tuple[int, ...] | None = None
    """Its dimensions from the outermost to the innermost in memory, where that is certain."""
    ungraded: Value | None = None
    """The ``no_grad`` or kin without which gradients would have been recorded for it."""
    rescaled: bool = False
    """Whether numbers have changed its scale; a loss is on its own scale where it is a mean."""
    width: Dim | None = None
    """Its last dimension, where nothing else of its shape is known."""
    steps: bool = False
    """Whether it is of steps, as recurrent layers give them, and of width: ``x[:, -1]`` takes one step."""
    scaled: Value | None = None
    """The ``GradScaler`` that multiplied it; something unknown where one may have."""
    assumed: bool = False
    """Whether a method of something unknown gave it that arrays, images or tables have too: it may be one of those."""
    fields: Fields = field(default_factory=dict)
    """``leaf`` once it was made to require grad, ``altered`` once it was written to in place, ``written`` what was."""

    @property
    def scores(self) -> Module | None:
        """The layer whose unbounded values it surely still holds."""
        return None if "altered" in self.fields else self.affine

    @property
    def largest_label(self) -> int | None:
        """The largest class index that is surely still in it."""
        return None if "altered" in self.fields else self.labels


def is_threshold(value: Value) -> bool:
    """Whether a number may tell two classes apart, by their logits or by their probabilities."""
    return isinstance(value, Constant) and type(value.value) in (int, float) and 0 <= value.value < 1


def tensor_behind(value: Value) -> Tensor | None:
    """A tensor, or the one whose numbers an array holds."""
    match value:
        case Tensor():
            return value
        case Numbers(touched=(Tensor() as tensor,)):
            return tensor
    return None


def merged(left: Tensor, right: Tensor) -> Tensor:
    """What is known of a tensor that is one of two: kept apart, two tensors at each of many branches would be
    many."""
    return Tensor(
        shape=_merged_shape(left.shape, right.shape),
        dtype=left.dtype if left.dtype == right.dtype else None,
        graph=left.graph | right.graph,
        certain=left.certain and right.certain,
        activation=left.activation if left.activation == right.activation else None,
        flattening=left.flattening if left.flattening == right.flattening else None,
        features_of=left.features_of if left.features_of is right.features_of else None,
        affine=left.scores if right.scores is not None else None,
        batch_of=left.batch_of if left.batch_of is right.batch_of else None,
        counts=left.counts if left.counts is right.counts else None,
        cut=left.cut if left.cut is right.cut else None,
        cut_graph=left.cut_graph | right.cut_graph,
        leaf=left.leaf and right.leaf,
        prepared=left.prepared if left.prepared is right.prepared else None,
        labels=left.labels if left.labels == right.labels else None,
        folding=left.folding if left.folding == right.folding else None,
        answer_of=left.answer_of if left.answer_of is right.answer_of else None,
        given_by=left.given_by if left.given_by is right.given_by else None,
        order=left.order if left.order == right.order else None,
        ungraded=left.ungraded if left.ungraded is right.ungraded else None,
        rescaled=left.rescaled or right.rescaled,
        assumed=left.assumed or right.assumed,
        width=left.width if left.width == right.width else None,
        steps=left.steps and right.steps,
        scaled=left.scaled if left.scaled is right.scaled else Unknown("scaled on one of two ways"),
    )


def _merged_shape(left: Shape | None, right: Shape | None) -> Shape | None:
    if left is None or right is None or len(left) != len(right):
        return None
    return tuple(a if a == b else unknown_dim() for a, b in zip(left, right, strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class Grad(Comparable):
    """``requires_grad`` of a parameter, and the statement that set it (None: as built)."""

    required: bool
    node: ast.AST | None = None

    def same_as(self, other: Value) -> bool:
        """Whether ``other`` is the same setting by the same statement."""
        return isinstance(other, Grad) and other.required == self.required and other.node is self.node


@dataclass(frozen=True, slots=True, eq=False)
class Cast(Comparable):
    """The dtype that a parameter was loaded in or made into, and the call that did so."""

    dtype: str
    node: ast.AST | None = None

    def same_as(self, other: Value) -> bool:
        """Whether ``other`` is the same dtype by the same call."""
        return isinstance(other, Cast) and other.dtype == self.dtype and other.node is self.node


@dataclass(frozen=True, slots=True, eq=False)
class Gradient(Comparable):
    """What stands in a parameter's ``.grad``, and the fact that left it so.

    ``none``; ``fresh`` from a backward; ``spent`` once a step has used it; ``stale`` when a further
    backward has added to a spent one.
    """

    state: str
    by: Value | None = None

    def same_as(self, other: Value) -> bool:
        """Whether ``other`` is in the same state."""
        return isinstance(other, Gradient) and other.state == self.state and other.by is self.by

    def is_like(self, other: Gradient) -> bool:
        """Whether the same line has left ``other`` in the same state."""
        mine, theirs = (getattr(one.by, "node", None) for one in (self, other))
        return other.state == self.state and (other.by is self.by or (mine is not None and mine is theirs))


NO_GRADIENT = Gradient("none")


@dataclass(frozen=True, slots=True, eq=False)
class Parameter(Tensor):
    """A parameter: ``fields`` hold ``requires_grad`` (:class:`Grad`) and ``grad`` (:class:`Gradient`).

    ``rest`` marks the stand-in for all parameters of a module whose inside we do not know; a child
    that is read from such a module gets a stand-in of its own with ``split_from`` the module's.
    """

    pretrained: bool | None = False
    rest: bool = False
    split_from: Parameter | None = None


def new_parameter(
    shape: Shape | None = None,
    *,
    pretrained: bool | None = False,
    rest: bool = False,
    split_from: Parameter | None = None,
    required: Value | None = None,
    cast: Value | None = None,
    leaf: bool = False,
    cut: ast.AST | None = None,
    cut_graph: frozenset[Forward | Tensor] = frozenset(),
) -> Parameter:
    """A fresh parameter that requires grad and has none yet; ``leaf``: a tensor made by hand to do so."""
    fields: Fields = {"requires_grad": required or Grad(True), "grad": NO_GRADIENT}
    if cast is not None:
        fields["dtype"] = cast
    return Parameter(
        shape=shape,
        dtype="float32",
        fields=fields,
        pretrained=pretrained,
        rest=rest,
        split_from=split_from,
        leaf=leaf,
        cut=cut,
        cut_graph=cut_graph,
    )


def how_many(parameters: Collection[Parameter]) -> str:
    """In words: ``12 parameters``, or ``parameters`` where one stands for all those that we do not see."""
    if any(parameter.rest for parameter in parameters):
        return "parameters"
    return "1 parameter" if len(parameters) == 1 else f"{len(parameters)} parameters"


@dataclass(frozen=True, slots=True, eq=False)
class TensorShape(Value):
    """``x.shape``: a tuple of dimensions."""

    shape: Shape


@dataclass(frozen=True, slots=True, eq=False)
class Dimension(Value):
    """One dimension of a tensor that is no plain integer, e.g. the batch."""

    dim: Dim


def last_of(value: Value) -> Dim | None:
    """The last dimension of a tensor, where it has one that is known."""
    if not isinstance(value, Tensor):
        return None
    return value.width if value.shape is None else next(iter(value.shape[-1:]), None)


def shape_of(value: Value | None) -> Shape | None:
    """The shape of a tensor, ``()`` for a number, None where it is unknown; of a parameter, that of its data."""
    match value:
        case Parameter(fields={"data": data}):
            return shape_of(data)
        case Tensor(shape=shape):
            return shape
        case Constant(int() | float() | bool()) | Dimension() | Count():
            return ()
    return None
