"""Why torch refuses a shape: each refusal has one cause, so that one mistake is one finding.

The more specific cause comes first: a batch flattened or folded, a flattening, a head, then any layer, then any
operation.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterator

from ft_lint.facts import Facts
from ft_lint.facts.models import LayerReplaced, ModelBuilt
from ft_lint.facts.tensors import RowsChanged, ShapeRefused
from ft_lint.values.base import Unknown, Value
from ft_lint.values.module import modules_of
from ft_lint.values.shape import Dim, Shape, equal
from ft_lint.values.tensor import Parameter, Tensor
from ft_lint.values.training import StateDict

GREY, COLOUR = 1, 3


class Cause(enum.Enum):
    """What a refusal comes from."""

    BATCH_FLATTENED = enum.auto()
    BATCH_FOLDED = enum.auto()
    FLATTENING = enum.auto()
    HEAD = enum.auto()
    GREY_IMAGES = enum.auto()
    IMAGE_SIZE = enum.auto()
    BROADCAST_TARGET = enum.auto()
    SETTING = enum.auto()
    LAYER = enum.auto()
    OPERATION = enum.auto()
    OTHER = enum.auto()
    """What nobody speaks of: dtypes, which autocast and `half()` may have changed; lists that are filled elsewhere."""


def refusals(facts: Facts, *causes: Cause) -> Iterator[ShapeRefused]:
    """What torch surely refuses for one of these causes, or wherever a setting chooses the layer that refuses it; in
    order.
    """
    found = [refused for refused in facts.of(ShapeRefused) if cause(facts, refused) in causes]
    sure = {id(refused) for refused in facts.on_every_way(found)}
    for refused in found:
        if id(refused) in sure or (refused.module is not None and _is_always_refused(facts, refused, found)):
            yield refused


def _is_always_refused(facts: Facts, refused: ShapeRefused, found: list[ShapeRefused]) -> bool:
    """Whether a layer refuses what it gets on every way on which it was put where it is."""
    puts = (put for put in facts.before(refused).of(LayerReplaced) if refused.module in modules_of(put.new))
    put = next(puts, None)
    if put is None or not put.moment.path or any(_is_of_a_file(condition) for condition, _ in put.moment.path):
        return False
    return refused in facts.on_every_way([one for one in found if one.module is refused.module], put)


def _is_of_a_file(condition: Value) -> bool:
    """Whether a checkpoint decides, which then fits what the model gets: ``if kept.get("kind") == "cnn"``."""
    return isinstance(condition, Unknown) and any(isinstance(one, Tensor | StateDict) for one in condition.touched)


def cause(facts: Facts, refused: ShapeRefused) -> Cause:
    """The one cause of a refusal."""
    given = refused.input if isinstance(refused.input, Tensor) else Tensor()
    gets, takes, form = (refused.sizes.get(name) for name in ("gets", "takes", "form"))
    if form == "setting":
        return Cause.SETTING
    if form == "empty" or (form == "dtype" and refused.operation != "loss"):
        return Cause.OTHER
    if refused.operation in ("collate", "image size"):
        return Cause.IMAGE_SIZE
    batch = form in ("batch", "broadcast")
    folding = given.folding if form != "dtype" and (refused.module is not None or batch) else None
    if folding is not None and (batch or equal(folding.before[-1], folding.after[-1]) is not True):
        return Cause.BATCH_FLATTENED if is_one_row(folding.after) else Cause.BATCH_FOLDED
    if any(changed.node is refused.node and is_torn(changed) for changed in facts.of(RowsChanged)):
        return Cause.BATCH_FOLDED
    if refused.operation == "linear" and given.flattening is not None and isinstance(gets, int):
        return Cause.FLATTENING
    if (gets, takes) == (GREY, COLOUR) and given.prepared is not None and given.prepared.source is not None:
        return Cause.GREY_IMAGES
    if given.features_of is not None and refused.module is not None:
        return Cause.HEAD
    if form == "pairs":
        return Cause.BROADCAST_TARGET
    own = refused.module is not None and refused.operation != "loss" and not _is_of_library(facts, refused)
    return Cause.LAYER if own else Cause.OPERATION


def _is_of_library(facts: Facts, refused: ShapeRefused) -> bool:
    """Whether the layer came with a model of a library: the script did not choose its sizes."""
    place = refused.module.node if refused.module is not None else None
    return place is None or any(built.node is place for built in facts.of(ModelBuilt))


def is_one_row(shape: Shape) -> bool:
    """Whether everything stands in one row: ``(n,)`` or ``(1, n)``."""
    return len(shape) == 1 or (len(shape) == 2 and shape[0] == 1)


def sample_width(changed: RowsChanged) -> tuple[int, int] | None:
    """How many numbers a sample has, and how many a row gets; None where one of them is not known."""
    features, width = _whole(changed.before[1:]), _whole((changed.after or changed.wanted or ())[1:])
    return (features, width) if features is not None and width is not None else None


def _whole(sizes: tuple[Dim, ...]) -> int | None:
    known = [size for size in sizes if isinstance(size, int)]
    return math.prod(known) if len(known) == len(sizes) else None


def are_planes(before: Shape, after: Shape) -> bool:
    """Whether a view shares the channels of (N, C, H, W) out among more images of the same height and width.

    >>> are_planes((64, 6, 30, 30), (-1, 3, 30, 30)), are_planes((64, 16, 5, 5), (-1, 200))
    (True, False)
    """
    if len(before) < 3 or len(before) != len(after) or before[2:] != after[2:]:
        return False
    channels, each = before[1], after[1]
    return isinstance(channels, int) and isinstance(each, int) and each > 0 and channels % each == 0


def is_torn(changed: RowsChanged) -> bool:
    """Whether a view of a batch gives rows that end within samples, and not along their dimensions.

    One row for each token, crop or anchor is meant: a product of the last dimensions, or a part of the last alone.  So
    are the rows of one sample, and pictures of some of the channels each.
    """
    found = sample_width(changed)
    is_weight = isinstance(changed.input, Parameter)
    of_batch = changed.input.batch_of is not None or (len(changed.before) >= 4 and not is_weight)
    if found is None or not of_batch or changed.before[0] == 1 or changed.wanted is None or changed.wanted[:1] != (-1,):
        return False
    features, width = found
    if width == 0 or features == 0 or width % features == 0 or are_planes(changed.before, changed.wanted):
        return False
    last = changed.before[-1]
    trailing = {_whole(changed.before[start:]) for start in range(1, len(changed.before) + 1)}
    return width not in trailing | {1} and not (isinstance(last, int) and last % width == 0)
