"""``torch.Tensor``: its methods, gathered from the operations, and those that are methods alone."""

from __future__ import annotations

import ast
import dataclasses
import functools
from collections.abc import Callable

from ft_lint.facts.tensors import NumberTaken
from ft_lint.interpreter.writing import alter
from ft_lint.library.site import Refused, Site, axis_of, sizes, undivided
from ft_lint.library.torch import _creation, _elementwise, _indexing, _products, _reductions, _reshaping
from ft_lint.library.torch._arguments import shape_of
from ft_lint.library.torch._elementwise import common_shape
from ft_lint.library.torch.dtypes import dtype_of, dtype_of_type, is_device
from ft_lint.library.tracing import loaders_of
from ft_lint.light import replace
from ft_lint.values.base import (
    ANYTHING,
    FALSE,
    NONE,
    TRUE,
    Constant,
    Numbers,
    Unknown,
    UnknownBatch,
    Value,
    constant,
    is_none,
    text,
    truth,
)
from ft_lint.values.shape import equal, product
from ft_lint.values.tensor import Parameter, Tensor, TensorShape

OPERATORS = _elementwise.OPERATORS | {"MatMult": _products.matmul}

# --- leaving and entering the graph ------------------------------------------------------------


def detach(at: Site, self: Value) -> Value:
    """``detach()``: the same numbers, no graph."""
    if not isinstance(self, Tensor):
        return at.unknown("detach of something unknown")
    base = at.result(self.shape, self, keep=True)
    return replace(base, graph=frozenset(), certain=True, cut=at.node, cut_graph=self.graph | self.cut_graph)


def item(at: Site, self: Value) -> Value:
    """``item()``: a Python number; what it came from is remembered for who wraps it again."""
    _note_number(at, self)
    if not isinstance(self, Tensor):
        return at.unknown("item")
    if self.counts is not None and self.counts.what == "hits":
        return self.counts
    return Unknown("a number computed by torch", (detach(at, self),))


def numpy(at: Site, self: Value, *, force: Value = FALSE) -> Value:
    """``numpy()``: the same numbers as an array."""
    if not isinstance(self, Tensor):
        return at.unknown("numpy")
    return Numbers("the numbers of a tensor", (detach(at, self),))


def _note_number(at: Site, value: Value) -> None:
    """Write down that the one number is asked for of what a loader gave, by its name: ``label.item()``."""
    given = isinstance(value, UnknownBatch) or (isinstance(value, Tensor) and not value.graph)
    if not given or shape_of(value) == ():
        return
    match at.node:
        case ast.Call(func=ast.Attribute(value=ast.Name())) if loaders := loaders_of([value]):
            at.emit(NumberTaken, loaders=loaders)


def requires_grad_(at: Site, self: Value, requires_grad: Value = TRUE) -> Value:
    """``requires_grad_()`` of a tensor or parameter."""
    from ft_lint.interpreter.escaping import escape
    from ft_lint.interpreter.writing import Cut, set_requires_grad

    if isinstance(self, Parameter):
        set_requires_grad(at.m, (self,), truth(requires_grad), at.node, requires_grad)
        return self
    if type(self) in ANYTHING:
        escape(at.m, [self])  # it may be a part of a model
    data = isinstance(self, UnknownBatch) or (isinstance(self, Tensor) and not self.graph)
    if data and truth(requires_grad):
        at.m.store.write(self.fields, "leaf", Cut(at.node))  # type: ignore[attr-defined]
    return self


def backward(
    at: Site,
    self: Value,
    gradient: Value = NONE,
    retain_graph: Value = NONE,
    create_graph: Value = FALSE,
    inputs: Value = NONE,
) -> Value:
    """``loss.backward()``."""
    from ft_lint.library.torch.optim import backward_through

    known = shape_of(self)
    if is_none(gradient) and known is not None and equal(product(known), 1) is False:
        raise Refused("backward", "a gradient starts from one number only", self)
    if is_none(gradient) and isinstance(self, Unknown):  # of a loss made by hand one number may stand in a row
        at.m.losses.add(self)
    backward_through(at, self)
    return NONE


# --- elsewhere, in another dtype ----------------------------------------------------------------


def clone(at: Site, self: Value, *args: Value, **kwargs: Value) -> Value:
    """``clone()``: a copy of the values, on which they depend."""
    if isinstance(self, Parameter) or not isinstance(self, Tensor):
        return self
    return at.result(self.shape, self, keep=True)


def convert(at: Site, self: Value, *args: Value, **kwargs: Value) -> Value:
    """``to``, ``cuda``, ``cpu``, ``pin_memory``: the same values elsewhere or in another dtype."""
    if isinstance(self, Parameter) or not isinstance(self, Tensor):
        return self
    given = (*args, *(kwargs[name] for name in ("dtype", "other") if name in kwargs))
    asked = [value for value in given if not is_device(value)]  # or a device that we do not know
    named = (value.dtype if isinstance(value, Tensor) else dtype_of(value) for value in asked)
    dtype = next((one for one in named if one is not None), None) if asked else self.dtype
    if "leaf" in self.fields and dtype == self.dtype:
        return self  # where it is there already, torch gives the very tensor back
    return replace(at.result(self.shape, self, keep=True), dtype=dtype)


def contiguous(at: Site, self: Value, memory_format: Value = NONE) -> Value:
    """``contiguous()``: the order in memory is that of the dimensions."""
    found = convert(at, self)
    if not is_none(memory_format) or not isinstance(found, Tensor) or isinstance(found, Parameter) or found is self:
        return found
    return replace(found, order=None if found.shape is None else tuple(range(len(found.shape))))


def type_(at: Site, self: Value, dtype: Value = NONE, *args: Value, **kwargs: Value) -> Value:
    """``type(dtype)``; a text names a class such as ``torch.LongTensor``."""
    if not isinstance(self, Tensor) or isinstance(self, Parameter):
        return self
    return replace(at.result(self.shape, self, keep=True), dtype=dtype_of_type(dtype))


def type_as(at: Site, self: Value, other: Value) -> Value:
    """``type_as(other)``."""
    if not isinstance(self, Tensor) or isinstance(self, Parameter):
        return self
    dtype = other.dtype if isinstance(other, Tensor) else None
    return replace(at.result(self.shape, self, keep=True), dtype=dtype)


def _to_dtype(dtype: str) -> Callable[..., Value]:
    def run(at: Site, self: Value, memory_format: Value = NONE) -> Value:
        if not isinstance(self, Tensor) or (isinstance(self, Parameter) and self.dtype == dtype):
            return self
        return at.result(self.shape, self, dtype=dtype, keep=True)

    return run


# --- sizes --------------------------------------------------------------------------------------


def size(at: Site, self: Value, dim: Value = NONE) -> Value:
    """``size()`` and ``size(dim)``."""
    from ft_lint.interpreter.items import dimension

    known = shape_of(self)
    if known is None:
        return at.m.same_unknown(("size", self, constant(dim)), "a size that we do not know")
    if is_none(dim):
        return TensorShape(known)
    axis = axis_of(dim, len(known))
    if axis is None and isinstance(dim, Constant) and not isinstance(dim.value, str):  # which names one
        raise Refused("size", f"there is no dimension {dim.value} among {len(known)}", self)
    return dimension(known[axis]) if axis is not None else at.unknown("a size out of range")


def numel(at: Site, self: Value) -> Value:
    """``numel()``."""
    from ft_lint.interpreter.items import dimension

    known = shape_of(self)
    return dimension(product(known)) if known is not None else at.unknown("a number of elements")


def dim(at: Site, self: Value) -> Value:
    """``dim()``."""
    known = shape_of(self)
    return Constant(len(known)) if known is not None else at.unknown("a rank that we do not know")


# --- in place -----------------------------------------------------------------------------------


def in_place(at: Site, self: Value, *args: Value, **kwargs: Value) -> Value:
    """A method that fills the tensor in place, e.g. ``normal_``; the tensor itself comes back."""
    alter(at.m, self, *args, *kwargs.values())
    return self


def keeping_in_place(at: Site, self: Value, *args: Value, **kwargs: Value) -> Value:
    """A method with an underscore that leaves the values as they are; the tensor itself comes back."""
    return self


def arithmetic_in_place(at: Site, self: Value, other: Value, **settings: Value) -> Value:
    """``add_`` and kin: the other must broadcast to the tensor."""
    alter(at.m, self, other)
    common, known = common_shape("broadcast", self, other), shape_of(self)
    if common is None or known is None:
        return self
    if len(common) != len(known) or any(equal(a, b) is False for a, b in zip(common, known, strict=True)):
        raise Refused("broadcast", "the result is larger than the tensor that it is written to", self)
    return self


def resize(at: Site, self: Value, *given: Value, **settings: Value) -> Value:
    """``resize_(...)``: any other shape, with numbers from nowhere where it is larger."""
    wanted = sizes(at, given)
    return at.result(tuple(wanted) if wanted is not None else None, self)


def _in_place(reshape: Callable[..., Value]) -> Callable[..., Value]:
    """The method that gives the tensor itself another shape, by all of its names."""

    @functools.wraps(reshape)
    def run(at: Site, *args: Value, **kwargs: Value) -> Value:
        value = reshape(at, *args, **kwargs)
        input = next(iter((*args, *kwargs.values())), None)
        if isinstance(input, Tensor):
            at.m.store.write(at.m.store.become, input, value)
        return value

    return run


_RESHAPING: dict[str, Callable[..., Value]] = {
    "resize_": resize, "squeeze_": _reshaping.squeeze, "unsqueeze_": _reshaping.unsqueeze,
    "t_": _reshaping.t, "transpose_": _reshaping.transpose, "swapaxes_": _reshaping.transpose,
    "swapdims_": _reshaping.transpose,
}  # fmt: skip


class Methods:
    """The methods of ``torch.Tensor``, under the name ``torch.Tensor``."""

    @staticmethod
    @undivided
    def construct(at: Site, *given: Value, **settings: Value) -> Value:
        """``torch.Tensor(array)``: floats of an array, or of a list of such or their items."""
        from ft_lint.interpreter.escaping import unknown_call

        made = _creation.of_arrays(at, given[0]) if len(given) == 1 and at.arguments.complete else None
        return made or unknown_call(at.m, "`torch.Tensor` is not modelled", at.arguments, at.node)


_DTYPES = {
    "float": "float32", "double": "float64", "half": "float16", "bfloat16": "bfloat16", "long": "int64",
    "int": "int32", "short": "int16", "bool": "bool", "byte": "uint8",
}  # fmt: skip
_SAME = "to cuda cpu pin_memory".split()
_FILLING = """normal_ uniform_ fill_ zero_ copy_ clamp_ clamp_min_ clamp_max_ abs_ relu_ sigmoid_ exp_ random_
bernoulli_ masked_fill_ scatter_ scatter_add_ sqrt_ neg_ round_ floor_ tanh_ index_fill_ index_add_ index_copy_
fill_diagonal_ erfinv_ trunc_""".split()
_KEEPING = "share_memory_ register_hook retain_grad detach_ requires_grad_".split()
_METHODS: dict[str, Callable[..., Value]] = {
    **dict.fromkeys(_SAME, convert),
    "clone": clone,
    **{name: _to_dtype(dtype) for name, dtype in _DTYPES.items()},
    **dict.fromkeys(_FILLING, in_place),
    **dict.fromkeys(_KEEPING, keeping_in_place),
    **dict.fromkeys(("add_", "sub_", "mul_", "div_"), arithmetic_in_place),
    "contiguous": contiguous,
    **{name: _in_place(reshape) for name, reshape in _RESHAPING.items()},
    "type": type_,
    "type_as": type_as,
    "detach": detach,
    "item": item,
    "tolist": item,
    "numpy": numpy,
    "requires_grad_": requires_grad_,
    "size": size,
    "numel": numel,
    "nelement": numel,
    "dim": dim,
    "ndimension": dim,
    "backward": backward,
    "clamp_min": _elementwise.arithmetic,
    "clamp_max": _elementwise.arithmetic,
}


def _gathered() -> dict[str, Callable[..., Value]]:
    """All methods by name: those of ``torch``'s functions, and the tensor's own."""
    tables = (_elementwise.TABLE, _reshaping.TABLE, _reductions.TABLE, _products.TABLE, _indexing.TABLE)
    found: dict[str, Callable[..., Value]] = {}
    for table in tables:
        found |= table
    return found | _reshaping.METHODS | _creation.METHODS | _METHODS


def _where_method(at: Site, self: Value, condition: Value, other: Value) -> Value:
    """``x.where(condition, y)``."""
    return _elementwise.where(at, condition, self, other)


for _name, _function in (_gathered() | {"where": _where_method}).items():
    setattr(Methods, _name, staticmethod(_function))
