"""``sklearn.model_selection``: splitters, and what a split gives."""

from __future__ import annotations

import dataclasses

from ft_lint.facts.data import RowsDrawn
from ft_lint.library.site import Site
from ft_lint.library.torch.utils.data import randomness_of
from ft_lint.light import replace
from ft_lint.values.array import as_array, like
from ft_lint.values.base import FALSE, NONE, TRUE, Unknown, Value, is_none, truth
from ft_lint.values.callables import Instance
from ft_lint.values.containers import Iterator, Tuple, new_list
from ft_lint.values.shape import Dim, unknown_dim
from ft_lint.values.tensor import Tensor
from ft_lint.values.training import Drawing, Randomness
from ft_lint.values.training import Rows as RowsValue

SHARING_OUT = frozenset(
    """KFold StratifiedKFold GroupKFold StratifiedGroupKFold RepeatedKFold RepeatedStratifiedKFold ShuffleSplit
    StratifiedShuffleSplit GroupShuffleSplit LeaveOneOut LeavePOut LeaveOneGroupOut LeavePGroupsOut
    PredefinedSplit""".split()
)
"""Splitters that hold every sample out and train on it in turn."""


def _splitter(name: str) -> type:
    def construct(at: Site, *args: Value, **kwargs: Value) -> Value:
        return Instance(f"sklearn.model_selection.{name}", arguments=dict(kwargs), node=at.node)

    def split(at: Site, self: Instance, X: Value = NONE, y: Value = NONE, groups: Value = NONE) -> Value:  # noqa: N803
        parts = Unknown("positions to train on"), Unknown("positions that are held out")
        return Iterator(complete=False, each=Tuple(parts), of=self)

    return type(name, (), {"construct": staticmethod(construct), "split": staticmethod(split)})


for _name in (*SHARING_OUT, "TimeSeriesSplit"):
    globals()[_name] = _splitter(_name)


def is_sharing_out(value: Value | None) -> bool:
    """Whether a value is a splitter that trains on what it held out before, and the reverse."""
    name = value.kind.removeprefix("sklearn.model_selection.") if isinstance(value, Instance) else ""
    return name in SHARING_OUT


def train_test_split(
    at: Site, *arrays: Value, random_state: Value = NONE, shuffle: Value = TRUE, **settings: Value
) -> Value:
    """``train_test_split(x, y)``: two parts of each array, one behind the other; of as many rows as the others'."""
    source = randomness_of(at, "numpy") if is_none(random_state) else Randomness(random_state)
    known = at.arguments.complete and truth(shuffle) is True
    drawing = Drawing(source if known else None)
    at.emit(RowsDrawn, drawing=drawing)
    sizes = unknown_dim(), unknown_dim()
    return new_list(tuple(_part(at, array, drawing, part, sizes[part]) for array in arrays for part in range(2)))


def _part(at: Site, array: Value, drawing: Drawing, part: int, size: Dim) -> Value:
    if isinstance(array, Tensor) and array.shape:
        return replace(array, shape=(size, *array.shape[1:]))
    version = at.m.versions.get(id(array), 0)
    rows = RowsValue("a part of an array", (array,), whole=array, drawing=drawing, part=part, version=version)
    known = as_array(array)
    return rows if known is None else replace(like(known, (size, *known.shape[1:]), known.dtype), drawn=rows)


class Rows:
    """What may be done with such a part that leaves its rows what they are."""

    @staticmethod
    def reset_index(at: Site, self: RowsValue, *args: Value, **settings: Value) -> Value:
        """``reset_index(drop=True)``: the same rows, numbered anew."""
        return self if truth(settings.get("inplace", FALSE)) is False else NONE

    @staticmethod
    def copy(at: Site, self: RowsValue, *args: Value, **settings: Value) -> Value:
        """The same rows."""
        return self

    tolist = to_numpy = copy
