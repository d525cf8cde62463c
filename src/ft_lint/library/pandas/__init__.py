"""``pandas``: tables, whose columns have one dimension."""

from __future__ import annotations

from collections.abc import Callable

from ft_lint.interpreter.arrays import rows_of
from ft_lint.library.numpy.dtypes import dtype_of
from ft_lint.library.site import Site, undivided
from ft_lint.syntax.written import source_of
from ft_lint.values.array import Array, Column, Table, array, as_array, column, is_plain, like, of_rows, table
from ft_lint.values.base import FALSE, NONE, Constant, Items, Unknown, Value, integer, is_none, text, truth
from ft_lint.values.callables import Function, Reference
from ft_lint.values.containers import Dict, List, Tuple
from ft_lint.values.shape import unknown_dim

_NOT_ONE_TABLE = ("chunksize", "iterator", "squeeze", "typ")
"""Settings with which a reader may give something else than a table."""


def _other(at: Site) -> Unknown:
    """What is not modelled, as it is of functions that are not."""
    return at.unknown("something of pandas that is not followed")


def _reader(*makes_several: str) -> Callable[..., Value]:
    """A function that reads a file; with a list for one of these settings it gives several tables, or levels."""

    @undivided
    def read(at: Site, *args: Value, **settings: Value) -> Value:
        several = any(not _is_single(settings[name]) for name in makes_several if name in settings)
        if not at.arguments.complete or several or any(name in settings for name in _NOT_ONE_TABLE):
            return _other(at)
        return table(plain="converters" not in settings)

    return read


def _is_single(value: Value) -> bool:
    """Whether a setting is one number or text."""
    return integer(value) is not None or text(value) is not None


_text_reader = _reader()


@undivided
def read_csv(at: Site, *args: Value, header: Value = NONE, **settings: Value) -> Value:
    """``read_csv``: a table; of several header rows its columns have several levels."""
    if not (_is_single(header) or is_none(header)):
        return _other(at)
    return _text_reader(at, *args, **settings)


read_table = read_fwf = read_csv
read_parquet = read_feather = read_stata = read_spss = read_sql = read_sql_query = read_sql_table = _text_reader
read_excel = _reader("sheet_name", "header")


def _kept(whole: bool) -> Callable[..., Value]:
    """A method that gives the same kind of thing, of the same rows where it is ``whole``."""

    @undivided
    def method(at: Site, self: Value, *args: Value, inplace: Value = FALSE, **settings: Value) -> Value:
        known = as_array(self)
        if known is None or truth(inplace) is not False or not at.arguments.complete:
            return _other(at)
        rows = known.shape[0] if whole else unknown_dim()
        made = like(known, (rows, *known.shape[1:]), known.dtype)
        return of_rows(made, rows_of(at.m, known)) if whole else made

    return method


_WHOLE = """copy fillna ffill bfill interpolate round clip abs rename rename_axis shift diff pct_change
    infer_objects convert_dtypes rank where mask cumsum cumprod""".split()
_OF_SOME_ROWS = "dropna sample head tail drop_duplicates query sort_index nlargest nsmallest".split()


@undivided
def _astype(at: Site, self: Value, dtype: Value = NONE, *args: Value, **settings: Value) -> Value:
    """``astype(...)``: a column of another dtype."""
    known = as_array(self)
    if known is None:
        return _other(at)
    made = like(known, known.shape, dtype_of(dtype) if isinstance(known, Column) else None)
    return of_rows(made, rows_of(at.m, known))


@undivided
def _to_numpy(at: Site, self: Value, dtype: Value = NONE, *args: Value, **settings: Value) -> Value:
    """``to_numpy()``."""
    known = as_array(self)
    if known is None:
        return _other(at)
    made = array(known.shape, known.dtype if is_none(dtype) else dtype_of(dtype), is_plain(known))
    return of_rows(made, rows_of(at.m, known))


@undivided
def _tolist(at: Site, self: Value) -> Value:
    """``tolist()``: a list of as many items."""
    known = as_array(self)
    rows = rows_of(at.m, known) if known is not None else None
    return _other(at) if rows is None else rows


_SHARED: dict[str, Callable[..., Value]] = {
    **dict.fromkeys(_WHOLE, _kept(True)),
    **dict.fromkeys(_OF_SOME_ROWS, _kept(False)),
    "astype": _astype,
    "to_numpy": _to_numpy,
    "tolist": _tolist,
    "to_list": _tolist,
}


class DataFrame:
    """A table."""

    @staticmethod
    @undivided
    def construct(
        at: Site, data: Value = NONE, index: Value = NONE, columns: Value = NONE, *args: Value, **settings: Value
    ) -> Value:
        """``DataFrame(...)``: its columns have one level where they are named by texts."""
        return table() if is_none(columns) or _has_one_level(columns) else _other(at)

    @staticmethod
    @undivided
    def drop(at: Site, self: Value, *args: Value, inplace: Value = FALSE, **settings: Value) -> Value:
        """``drop(...)``: other columns, or other rows."""
        known = as_array(self)
        if not isinstance(known, Table) or truth(inplace) is not False or not at.arguments.complete:
            return _other(at)
        axis = settings.get("axis", args[1] if len(args) > 1 else NONE)
        columns = ("columns" in settings and not args) or integer(axis) == 1 or text(axis) == "columns"
        return like(known, (known.shape[0] if columns else unknown_dim(), unknown_dim()))

    @staticmethod
    @undivided
    def reset_index(at: Site, self: Value, *args: Value, inplace: Value = FALSE, **settings: Value) -> Value:
        """``reset_index(...)``: the rows in their order."""
        known = as_array(self)
        if not isinstance(known, Table) or truth(inplace) is not False:
            return _other(at)
        return of_rows(like(known, (known.shape[0], unknown_dim())), rows_of(at.m, known))

    set_index = assign = replace = reset_index

    @staticmethod
    @undivided
    def sort_values(at: Site, self: Value, *args: Value, inplace: Value = FALSE, **settings: Value) -> Value:
        """``sort_values(...)``."""
        known = as_array(self)
        if not isinstance(known, Table) or truth(inplace) is not False:
            return _other(at)
        return like(known, (unknown_dim(), known.shape[1]))

    @staticmethod
    @undivided
    def pop(at: Site, self: Value, item: Value = NONE, *args: Value) -> Value:
        """``pop("y")``: a column."""
        known = as_array(self)
        if not isinstance(known, Table) or text(item) is None:
            return _other(at)
        return column(known.shape[0], plain=known.is_plain)


def _has_one_level(columns: Value) -> bool:
    match columns:
        case List(fields={"items": Items(values, _)}):
            return all(text(value) is not None for value in values)
    return False


class Series:
    """A column."""

    @staticmethod
    @undivided
    def construct(at: Site, *args: Value, **settings: Value) -> Value:
        """``Series(...)``."""
        return column(unknown_dim())

    @staticmethod
    @undivided
    def map(at: Site, self: Value, arg: Value = NONE, *args: Value, **settings: Value) -> Value:
        """``map(...)``: other items in as many rows."""
        known = as_array(self)
        if not isinstance(known, Column):
            return _other(at)
        return of_rows(column(known.shape[0], plain=isinstance(arg, Dict) and _maps_to_plain(arg)), known.drawn)

    @staticmethod
    @undivided
    def apply(at: Site, self: Value, func: Value = NONE, *args: Value, **settings: Value) -> Value:
        """``apply(f)``: a column, too, where the function makes no columns itself."""
        known = as_array(self)
        if not isinstance(known, Column) or not _gives_an_item(func):
            return _other(at)
        return of_rows(column(known.shape[0]), known.drawn)

    @staticmethod
    @undivided
    def replace(at: Site, self: Value, *args: Value, inplace: Value = FALSE, **settings: Value) -> Value:
        """``replace(...)``: other items in as many rows."""
        known = as_array(self)
        if not isinstance(known, Column) or truth(inplace) is not False:
            return _other(at)
        return of_rows(column(known.shape[0], plain=known.plain), known.drawn)

    @staticmethod
    @undivided
    def reset_index(
        at: Site, self: Value, level: Value = NONE, drop: Value = FALSE, *args: Value, **settings: Value
    ) -> Value:
        """``reset_index(drop=True)``; else the index becomes a column of a table."""
        known = as_array(self)
        if not isinstance(known, Column) or truth(drop) is not True or "inplace" in settings:
            return _other(at)
        return known

    @staticmethod
    @undivided
    def sort_values(at: Site, self: Value, *args: Value, inplace: Value = FALSE, **settings: Value) -> Value:
        """``sort_values()``."""
        known = as_array(self)
        if not isinstance(known, Column) or truth(inplace) is not False:
            return _other(at)
        return like(known, (unknown_dim(),), known.dtype)

    @staticmethod
    @undivided
    def to_frame(at: Site, self: Value, *args: Value, **settings: Value) -> Value:
        """``to_frame()``: a table of one column."""
        known = as_array(self)
        return _other(at) if known is None else table(known.shape[0], plain=is_plain(known))


def _gives_an_item(function: Value) -> bool:
    match function:
        case Reference(path):
            return path.startswith(("builtins.", "math."))
        case Function(node=node):
            return "Series" not in source_of(node)
    return False


def _maps_to_plain(mapping: Dict) -> bool:
    values = mapping.entries.values()
    return mapping.complete and all(isinstance(one, Constant) for one in values)


for _name, _method in _SHARED.items():
    setattr(DataFrame, _name, staticmethod(_method))
    setattr(Series, _name, staticmethod(_method))


@undivided
def to_numeric(at: Site, arg: Value = NONE, *args: Value, **settings: Value) -> Value:
    """``to_numeric(column)``."""
    known = as_array(arg)
    return of_rows(column(known.shape[0], plain=True), known.drawn) if isinstance(known, Column) else _other(at)


@undivided
def get_dummies(at: Site, data: Value = NONE, *args: Value, **settings: Value) -> Value:
    """``get_dummies(...)``: a table of as many rows."""
    known = as_array(data)
    return table(known.shape[0], plain=True) if isinstance(known, Table | Column) else table(plain=True)


@undivided
def concat(at: Site, objs: Value = NONE, *args: Value, axis: Value = NONE, **settings: Value) -> Value:
    """``concat([...])``: a table where there is a table among them."""
    from ft_lint.interpreter.items import items_of

    items = items_of(at.m, objs)
    known = [as_array(one) for one in items.values] if items is not None else []
    if "keys" in settings or not any(isinstance(one, Table) for one in known):
        return _other(at)
    return table(plain=all(isinstance(one, Array) and is_plain(one) for one in known))
