"""Making tensors: from sizes, from data, like others."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

from ft_lint.library.site import Refused, Site, dim_of, sizes
from ft_lint.library.torch._arguments import ZERO, shape_of
from ft_lint.library.torch.dtypes import OF_CLASSES, dtype_asked, dtype_of, promote, python_dtype
from ft_lint.library.tracing import cuts_of
from ft_lint.light import replace
from ft_lint.values.array import Array, Cell, Column, Table, as_array
from ft_lint.values.base import FALSE, NONE, Constant, Unknown, UnknownNumber, Value, integer, is_none, number, truth
from ft_lint.values.containers import List, Tuple
from ft_lint.values.hub import TokenIds
from ft_lint.values.shape import Dim, Shape, compare, show, unknown_dim
from ft_lint.values.tensor import Dimension, Tensor, TensorShape, new_parameter


def made(at: Site, shape: Shape | None, dtype: str | None, requires_grad: Value = FALSE) -> Tensor:
    """A fresh tensor, a leaf where it requires grad."""
    if truth(requires_grad) is True:
        leaf = new_parameter(shape, leaf=True, cut=at.node)
        return replace(leaf, dtype=dtype, fields=leaf.fields)
    return Tensor(shape=shape, dtype=dtype, order=None if shape is None else tuple(range(len(shape))))


def _size(operation: str, at: Site, given: tuple[Value, ...]) -> Shape | None:
    dims = sizes(at, given)
    if dims is None:
        return None
    if any(isinstance(dim, int) and dim < 0 for dim in dims):
        raise Refused(operation, f"{show(tuple(dims))} has a negative size", NONE)
    return tuple(dims)


def filled(
    at: Site,
    *size: Value,
    out: Value = NONE,
    dtype: Value = NONE,
    layout: Value = NONE,
    device: Value = NONE,
    requires_grad: Value = FALSE,
    generator: Value = NONE,
    pin_memory: Value = FALSE,
    memory_format: Value = NONE,
    names: Value = NONE,
    **keywords: Value,
) -> Value:
    """``zeros``, ``ones``, ``empty``, ``rand``, ``randn``."""
    given = size or ((keywords["size"],) if "size" in keywords else ())
    found = dtype_asked(dtype, "float32")
    return made(at, _size("empty", at, given), found, requires_grad)


def full(
    at: Site,
    size: Value,
    fill_value: Value,
    *,
    out: Value = NONE,
    dtype: Value = NONE,
    layout: Value = NONE,
    device: Value = NONE,
    requires_grad: Value = FALSE,
) -> Value:
    """``torch.full``: of the number's own dtype; before torch 1.7 a whole number gave floats, or was refused."""
    found = dtype_asked(dtype, python_dtype(fill_value))
    if is_none(dtype) and found in ("int64", "bool") and not _may_be_since(at, "1.7"):
        found = None
    result = made(at, _size("full", at, (size,)), found, requires_grad)
    filling = integer(fill_value)
    return replace(result, labels=filling) if type(result) is Tensor and filling is not None else result


def _may_be_since(at: Site, release: str) -> bool:
    from ft_lint.library.releases import may_be_since  # which reads tables

    return may_be_since("torch", release, at.m.facts.targets)


def randint(
    at: Site,
    low: Value,
    high: Value = NONE,
    size: Value = NONE,
    *,
    dtype: Value = NONE,
    device: Value = NONE,
    generator: Value = NONE,
    requires_grad: Value = FALSE,
) -> Value:
    """``torch.randint(low=0, high, size)``: whole numbers."""
    given, bounds = (size, (low, high)) if not is_none(size) and not _is_size(high) else (high, (ZERO, low))
    least, most = (integer(bound) for bound in bounds)
    if least is not None and most is not None and least >= most:
        raise Refused("randint", f"no whole number from {least} to below {most}", NONE)
    found = dtype_asked(dtype, "int64")
    return made(at, _size("randint", at, (given,)), found)


def _is_size(value: Value) -> bool:
    return isinstance(value, Tuple | List | TensorShape)


def randperm(at: Site, n: Value, *, dtype: Value = NONE, device: Value = NONE, generator: Value = NONE) -> Value:
    """``randperm(n)``."""
    count = dim_of(n)
    if isinstance(count, int) and count < 0:
        raise Refused("randperm", "a negative number", n)
    return made(at, (count,), dtype_asked(dtype, "int64"))


def arange(
    at: Site,
    *bounds: Value,
    dtype: Value = NONE,
    device: Value = NONE,
    requires_grad: Value = FALSE,
    out: Value = NONE,
    **keywords: Value,
) -> Value:
    """``torch.arange(start=0, end, step=1)``: floats where one of them is."""
    given = [*bounds, *(keywords[name] for name in ("start", "end", "step") if name in keywords)]
    numbers = [number(value) for value in given]
    kinds = [python_dtype(value) for value in given]
    found = dtype_asked(dtype, "float32" if "float32" in kinds else "int64")
    if None in kinds and is_none(dtype):
        found = None
    return made(at, (_steps(given, numbers),), found, requires_grad)


def _steps(given: list[Value], numbers: list[float | int | None]) -> Dim:
    """How many numbers ``arange`` gives."""
    if len(given) == 1 and isinstance(given[0], Dimension):
        return dim_of(given[0])
    known = [one for one in numbers if one is not None]
    if len(known) < len(numbers) or not known:
        return unknown_dim()
    start, end, step = (0, known[0], 1) if len(known) == 1 else (*known[:2], 1) if len(known) == 2 else known[:3]
    if step == 0 or (end - start) * step < 0:
        raise Refused("arange", f"from {start} to {end} in steps of {step}", NONE)
    return math.ceil((end - start) / step)


def spaced(
    at: Site, start: Value, end: Value, steps: Value, *args: Value, dtype: Value = NONE, requires_grad: Value = FALSE,
    device: Value = NONE, out: Value = NONE,
) -> Value:  # fmt: skip
    """``linspace``/``logspace``: so many floats."""
    count = dim_of(steps)
    if isinstance(count, int) and count < 0:
        raise Refused("linspace", "a negative number of steps", NONE)
    return made(at, (count,), dtype_asked(dtype, "float32"), requires_grad)


def eye(
    at: Site, n: Value, m: Value = NONE, *, dtype: Value = NONE, device: Value = NONE, requires_grad: Value = FALSE
) -> Value:
    """``eye(n, m)``."""
    shape = _size("eye", at, (n, n if is_none(m) else m))
    return made(at, shape, dtype_asked(dtype, "float32"), requires_grad)


def like(
    at: Site,
    input: Value,
    *args: Value,
    dtype: Value = NONE,
    device: Value = NONE,
    layout: Value = NONE,
    requires_grad: Value = FALSE,
    memory_format: Value = NONE,
    generator: Value = NONE,
) -> Value:
    """``zeros_like`` and kin (``full_like`` and ``randint_like`` name numbers too)."""
    own = input.dtype if isinstance(input, Tensor) else None
    return made(at, shape_of(input), dtype_asked(dtype, own), requires_grad)


def new(at: Site, self: Value, *size: Value, dtype: Value = NONE, device: Value = NONE, **keywords: Value) -> Value:
    """``new_zeros`` and kin: of the tensor's dtype."""
    own = self.dtype if isinstance(self, Tensor) else None
    given = size or tuple(keywords[name] for name in ("size",) if name in keywords)
    found = dtype_asked(dtype, own)
    return made(at, _size("empty", at, given), found, keywords.get("requires_grad", FALSE))


def new_full(at: Site, self: Value, size: Value, fill_value: Value, *, dtype: Value = NONE, **settings: Value) -> Value:
    """``new_full(size, value)``."""
    return new(at, self, size, dtype=dtype)


def new_tensor(at: Site, self: Value, data: Value, *, dtype: Value = NONE, **settings: Value) -> Value:
    """``new_tensor(data)``."""
    shape, _ = _of_data(at, data)
    own = self.dtype if isinstance(self, Tensor) else None
    return made(at, shape, dtype_asked(dtype, own))


def token_ids(at: Site, data: Value) -> TokenIds | None:
    """The numbers of texts that a tensor is made of: of one, or of several in a list."""
    from ft_lint.interpreter.items import items_of

    items = items_of(at.m, data) if isinstance(data, List) else None
    first, *others = items.values if items is not None and items.values else (data,)
    if items is not None and not items.complete:
        others = [one for one in others if not isinstance(one, Unknown)]  # that stands for any of the others
    alike = all(isinstance(one, TokenIds) for one in others)
    return first.copy() if isinstance(first, TokenIds) and alike else None


def tensor(
    at: Site,
    data: Value,
    *,
    dtype: Value = NONE,
    device: Value = NONE,
    requires_grad: Value = FALSE,
    pin_memory: Value = FALSE,
) -> Value:
    """``torch.tensor(data)``: copies numbers and cuts every graph behind them."""
    if (ids := token_ids(at, data)) is not None:
        return ids
    cut = cuts_of([data])
    shape, own = _of_data(at, data)
    found = dtype_asked(dtype, own)
    if truth(requires_grad) is True:
        leaf = new_parameter(shape, leaf=True, cut=at.node, cut_graph=cut)
        return replace(leaf, dtype=found, fields=leaf.fields)
    return Tensor(shape=shape, dtype=found, cut=at.node, cut_graph=cut, labels=_largest(at, data))


def _of_data(at: Site, data: Value) -> tuple[Shape | None, str | None]:
    """Shape and dtype of nested lists of numbers; raises Refused where they are ragged."""
    from ft_lint.interpreter.items import items_of

    match data:
        case Tensor(shape=shape, dtype=dtype):
            return shape, dtype
        case Constant() | Dimension():
            return (), python_dtype(data)
        case UnknownNumber() | Cell():
            return (), None
    if (array := as_array(data)) is not None:
        return _of_array(array)
    items = items_of(at.m, data)
    if items is None:
        return None, None
    if not items.complete:
        return _of_some(at, items.values), None
    if not items.values:
        return (0,), "float32"
    found = [_of_item(at, item) for item in items.values]
    shapes = [shape for shape, _ in found]
    dtypes = [dtype for _, dtype in found]
    known = [shape for shape in shapes if shape is not None]
    if len(known) < len(shapes):
        return None, None
    if any(shape != known[0] for shape in known) and all(isinstance(d, int) for shape in known for d in shape):
        raise Refused("tensor", "the lists are of different lengths", data)
    dtype = dtypes[0]
    for other in dtypes[1:]:
        dtype = promote(dtype, other) if dtype is not None and other is not None else None
    return ((len(known), *known[0]) if all(shape == known[0] for shape in known) else None), dtype


def _of_array(data: Array) -> tuple[Shape | None, str | None]:
    """The same for an array; a column is read item by item, and a table not at all."""
    if isinstance(data, Table) or (isinstance(data, Column) and not data.plain):
        return None, None
    return data.shape, data.dtype


def _of_some(at: Site, items: tuple[Value, ...]) -> Shape | None:
    """The shape of a list that has more items than these: they all have as many dimensions, or torch raises."""
    for item in items:
        if isinstance(item, Array | UnknownNumber | Cell):
            shape, _ = _of_data(at, item)
            return (unknown_dim(), *(unknown_dim() for _ in shape)) if shape is not None else None
    return None


def _of_item(at: Site, item: Value) -> tuple[Shape | None, str | None]:
    """The same for an item of a list, where a tensor of one number is that number."""
    shape, dtype = _of_data(at, item)
    return (() if isinstance(item, Tensor) and shape and set(shape) == {1} else shape), dtype


def _largest(at: Site, data: Value) -> int | None:
    """The largest of a list of whole numbers."""
    from ft_lint.interpreter.items import items_of

    if integer(data) is not None:
        return integer(data)
    items = items_of(at.m, data)
    found = [_largest(at, item) for item in items.values] if items is not None and items.complete else []
    numbers = [one for one in found if one is not None]
    return max(numbers) if numbers and len(numbers) == len(found) else None


def as_tensor(at: Site, data: Value, dtype: Value = NONE, device: Value = NONE) -> Value:
    """``torch.as_tensor``: a tensor stays the same one."""
    if isinstance(data, Tensor) and is_none(dtype):
        return data
    shape, own = _of_data(at, data)
    return Tensor(shape=shape, dtype=dtype_asked(dtype, own), labels=_largest(at, data))


def from_numpy(at: Site, ndarray: Value) -> Value:
    """``torch.from_numpy``."""
    known = as_array(ndarray)
    return Tensor(shape=known.shape, dtype=known.dtype) if type(known) is Array else Tensor()


def of_arrays(at: Site, data: Value) -> Tensor | None:
    """``torch.Tensor(data)`` of an array, or of a list of arrays or of their items; None for all else."""
    from ft_lint.interpreter.items import items_of

    items = items_of(at.m, data)
    if as_array(data) is None and not (
        items and any(isinstance(one, Array | UnknownNumber | Cell) for one in items.values)
    ):
        return None
    shape, _ = _of_data(at, data)
    return Tensor(shape=shape, dtype="float32", cut=at.node)


def legacy(dtype: str) -> Callable[..., Value]:
    """``torch.FloatTensor`` and kin."""

    def create(at: Site, *given: Value, device: Value = NONE) -> Value:
        """``FloatTensor(2, 3)`` takes a size, ``FloatTensor([1.0, 2.0])`` values."""
        if len(given) == 1 and (ids := token_ids(at, given[0])) is not None:
            return ids
        if given and all(isinstance(value, Constant | Dimension) for value in given):
            return Tensor(shape=_size("empty", at, given), dtype=dtype)
        if len(given) == 1 and isinstance(given[0], TensorShape):
            return Tensor(shape=given[0].shape, dtype=dtype)
        shape = _of_data(at, given[0])[0] if len(given) == 1 else None
        largest = _largest(at, given[0]) if len(given) == 1 else None
        return Tensor(shape=shape, dtype=dtype, cut=at.node, cut_graph=cuts_of(given), labels=largest)

    return create


def normal(at: Site, mean: Value, std: Value = NONE, size: Value = NONE, **settings: Value) -> Value:
    """``torch.normal``: of the shape of its tensors, or of a size."""
    if not is_none(size):
        return made(at, _size("normal", at, (size,)), "float32")
    given = [value for value in (mean, std) if isinstance(value, Tensor)]
    if not given:
        return Tensor()
    return Tensor(shape=given[0].shape if len(given) == 1 else None, dtype=given[0].dtype)


def bernoulli(at: Site, input: Value, *args: Value, **settings: Value) -> Value:
    """``bernoulli``: like the input."""
    own = input.dtype if isinstance(input, Tensor) else None
    return Tensor(shape=shape_of(input), dtype=own)


def multinomial(at: Site, input: Value, num_samples: Value, replacement: Value = FALSE, **settings: Value) -> Value:
    """``multinomial``: so many indices for each row."""
    known, count = shape_of(input), dim_of(num_samples)
    if known is not None and len(known) not in (1, 2):
        raise Refused("multinomial", f"it takes 1 or 2 dimensions and gets {show(known)}", input)
    if isinstance(count, int) and count <= 0:
        raise Refused("multinomial", f"{count} samples", input)
    if known is not None and truth(replacement) is False and compare(count, known[-1]) == 1:
        raise Refused("multinomial", f"{count} samples of {known[-1]} without replacement", input)
    return Tensor(shape=(*known[:-1], count) if known is not None else None, dtype="int64")


def meshgrid(at: Site, *tensors: Value, indexing: Value = NONE) -> Value:
    """``meshgrid``: one tensor for each vector."""
    from ft_lint.interpreter.items import items_of

    items = items_of(at.m, tensors[0]) if len(tensors) == 1 else None
    vectors = items.values if items is not None and items.complete else tensors
    shapes = [shape_of(vector) for vector in vectors]
    if any(shape is None or len(shape) > 1 for shape in shapes) or indexing not in (NONE,):
        return at.unknown("a grid", *vectors)
    whole = tuple(shape[0] if shape else 1 for shape in shapes if shape is not None)
    return Tuple(tuple(at.result(whole, vector) for vector in vectors))


_SIZES = "zeros ones empty rand randn".split()
_LIKE = "zeros_like ones_like empty_like rand_like randn_like full_like randint_like".split()
FUNCTIONS: dict[str, Callable[..., Value]] = {
    **dict.fromkeys(_SIZES, filled),
    **dict.fromkeys(_LIKE, like),
    **{name: legacy(dtype) for name, dtype in OF_CLASSES.items()},
    "full": full, "randint": randint, "randperm": randperm, "arange": arange, "linspace": spaced, "logspace": spaced,
    "eye": eye, "tensor": tensor, "as_tensor": as_tensor, "asarray": as_tensor, "from_numpy": from_numpy,
    "normal": normal, "bernoulli": bernoulli, "multinomial": multinomial, "meshgrid": meshgrid,
}  # fmt: skip
METHODS: dict[str, Callable[..., Value]] = {
    **dict.fromkeys(("new_zeros", "new_ones", "new_empty"), new),
    "new_full": new_full, "new_tensor": new_tensor, "bernoulli": bernoulli, "multinomial": multinomial,
}  # fmt: skip
