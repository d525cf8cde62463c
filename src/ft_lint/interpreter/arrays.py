"""Attributes and items of arrays and tables; None for all that is not known of them."""

from __future__ import annotations

from ft_lint.interpreter.machine import Machine
from ft_lint.library import find, type_path
from ft_lint.values.array import (
    Array,
    Bunch,
    Column,
    Locator,
    Table,
    array,
    as_array,
    column,
    is_number,
    is_plain,
    like,
    of_rows,
    table,
)
from ft_lint.values.array import (
    item_of as any_item,
)
from ft_lint.values.base import Constant, Items, UnknownText, Value, constant, integer, text
from ft_lint.values.callables import Bound, Instance, Reference
from ft_lint.values.containers import List, Tuple
from ft_lint.values.shape import Dim, Shape, unknown_dim
from ft_lint.values.training import Rows


def attribute_of(m: Machine, owner: Value, name: str) -> Value | None:
    """An attribute of an array, a column or a table; a method of these and their kin."""
    match owner:
        case Bunch(parts=parts):
            return parts.get(name)
        case Array(shape=shape, dtype=dtype) if name == "values" and isinstance(owner, Column | Table):
            return of_rows(array(shape, dtype, is_plain(owner)), rows_of(m, owner))
        case Array() if name in ("loc", "iloc") and isinstance(owner, Column | Table):
            return Locator("a part of a table", of=owner, labels=name == "loc")
        case Array(shape=shape, dtype=dtype) if name == "T" and type(owner) is Array:
            return array(shape[::-1], dtype, owner.plain)
    if isinstance(owner, Table) and _is_column(owner, name):
        return _column_of(m, owner)
    path = f"{type_path(owner)}.{name}"
    return Bound(owner, Reference(path), name) if find(path) is not None else None


def _is_column(owner: Table, name: str) -> bool:
    """Whether an attribute of a table is one of its columns: it is nothing that all tables have, nor was it set."""
    from ft_lint.library.pandas.own_names import OWN_NAMES

    return not name.startswith("_") and "attribute" not in owner.fields and name not in OWN_NAMES


def item_of(m: Machine, owner: Value, index: Value) -> Value | None:
    """``owner[index]``."""
    match owner:
        case Bunch(parts=parts):
            return parts.get(text(index) or "")
        case Locator(of=of, labels=labels):
            return _located(m, of, index, labels) if of is not None else None
        case Table():
            return _of_table(m, owner, index)
        case Column():
            return _of_column(owner, index)
        case Array():
            return _of_array(m, owner, index)
    return None


# --- tables ------------------------------------------------------------------------------------


def rows_of(m: Machine, owner: Array) -> Value | None:
    """The rows that a table, or what was taken from it, has."""
    if owner.drawn is not None or not isinstance(owner, Table):
        return owner.drawn
    return Rows("the rows of a table", (owner,), whole=owner, version=m.versions.get(id(owner), 0))


def _column_of(m: Machine, owner: Table) -> Value:
    return of_rows(column(owner.shape[0], plain=owner.is_plain), rows_of(m, owner))


def _of_table(m: Machine, owner: Table, index: Value) -> Value | None:
    rows, columns = owner.shape
    if _is_text(index):
        return _column_of(m, owner)
    if isinstance(index, List):
        return of_rows(table(rows, plain=owner.is_plain), rows_of(m, owner))
    return table(None, columns, owner.is_plain) if _is_mask(index) or _is_slice(index) else None


def _is_text(value: Value) -> bool:
    return text(value) is not None or isinstance(value, UnknownText)


def _of_column(owner: Column, index: Value) -> Value | None:
    if _is_mask(index) or _is_slice(index):
        return like(owner, (unknown_dim(),), owner.dtype)
    if _is_text(index) or is_number(index):
        return any_item(owner.dtype is not None, owner.plain)
    return None


def _located(m: Machine, of: Array, index: Value, labels: bool) -> Value | None:
    """``iloc[...]`` and ``loc[...]``: a place drops its dimension, several keep it."""
    given = index.values if isinstance(index, Tuple) and index.complete else (index,)
    kept = [_keeps(one, labels and place == 0) for place, one in enumerate(given)]
    if len(given) > len(of.shape) or None in kept:
        return None
    kept += [True] * (len(of.shape) - len(kept))
    full = [one == slice(None) for one in map(constant, given)] + [True] * (len(of.shape) - len(given))
    shape = [size if whole else unknown_dim() for size, keep, whole in zip(of.shape, kept, full, strict=True) if keep]
    if len(shape) == 2:
        return table(shape[0], shape[1], is_plain(of))
    dtype = of.dtype if isinstance(of, Column) else None
    return column(shape[0], dtype, is_plain(of)) if shape else any_item(dtype is not None, is_plain(of))


def _keeps(index: Value, by_label: bool) -> bool | None:
    """Whether an index chooses several; None where that is not known, as of a row's label that several rows have."""
    if _is_slice(index) or _is_mask(index) or isinstance(index, List):
        return True
    if by_label or not (is_number(index) or _is_text(index)):
        return None
    return False


# --- arrays ------------------------------------------------------------------------------------


def _of_array(m: Machine, owner: Array, index: Value) -> Value | None:
    """``array[...]`` for numbers, slices, None, ``...`` and one mask or list of places."""
    if isinstance(index, Tuple) and not index.complete:
        return None
    parts = list(index.values) if isinstance(index, Tuple) else [index]
    parts = [m.store.resolve(one) for one in parts]
    widths = [_width(one) for one in parts]
    taken = [width for width in widths if width is not None]
    missing = len(owner.shape) - sum(taken)
    if len(taken) < len(widths) or missing < 0 or sum(map(_is_chosen, parts)) > 1:
        return None
    if _is_chosen(parts[-1]) and any(map(is_number, parts)):
        return None  # numbers beside a list of places move its dimension
    if not any(constant(one) is ... for one in parts):
        parts.append(Constant(...))
    shape: list[Dim] = []
    rest = list(owner.shape)
    for one in parts:
        if constant(one) is ...:
            shape += rest[:missing]
            del rest[:missing]
            continue
        width = _width(one) or 0
        shape += _chosen(one, rest[:width])
        del rest[:width]
    return array(shape, owner.dtype, owner.plain)


def _width(index: Value) -> int | None:
    """How many dimensions an index takes; None where it is not followed."""
    if isinstance(index, Constant) and (index.value is None or index.value is ...):
        return 0
    if _is_mask(index):
        mask = as_array(index)
        return len(mask.shape) if mask is not None else None
    return 1 if (is_number(index) and not _is_truth(index)) or _is_slice(index) or _is_chosen(index) else None


def _is_truth(index: Value) -> bool:
    return isinstance(constant(index), bool)


def _is_chosen(index: Value) -> bool:
    """Whether an index is a mask, or places in a row."""
    known = as_array(index)
    if known is not None:
        return known.dtype == "bool" or (known.dtype in ("int64", "int32") and len(known.shape) == 1)
    return isinstance(index, List) and _places(index)


def _places(index: List) -> bool:
    match index:
        case List(fields={"items": Items(values, True)}):
            return bool(values) and all(integer(value) is not None for value in values)
    return False


def _chosen(index: Value, sizes: Shape | list[Dim]) -> list[Dim]:
    """The dimensions that an index leaves of those that it takes."""
    if constant(index) is None and isinstance(index, Constant):
        return [1]
    if _is_chosen(index):
        return [unknown_dim()]
    if not _is_slice(index):
        return []
    part, size = constant(index), sizes[0]
    if part == slice(None):
        return [size]
    whole = isinstance(part, slice) and isinstance(size, int) and part.step != 0
    return [len(range(size)[part])] if whole and isinstance(size, int) else [unknown_dim()]


def _is_slice(index: Value) -> bool:
    return isinstance(constant(index), slice) or (isinstance(index, Instance) and index.kind == "builtins.slice")


def _is_mask(index: Value) -> bool:
    """Whether an index is an array of truths."""
    known = as_array(index)
    return known is not None and known.dtype == "bool"
