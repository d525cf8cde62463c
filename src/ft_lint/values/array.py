"""Arrays of NumPy and tables of pandas: how many dimensions they have, and little more.

They are unknown values all the same, so that whatever is not said here of them is as it is of any other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field

from ft_lint.light import dataclass, replace
from ft_lint.values.base import TRUE, Choice, Constant, Fields, Unknown, UnknownNumber, Value, number, options
from ft_lint.values.shape import Dim, Shape, unknown_dim
from ft_lint.values.tensor import Dimension


@dataclass(frozen=True, slots=True, eq=False)
class Array(Unknown):
    """An array of at least one dimension.

    ``plain`` is true where its items are numbers or texts; other objects in it may have dimensions of their own, and
    torch takes no such array.  ``drawn`` are the rows of a split or a table that it is, no more and no less.
    """

    shape: Shape = ()
    dtype: str | None = None
    plain: bool = False
    drawn: Value | None = None


class Column(Array):
    """A column of a table (``pandas.Series``): one dimension."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, eq=False)
class Table(Array):
    """A ``pandas.DataFrame``: two dimensions, and columns of a number that nobody knows, for more may be put in.

    ``fields`` holds ``written`` once a column was set.
    """

    fields: Fields = field(default_factory=dict)

    @property
    def is_plain(self) -> bool:
        """Whether its items are still numbers or texts."""
        return self.plain and "written" not in self.fields


class Cell(Unknown):
    """An item of a table: a number or a text, we do not know which."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, eq=False)
class Locator(Unknown):
    """``table.iloc``; ``labels``: ``table.loc``."""

    of: Array | None = None
    labels: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Bunch(Unknown):
    """A data set of scikit-learn: its parts go by name, as attributes and as items."""

    parts: dict[str, Value] = field(default_factory=dict)


class Estimator(Unknown):
    """A transformer of scikit-learn, ``why`` being its class's name."""

    __slots__ = ()


class Randomizer(Unknown):
    """A generator of NumPy's random numbers."""

    __slots__ = ()


def array(shape: Iterable[Dim], dtype: str | None = None, plain: bool = False) -> Value:
    """An array of a shape, of which nothing else is known; without dimensions it is an item."""
    found = tuple(shape)
    if found:
        return Array("an array", shape=found, dtype=dtype, plain=plain or dtype is not None)
    return item_of(dtype is not None, plain)


def item_of(numeric: bool, plain: bool) -> Value:
    """An item of an array."""
    if numeric:
        return UnknownNumber("an item of an array")
    return Cell("an item of an array") if plain else Unknown("an item of an array")


def column(rows: Dim, dtype: str | None = None, plain: bool = False) -> Column:
    """A column of so many rows."""
    return Column("a column", shape=(rows,), dtype=dtype, plain=plain or dtype is not None)


def table(rows: Dim | None = None, columns: Dim | None = None, plain: bool = False) -> Table:
    """A table of so many rows and columns."""
    shape = tuple(unknown_dim() if size is None else size for size in (rows, columns))
    return Table("a table", shape=shape, plain=plain)


def of_rows(made: Value, rows: Value | None) -> Value:
    """An array, column or table that has these rows."""
    return replace(made, drawn=rows) if isinstance(made, Array) and rows is not None else made


def is_plain(value: Array) -> bool:
    """Whether the items of an array, column or table are numbers or texts."""
    return value.is_plain if isinstance(value, Table) else value.plain


def like(of: Array, shape: Shape, dtype: str | None = None) -> Array:
    """The same kind of thing with other sizes; a table with columns of its own, which may be set apart."""
    if isinstance(of, Table):
        return table(shape[0], shape[1], of.is_plain)
    plain = of.plain or dtype is not None
    return replace(of, shape=shape, dtype=dtype, plain=plain, drawn=None)


def as_array(value: Value | None) -> Array | None:
    """What is known of an array that may be one of several, all of one kind and rank; None for all else."""
    if isinstance(value, Array):
        return value
    if not isinstance(value, Choice):
        return None
    first, *others = options(value)
    if not isinstance(first, Array) or any(type(one) is not type(first) for one in others):
        return None
    same = first
    for one in others:
        if not isinstance(one, Array) or len(one.shape) != len(same.shape):
            return None
        shape = tuple(a if a == b else unknown_dim() for a, b in zip(same.shape, one.shape, strict=True))
        dtype = same.dtype if same.dtype == one.dtype else None
        plain = is_plain(same) and is_plain(one)
        same = replace(same, shape=shape, dtype=dtype, plain=plain)
        if isinstance(same, Table):
            same = replace(same, fields={} if plain else {"written": TRUE})
    return same


def is_number(value: Value | None) -> bool:
    """Whether a value is a single number, known or not."""
    if isinstance(value, Constant):
        return number(value) is not None or isinstance(value.value, bool)
    return isinstance(value, UnknownNumber | Dimension)


def together(left: Shape, right: Shape) -> Shape:
    """The shape of two arrays that are broadcast, where NumPy does not refuse them."""
    longer, shorter = (left, right) if len(left) >= len(right) else (right, left)
    before = len(longer) - len(shorter)
    pairs = zip(longer[before:], shorter, strict=True)
    return (*longer[:before], *(_wider(a, b) for a, b in pairs))


def _wider(left: Dim, right: Dim) -> Dim:
    if left == right or right == 1:
        return left
    if left == 1 or isinstance(right, int):
        return right
    return left if isinstance(left, int) else unknown_dim()


_OF_WHOLE = ("bool", "int8", "int16", "int32", "int64", "uint8")


def combined(name: str, left: Value, right: Value) -> Value | None:
    """``left <name> right`` by the operator's name in ``ast``, where one is an array and the other one too, or a
    number; None where nothing is known."""
    one, other = as_array(left), as_array(right)
    if name == "MatMult":
        return _product(one, other) if one is not None and other is not None else None
    if one is not None and other is not None:
        if isinstance(one, Table) != isinstance(other, Table) and not _are_plain_arrays(one, other):
            shape = next(part.shape for part in (one, other) if isinstance(part, Table))
        else:
            shape = together(one.shape, other.shape)
        whole = max((one, other), key=_standing)
        dtype = one.dtype if one.dtype == other.dtype else None
        return like(whole, shape, _kept(name, dtype)) if len(shape) == len(whole.shape) else array(shape)
    known = one if one is not None else other
    beside = right if one is not None else left
    if known is None or not is_number(beside):
        return None
    dtype = _with_number(known.dtype, beside)
    return like(known, known.shape, _kept(name, dtype))


def _are_plain_arrays(*given: Array) -> bool:
    return all(type(one) is Array for one in given)


def _standing(value: Array) -> int:
    """Whose kind a result has."""
    return (2 if isinstance(value, Table) else 1 if isinstance(value, Column) else 0) * 10 + len(value.shape)


_COMPARING = ("Eq", "NotEq", "Lt", "LtE", "Gt", "GtE")


def _kept(name: str, dtype: str | None) -> str | None:
    """The dtype of what an operator gives on operands of one dtype."""
    if name in _COMPARING:
        return "bool"
    if dtype in _OF_WHOLE:
        return "float64" if name == "Div" else dtype if dtype == "int64" and name in ("Add", "Sub", "Mult") else None
    return dtype


def _with_number(dtype: str | None, beside: Value) -> str | None:
    """An array's dtype beside a Python number."""
    if dtype not in _OF_WHOLE:
        return dtype
    whole = isinstance(beside, Constant) and isinstance(beside.value, int)
    return dtype if whole else "float64" if isinstance(beside, Constant) else None


def _product(left: Array, right: Array) -> Value | None:
    """``left @ right`` of arrays with one or two dimensions."""
    if not _are_plain_arrays(left, right) or max(len(left.shape), len(right.shape)) > 2:
        return None
    dtype = left.dtype if left.dtype == right.dtype else None
    return array((*left.shape[:-1], *right.shape[1:]), dtype, plain=True)
