"""``numpy``: how many dimensions arrays have, with sizes and dtypes where these are certain.

A function that is given anything else than what is followed here gives something unknown, as if it were not here.
"""

from __future__ import annotations

from collections.abc import Callable

from ft_lint.interpreter.items import items_of
from ft_lint.library.numpy.dtypes import dtype_of
from ft_lint.library.site import Site, dim_of, dims_of, sizes, undivided
from ft_lint.values.array import Array, Cell, Column, Table, as_array, combined, is_number, is_plain, like
from ft_lint.values.array import array as shaped
from ft_lint.values.base import NONE, Constant, Unknown, UnknownNumber, Value, integer, is_none, number, text, truth
from ft_lint.values.containers import List, Tuple
from ft_lint.values.shape import Dim, Shape, divide_exactly, product, unknown_dim
from ft_lint.values.tensor import Dimension


def other(at: Site) -> Unknown:
    """What is not followed, as it is of functions that are not modelled."""
    return at.unknown("something of NumPy that is not followed")


def size_of(at: Site, value: Value | None) -> list[Dim] | None:
    """A size that is given as a number or a tuple of numbers."""
    known = value is not None and (is_number(value) or isinstance(value, Tuple | List))
    dims = dims_of(at, value) if known and not isinstance(value, UnknownNumber) else None
    if isinstance(value, UnknownNumber):
        return [unknown_dim()]
    return None if dims is None or any(isinstance(dim, int) and dim < 0 for dim in dims) else dims


# --- making arrays -----------------------------------------------------------------------------


def _filled(dtype: Value | None, own: str | None) -> str | None:
    return own if dtype is None or is_none(dtype) else dtype_of(dtype)


@undivided
def zeros(at: Site, shape: Value = NONE, dtype: Value = NONE, *args: Value, **settings: Value) -> Value:
    """``zeros``, ``ones``, ``empty``."""
    dims = size_of(at, shape)
    return other(at) if not dims or not at.arguments.complete else shaped(dims, _filled(dtype, "float64"), True)


ones = empty = zeros


@undivided
def full(at: Site, shape: Value = NONE, fill_value: Value = NONE, dtype: Value = NONE, **settings: Value) -> Value:
    """``full(shape, number)``."""
    dims = size_of(at, shape)
    if not dims or not is_number(fill_value) or not at.arguments.complete:
        return other(at)
    return shaped(dims, _filled(dtype, _dtype_of_number(fill_value)), True)


@undivided
def zeros_like(at: Site, a: Value = NONE, *args: Value, dtype: Value = NONE, **settings: Value) -> Value:
    """``zeros_like`` and kin."""
    known = as_array(a)
    if known is None or args or "shape" in settings or isinstance(known, Column | Table):
        return other(at)
    return like(known, known.shape, _filled(dtype, known.dtype))


ones_like = empty_like = zeros_like


_FIFTY = Constant(50)


@undivided
def linspace(at: Site, start: Value = NONE, stop: Value = NONE, num: Value = _FIFTY, **settings: Value) -> Value:
    """``linspace(a, b, number)``."""
    numbers = is_number(start) and is_number(stop) and at.arguments.complete
    dims = size_of(at, num) if is_number(num) else [unknown_dim()]
    if not numbers or dims is None or "retstep" in settings or "axis" in settings:
        return other(at)
    return shaped(dims, _filled(settings.get("dtype"), "float64"), True)


logspace = linspace


@undivided
def arange(at: Site, *bounds: Value, dtype: Value = NONE, **settings: Value) -> Value:
    """``arange``: one dimension."""
    whole = [integer(bound) for bound in bounds]
    steps = [one for one in whole if one is not None]
    listed = bool(steps) and len(steps) == len(whole) <= 3 and steps[2:] != [0]
    size = len(range(*steps)) if listed else unknown_dim()
    own = "int64" if listed else "float64" if any(isinstance(number(bound), float) for bound in bounds) else None
    return shaped((size,), _filled(dtype, own), True)


@undivided
def eye(at: Site, n: Value = NONE, m: Value = NONE, *args: Value, dtype: Value = NONE, **settings: Value) -> Value:
    """``eye(n)``."""
    dims = (dim_of(n), dim_of(n if is_none(m) else m))
    return shaped(dims, _filled(dtype, "float64"), True)


identity = eye


def _dtype_of_number(value: Value) -> str | None:
    if isinstance(value, Dimension):
        return "int64"
    found = value.value if isinstance(value, Constant) else None
    return {bool: "bool", int: "int64", float: "float64"}.get(type(found))


def of_data(at: Site, value: Value) -> tuple[Shape, str | None, bool] | None:
    """Shape, dtype and plainness of what ``np.array`` makes of something.

    A list in which one item is known has items of the same rank, or NumPy raises, or torch takes no such array.
    """
    value = at.m.store.resolve(value)
    if (known := as_array(value)) is not None:
        return known.shape, known.dtype, is_plain(known)
    if is_number(value):
        return (), _dtype_of_number(value), True
    if isinstance(value, Cell) or text(value) is not None:
        return (), None, True
    items = items_of(at.m, value) if isinstance(value, List | Tuple) else None
    if items is None or (isinstance(value, List) and value.distinct):
        return None
    if not items.values:
        return ((0,), "float64", True) if items.complete else None
    return _of_items([of_data(at, item) for item in items.values[:_MANY]], items.complete, len(items.values))


_MANY = 1_000
"""Items of a list that are looked at."""


def _of_items(
    found: list[tuple[Shape, str | None, bool] | None], complete: bool, count: int
) -> tuple[Shape, str | None, bool] | None:
    known = [one for one in found if one is not None]
    if not known:
        return None
    shapes, dtypes, plain = zip(*known, strict=True)
    if any(len(shape) != len(shapes[0]) for shape in shapes):
        return None
    sure = complete and len(known) == len(found) == count
    shape = tuple(sizes[0] if sure and len(set(sizes)) == 1 else unknown_dim() for sizes in zip(*shapes, strict=True))
    own = dtypes[0] if sure and len(set(dtypes)) == 1 else None
    return (count if complete else unknown_dim(), *shape), own, sure and all(plain)


def _array(at: Site, object: Value = NONE, dtype: Value = NONE, *args: Value, **settings: Value) -> Value:
    """``np.array(...)`` of a list, a number, a table, another array."""
    found = of_data(at, object)
    if found is None or not found[0] or "ndmin" in settings or not at.arguments.complete:
        return other(at)
    shape, own, plain = found
    return shaped(shape, _filled(dtype, own), plain)


# --- elementwise -------------------------------------------------------------------------------

_KEEPING = "abs absolute negative square sign clip round around fabs".split()
_FLOATING = """sin cos tan arcsin arccos arctan sinh cosh tanh exp expm1 exp2 log log1p log2 log10 sqrt cbrt floor ceil
    rint deg2rad rad2deg radians degrees""".split()


def _unary(floating: bool) -> Callable[..., Value]:
    @undivided
    def run(at: Site, x: Value = NONE, *args: Value, **settings: Value) -> Value:
        """A function of each item."""
        known = as_array(x)
        if known is None or "out" in settings or "where" in settings:
            return other(at)
        kept = known.dtype != "bool" if not floating else (known.dtype or "").startswith("float")
        return like(known, known.shape, known.dtype if kept else "float64" if known.dtype == "int64" else None)

    return run


def _binary(name: str) -> Callable[..., Value]:
    @undivided
    def run(at: Site, x1: Value = NONE, x2: Value = NONE, *args: Value, **settings: Value) -> Value:
        """A function of pairs of items."""
        found = combined(name, x1, x2) if not (args or settings) else None
        return other(at) if found is None else found

    return run


_BINARY = {
    "add": "Add", "subtract": "Sub", "multiply": "Mult", "divide": "Div", "true_divide": "Div", "power": "Pow",
    "maximum": "Max", "minimum": "Min", "mod": "Mod", "greater": "Gt", "less": "Lt", "equal": "Eq", "matmul": "MatMult",
    "dot": "MatMult",
}  # fmt: skip


@undivided
def where(at: Site, condition: Value = NONE, *ways: Value) -> Value:
    """``where(mask, a, b)``: of the mask's shape where both are numbers or texts."""
    known = as_array(condition)
    if known is None or len(ways) != 2 or not all(is_number(one) or text(one) is not None for one in ways):
        return other(at)
    kinds = {_dtype_of_number(one) for one in ways}
    return shaped(known.shape, kinds.pop() if len(kinds) == 1 else None, True)


# --- other shapes ------------------------------------------------------------------------------


@undivided
def expand_dims(at: Site, a: Value = NONE, axis: Value = NONE) -> Value:
    """``expand_dims(a, axis)``."""
    known, place = as_array(a), integer(axis)
    if known is None or place is None or not -len(known.shape) - 1 <= place <= len(known.shape):
        return other(at)
    place %= len(known.shape) + 1
    return shaped((*known.shape[:place], 1, *known.shape[place:]), known.dtype, is_plain(known))


@undivided
def reshape(at: Site, self: Value = NONE, *shape: Value, **settings: Value) -> Value:
    """``reshape(2, -1)`` and ``reshape((2, -1))``; one size may be left out."""
    known = as_array(self)
    dims = _sizes(at, shape)
    if known is None or not dims or isinstance(known, Column | Table):
        return other(at)
    return shaped(_completed(known.shape, dims), known.dtype, known.plain)


@undivided
def _resize(at: Site, self: Value = NONE, *shape: Value, **settings: Value) -> Value:
    """``resize(2, 3)``: the array itself gets another shape."""
    if isinstance(self, Array):
        at.m.store.write(at.m.store.become, self, reshape(at, self, *shape))
    return other(at)


def _sizes(at: Site, shape: tuple[Value, ...]) -> list[Dim] | None:
    if len(shape) == 1 and not (is_number(shape[0]) or isinstance(shape[0], Tuple | List)):
        return None
    return [dim_of(shape[0])] if len(shape) == 1 and is_number(shape[0]) else sizes(at, shape)


def _completed(before: Shape, wanted: list[Dim]) -> Shape:
    """The sizes of a reshape, where -1 stands for what is left."""
    if wanted.count(-1) != 1:
        return tuple(unknown_dim() if dim == -1 else dim for dim in wanted)
    rest = divide_exactly(product(before), product(dim for dim in wanted if dim != -1))
    return tuple((unknown_dim() if rest is None else rest) if dim == -1 else dim for dim in wanted)


@undivided
def flatten(at: Site, self: Value = NONE, *args: Value, **settings: Value) -> Value:
    """``flatten()`` and ``ravel()``."""
    known = as_array(self)
    if known is None or isinstance(known, Table):
        return other(at)
    return shaped((product(known.shape),), known.dtype, known.plain)


ravel = flatten


@undivided
def squeeze(at: Site, self: Value = NONE, axis: Value = NONE, *args: Value, **settings: Value) -> Value:
    """``squeeze()``: without the dimensions of one, where it is certain which they are."""
    known, place = as_array(self), integer(axis)
    if known is None or isinstance(known, Column | Table):
        return other(at)
    rank = len(known.shape)
    if place is not None and -rank <= place < rank:
        return shaped(_without(known.shape, place % rank), known.dtype, known.plain)
    if not is_none(axis) or not all(isinstance(size, int) for size in known.shape):
        return other(at)
    return shaped([size for size in known.shape if size != 1], known.dtype, known.plain)


def _without(shape: Shape, place: int) -> Shape:
    return (*shape[:place], *shape[place + 1 :])


@undivided
def transpose(at: Site, self: Value = NONE, *axes: Value, **settings: Value) -> Value:
    """``transpose()``: the dimensions the other way round, or in an order."""
    known = as_array(self)
    if known is None or isinstance(known, Column | Table) or settings:
        return other(at)
    given = axes[0].values if len(axes) == 1 and isinstance(axes[0], Tuple) else axes
    order = [integer(one) for one in given] or list(range(len(known.shape)))[::-1]
    places = [one % len(known.shape) for one in order if one is not None]
    if sorted(places) != list(range(len(known.shape))):
        return other(at)
    return shaped([known.shape[place] for place in places], known.dtype, known.plain)


@undivided
def _astype(at: Site, self: Value = NONE, dtype: Value = NONE, *args: Value, **settings: Value) -> Value:
    """``astype(...)``."""
    known = as_array(self)
    return other(at) if known is None else shaped(known.shape, dtype_of(dtype), is_plain(known))


@undivided
def _copied(at: Site, self: Value = NONE, *args: Value) -> Value:
    """``copy()``."""
    known = as_array(self)
    return other(at) if known is None else like(known, known.shape, known.dtype)


def _reduced(dtype: str | None) -> Callable[..., Value]:
    @undivided
    def run(at: Site, a: Value = NONE, axis: Value = NONE, *args: Value, **settings: Value) -> Value:
        """``sum(axis=1)``: without a dimension, which is one with ``keepdims``; of all of them a number."""
        known, place, kept = as_array(a), integer(axis), settings.get("keepdims")
        if known is None or args or isinstance(known, Column | Table) or not at.arguments.complete:
            return other(at)
        rank, keeps = len(known.shape), kept is not None and truth(kept)
        own = dtype or (known.dtype if (known.dtype or "").startswith("float") else None)
        if place is not None and -rank <= place < rank and keeps is not None:
            place %= rank
            shape = (*known.shape[:place], 1, *known.shape[place + 1 :]) if keeps else _without(known.shape, place)
            return shaped(shape, own, True)
        return UnknownNumber("a number computed by NumPy") if is_none(axis) and keeps is False else other(at)

    return run


_REDUCING: dict[str, str | None] = dict.fromkeys("sum prod mean std var median max min amax amin".split())


# --- several arrays ----------------------------------------------------------------------------


def _parts(at: Site, arrays: Value) -> list[Array] | None:
    """The arrays in a list; the known ones where it may have more, which have the same rank."""
    items = items_of(at.m, arrays) if isinstance(arrays, List | Tuple) else None
    found = [as_array(one) for one in items.values] if items is not None else []
    known = [one for one in found if one is not None]
    ranks = {len(one.shape) for one in known}
    return known if len(ranks) == 1 and len(known) == len(found) else None


@undivided
def _argmax(at: Site, a: Value = NONE, axis: Value = NONE, *args: Value, **settings: Value) -> Value:
    """``argmax(axis=1)``; that the classes are chosen of what a model answers is written down."""
    from ft_lint.library.torch._reductions import note_places

    note_places(at, "argmax", a, axis)
    return _reduced("int64")(at, a, axis, *args, **settings)


def _joined(rank: Callable[[int], int]) -> Callable[..., Value]:
    @undivided
    def run(at: Site, arrays: Value = NONE, axis: Value = NONE, *args: Value, **settings: Value) -> Value:
        """Arrays one behind the other, or on one another."""
        known = _parts(at, arrays)
        if known is None or not at.arguments.complete or ("axis" in places(at) and integer(axis) is None):
            return other(at)
        dtypes = {one.dtype for one in known}
        dtype = dtypes.pop() if len(dtypes) == 1 else None
        return shaped([unknown_dim() for _ in range(rank(len(known[0].shape)))], dtype, all(map(is_plain, known)))

    return run


def places(at: Site) -> set[str]:
    """The names of the keyword arguments."""
    return set(at.arguments.keywords)


class ndarray:
    """The methods of an array."""


_METHODS: dict[str, Callable[..., Value]] = {
    **{name: _reduced(None) for name in "sum prod mean std var max min".split()},
    "argmax": _argmax, "argmin": _reduced("int64"),
    "reshape": reshape, "flatten": flatten, "ravel": flatten, "squeeze": squeeze, "transpose": transpose,
    "astype": _astype, "resize": _resize, "copy": _copied, "clip": _unary(False),
    "round": _unary(False), "dot": _binary("MatMult"),
}  # fmt: skip
for _name, _method in _METHODS.items():
    setattr(ndarray, _name, staticmethod(_method))


def _placed(name: str) -> str:
    """Where a function stands here whose name is one of Python's own."""
    return f"{name}_" if name in ("abs", "round", "sum", "max", "min") else name


_FUNCTIONS: dict[str, Callable[..., Value]] = {
    **dict.fromkeys(_KEEPING, _unary(False)),
    **dict.fromkeys(_FLOATING, _unary(True)),
    **{name: _binary(operator) for name, operator in _BINARY.items()},
    **{name: _reduced(dtype) for name, dtype in _REDUCING.items()},
    "argmax": _argmax,
    "argmin": _reduced("int64"),
    **dict.fromkeys("array asarray copy nan_to_num ascontiguousarray".split(), undivided(_array)),
    **dict.fromkeys(("concatenate", "hstack"), _joined(lambda rank: rank)),
    **dict.fromkeys(("vstack", "column_stack"), _joined(lambda rank: max(rank, 2))),
    "stack": _joined(lambda rank: rank + 1),
}
globals().update({_placed(name): function for name, function in _FUNCTIONS.items()})
