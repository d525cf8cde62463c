"""``torch``: creation, operations, gradient modes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from ft_lint.library.site import Site, axis_of, sizes
from ft_lint.library.torch._tensor import (
    ZERO,
    Methods,
    _compare,
    convert,
    detach,
    elementwise,
    extreme,
    flatten,
    index_reduce,
    log_softmax,
    matmul,
    permute,
    reduce,
    reshape,
    shape_of,
    sigmoid,
    softmax,
    squeeze,
    topk,
    transpose,
    unary,
    unsqueeze,
)
from ft_lint.library.tracing import cuts_of
from ft_lint.values.base import FALSE, NONE, TRUE, Constant, Value, integer, truth
from ft_lint.values.callables import GradMode
from ft_lint.values.containers import Tuple
from ft_lint.values.shape import Dim, Shape, unknown_dim
from ft_lint.values.shape import add as total_of
from ft_lint.values.tensor import Dimension, TensorShape, new_parameter
from ft_lint.values.tensor import Tensor as _Tensor
from ft_lint.values.training import StateDict as _StateDict


def _creation(shape: Shape | None, requires_grad: Value, at: Site, dtype: str | None = None) -> _Tensor:
    if truth(requires_grad) is True:
        return new_parameter(shape, leaf=True, cut=at.node)
    return _Tensor(shape=shape, dtype=dtype)


def _filled(dtype: str) -> Callable[..., Value]:
    def create(
        at: Site,
        *size: Value,
        out: Value = NONE,
        dtype: Value = NONE,
        layout: Value = NONE,
        device: Value = NONE,
        requires_grad: Value = FALSE,
        generator: Value = NONE,
        pin_memory: Value = FALSE,
    ) -> Value:
        dims = sizes(at, size)
        return _creation(tuple(dims) if dims is not None else None, requires_grad, at)

    return create


randn = rand = zeros = ones = empty = _filled("float32")


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
    given = size if isinstance(size, Tuple | TensorShape) or "size" in at.arguments.keywords else high
    dims = sizes(at, (given,))
    return _Tensor(shape=tuple(dims) if dims is not None else None, dtype="int64")


def full(
    at: Site, size: Value, fill_value: Value, *, dtype: Value = NONE, device: Value = NONE, requires_grad: Value = FALSE
) -> Value:
    """``torch.full``."""
    dims = sizes(at, (size,))
    return _creation(tuple(dims) if dims is not None else None, requires_grad, at)


def arange(at: Site, *bounds: Value, dtype: Value = NONE, device: Value = NONE, requires_grad: Value = FALSE) -> Value:
    """``torch.arange``: one dimension."""
    stop = integer(bounds[0]) if len(bounds) == 1 else None
    return _Tensor(shape=(stop if stop is not None else unknown_dim(),), dtype="int64")


def _like(
    at: Site,
    input: Value,
    *,
    dtype: Value = NONE,
    device: Value = NONE,
    layout: Value = NONE,
    requires_grad: Value = FALSE,
    memory_format: Value = NONE,
) -> Value:
    """``zeros_like`` and kin."""
    return _creation(shape_of(input), requires_grad, at)


randn_like = rand_like = zeros_like = ones_like = empty_like = _like


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
    from ft_lint.interpreter.items import items_of

    cut = cuts_of([data])
    items = items_of(at.m, data)
    shape: Shape | None = None
    if items is not None and items.complete and not any(items_of(at.m, i) for i in items.values):
        shape = (len(items.values),)
    elif isinstance(data, _Tensor):
        shape = data.shape
    elif isinstance(data, Constant):
        shape = ()
    if truth(requires_grad) is True:
        return new_parameter(shape, leaf=True, cut=at.node, cut_graph=cut)
    return _Tensor(shape=shape, cut=at.node, cut_graph=cut)


def _legacy(dtype: str) -> Callable[..., Value]:
    def create(at: Site, *given: Value, device: Value = NONE) -> Value:
        """``FloatTensor(2, 3)`` takes a size, ``FloatTensor([1.0, 2.0])`` values."""
        if given and all(isinstance(value, Constant | Dimension) for value in given):
            dims = sizes(at, given)
            return _Tensor(shape=tuple(dims) if dims is not None else None, dtype=dtype)
        return _Tensor(dtype=dtype, cut=at.node, cut_graph=cuts_of(given))

    return create


FloatTensor, DoubleTensor, HalfTensor = _legacy("float32"), _legacy("float64"), _legacy("float16")
LongTensor, IntTensor, BoolTensor, ByteTensor = _legacy("int64"), _legacy("int32"), _legacy("bool"), _legacy("uint8")


def as_tensor(at: Site, data: Value, dtype: Value = NONE, device: Value = NONE) -> Value:
    """``torch.as_tensor``: a tensor stays the same one."""
    return data if isinstance(data, _Tensor) else _Tensor()


def from_numpy(at: Site, ndarray: Value) -> Value:
    """``torch.from_numpy``."""
    return _Tensor()


def cat(at: Site, tensors: Value, dim: Value = ZERO, *, out: Value = NONE) -> Value:
    """``torch.cat``: sizes along ``dim`` add up."""
    from ft_lint.interpreter.items import items_of

    items = items_of(at.m, tensors)
    parts = list(items.values) if items is not None else [tensors]
    shapes = [shape_of(part) for part in parts]
    known = [shape for shape in shapes if shape is not None]
    if items is None or not items.complete or not known or len(known) < len(parts):
        return at.result(None, *parts)
    axis = axis_of(dim, len(known[0]))
    if axis is None or any(len(shape) != len(known[0]) for shape in known):
        return at.result(None, *parts)
    total: Dim = 0
    for shape in known:
        total = total_of(total, shape[axis])
    return at.result((*known[0][:axis], total, *known[0][axis + 1 :]), *parts)


concat = concatenate = cat


def stack(at: Site, tensors: Value, dim: Value = ZERO, *, out: Value = NONE) -> Value:
    """``torch.stack``: a new dimension."""
    from ft_lint.interpreter.items import items_of

    items = items_of(at.m, tensors)
    parts = list(items.values) if items is not None else [tensors]
    first = shape_of(parts[0]) if parts else None
    if items is None or not items.complete or first is None:
        return at.result(None, *parts)
    axis = axis_of(dim, len(first) + 1)
    if axis is None:
        return at.result(None, *parts)
    return at.result((*first[:axis], len(parts), *first[axis:]), *parts)


def no_grad(at: Site, orig_func: Value = NONE) -> Value:
    """``torch.no_grad()``."""
    return GradMode(FALSE, at.node)


def inference_mode(at: Site, mode: Value = TRUE) -> Value:
    """``torch.inference_mode()``."""
    enabled = truth(mode)
    return GradMode(FALSE if enabled is not False else TRUE, at.node)


def enable_grad(at: Site, orig_func: Value = NONE) -> Value:
    """``torch.enable_grad()``."""
    return GradMode(TRUE, at.node)


def set_grad_enabled(at: Site, mode: Value) -> Value:
    """``torch.set_grad_enabled(mode)``: holds at once, and until the end of a ``with``."""
    before = at.m.state["grad"]
    at.m.store.write(at.m.state, "grad", mode)
    return GradMode(mode, at.node, before)


def compile_(at: Site, model: Value = NONE, **options: Value) -> Value:
    """``torch.compile(model)``: calls and assignments reach the model itself."""
    return model


def save(at: Site, obj: Value, f: Value = NONE, *args: Value, **kwargs: Value) -> Value:
    """``torch.save``: what a state dict holds at this moment is on disk."""
    from ft_lint.library.torch.nn.modules.module import use_state

    use_state(at, obj, "saved")
    return NONE


def is_tensor(at: Site, obj: Value) -> Value:
    """``torch.is_tensor``."""
    return TRUE if isinstance(obj, _Tensor) else at.unknown("is_tensor of something unknown")


class StateDict:
    """The methods of a state dict."""

    @staticmethod
    def copy(at: Site, self: _StateDict) -> Value:
        """A shallow copy: the same tensors."""
        return self

    @staticmethod
    def items(at: Site, self: _StateDict) -> Value:
        """Names and tensors; each tensor stands for the whole here."""
        from ft_lint.values.containers import Iterator

        name = at.m.same_unknown(("state name", self), "a name in a state dict")
        return Iterator(complete=False, each=Tuple((name, self)), of=self)

    @staticmethod
    def values(at: Site, self: _StateDict) -> Value:
        """The tensors."""
        from ft_lint.values.containers import Iterator

        return Iterator(complete=False, each=self, of=self)

    @staticmethod
    def keys(at: Site, self: _StateDict) -> Value:
        """The names."""
        return at.m.same_unknown(("state names", self), "the names in a state dict")

    @staticmethod
    def clone(at: Site, self: _StateDict) -> Value:
        """A tensor of it, copied."""
        return dataclasses.replace(self, live=False)

    @staticmethod
    def detach(at: Site, self: _StateDict) -> Value:
        """A tensor of it, detached: the same memory."""
        return self

    @staticmethod
    def cpu(at: Site, self: _StateDict) -> Value:
        """A tensor of it on the CPU: the same memory there, a copy of what was on a GPU."""
        return at.unknown("`.cpu()` copies on a GPU alone")

    @staticmethod
    def to(at: Site, self: _StateDict, *args: Value, **kwargs: Value) -> Value:
        """A tensor of it elsewhere: a copy or not, as devices will have it."""
        return at.unknown("`.to()` may copy")


where = elementwise
abs_ = round_ = exp = log = sqrt = sin = cos = tanh = relu = neg = square = clamp = clip = dropout = unary
sum_ = mean = prod = std = var = norm = logsumexp = all_ = any_ = reduce
max_ = min_ = extreme
argmax = argmin = index_reduce
eq = ne = lt = le = gt = ge = _compare
mul = sub = div = add = maximum = minimum = multiply = divide = pow_ = fmod = elementwise
mm = bmm = matmul
clone = convert
Tensor = Methods
