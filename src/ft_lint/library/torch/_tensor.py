"""``torch.Tensor``: operators, indexing and methods."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

from ft_lint.library.site import Refused, Site, axis_of, dims_of, sizes
from ft_lint.library.torch.shapes import ShapeError, broadcast
from ft_lint.library.torch.shapes import flatten as flat
from ft_lint.library.torch.shapes import matmul as product_shape
from ft_lint.library.torch.shapes import reshape as viewed
from ft_lint.values.base import FALSE, NONE, TRUE, Constant, Unknown, Value, constant, integer, is_none, truth
from ft_lint.values.callables import Reference
from ft_lint.values.containers import Tuple
from ft_lint.values.shape import Dim, Shape, product, unknown_dim
from ft_lint.values.tensor import Activation, Dimension, Flattening, Parameter, Tensor, TensorShape

MINUS_ONE = Constant(-1)
ZERO = Constant(0)
ONE = Constant(1)


def shape_of(value: Value) -> Shape | None:
    """The shape of a tensor, ``()`` for a number, None where it is unknown."""
    match value:
        case Tensor(shape=shape):
            return shape
        case Constant(int() | float() | bool()) | Dimension():
            return ()
    return None


def same_shape(value: Tensor) -> Tensor:
    """A tensor of the same shape that depends on ``value``."""
    return Tensor(
        shape=value.shape,
        dtype=value.dtype,
        graph=value.graph,
        certain=value.certain,
        batch_of=value.batch_of,
        cut=value.cut,
        cut_graph=value.cut_graph,
    )


def elementwise(at: Site, *inputs: Value, dtype: str | None = None, keep: bool = False) -> Value:
    """An operation on each element, with broadcasting."""
    shape: Shape | None = ()
    for value in inputs:
        other = shape_of(value)
        if shape is None or other is None:
            shape = None
            continue
        try:
            shape = broadcast(shape, other)
        except ShapeError as error:
            raise Refused("broadcast", error.why, value, **error.sizes) from error
    return at.result(shape, *inputs, dtype=dtype, keep=keep)


def _arithmetic(at: Site, left: Value, right: Value) -> Value:
    """Scaling by a number keeps what is known of the values' meaning; other arithmetic does not."""
    return elementwise(at, left, right)


def _compare(at: Site, left: Value, right: Value) -> Value:
    return dataclasses.replace(_as_tensor(elementwise(at, left, right, dtype="bool")), graph=frozenset(), certain=True)


def _as_tensor(value: Value) -> Tensor:
    return value if isinstance(value, Tensor) else Tensor(certain=False)


def matmul(at: Site, input: Value, other: Value, *, out: Value = NONE) -> Value:
    """``torch.matmul``."""
    left, right = shape_of(input), shape_of(other)
    if left is None or right is None:
        return at.result(None, input, other)
    try:
        return at.result(product_shape(left, right), input, other)
    except ShapeError as error:
        raise Refused("matmul", error.why, input, **error.sizes) from error


OPERATORS: dict[str, Callable[..., Value]] = {
    **dict.fromkeys(
        ["Add", "Subtract", "Multiply", "Divide", "FloorDivide", "Modulo", "Power", "BitAnd", "BitOr", "BitXor"],
        _arithmetic,
    ),
    **dict.fromkeys(["LeftShift", "RightShift"], _arithmetic),
    **dict.fromkeys(["Equal", "NotEqual", "LessThan", "LessThanEqual", "GreaterThan", "GreaterThanEqual"], _compare),
    "MatrixMultiply": matmul,
}


def index(at: Site, owner: Tensor, part: Value) -> Value:
    """``tensor[...]`` with integers, slices, None, Ellipsis; other indices give an unknown shape."""
    if owner.shape is None:
        return at.result(None, owner, keep=True)
    parts = list(part.values) if isinstance(part, Tuple) else [part]
    plain = [constant(one) if isinstance(one, Constant) else _UNKNOWN for one in parts]
    used = sum(1 for one in plain if one is not None and one is not ...)
    if used > len(owner.shape):
        return at.result(None, owner, keep=True)
    rest = list(owner.shape)
    shape: list[Dim] = []
    for position, one in enumerate(plain):
        if one is None:
            shape.append(1)
        elif one is ...:
            skip = len(rest) - sum(1 for later in plain[position + 1 :] if later is not None)
            shape += rest[:skip]
            rest = rest[skip:]
        elif isinstance(one, bool):
            return at.result(None, owner, keep=True)
        elif isinstance(one, int):
            rest.pop(0)
        elif isinstance(one, slice):
            shape.append(_sliced(rest.pop(0), one))
        elif isinstance(parts[position], Tensor | Unknown):
            return at.result(None, owner, keep=True)
        else:
            rest.pop(0)
            shape.append(unknown_dim())
    return at.result((*shape, *rest), owner, keep=True)


_UNKNOWN = object()


def _sliced(dim: Dim, part: slice) -> Dim:
    if part == slice(None):
        return dim
    plain = all(bound is None or isinstance(bound, int) for bound in (part.start, part.stop, part.step))
    return len(range(dim)[part]) if isinstance(dim, int) and plain else unknown_dim()


# --- shape changes -----------------------------------------------------------------------------


def reshape(at: Site, input: Value, *shape: Value) -> Value:
    """``view``/``reshape``; folding spatial dimensions into features is remembered."""
    known = shape_of(input)
    wanted = sizes(at, shape)
    if wanted is None or not isinstance(input, Tensor):
        return at.result(None, input, keep=True)
    if known is None:
        dims = tuple(unknown_dim() if dim == -1 else dim for dim in wanted)
        return _flattened(at, at.result(dims, input, keep=True), None, dims)
    try:
        shape_after = viewed(known, wanted)
    except ShapeError as error:
        raise Refused("view", error.why, input, **error.sizes) from error
    return _flattened(at, at.result(shape_after, input, keep=True), known, shape_after)


def _flattened(at: Site, result: Tensor, before: Shape | None, after: Shape) -> Tensor:
    if before is None or len(before) <= len(after) or len(before) < 3:
        return result
    node = at.module.node if at.module is not None and at.module.node is not None else at.node
    return dataclasses.replace(result, flattening=Flattening(node, before))


def flatten(at: Site, input: Value, start_dim: Value = ZERO, end_dim: Value = MINUS_ONE) -> Value:
    """``torch.flatten`` (of an ``nn.Flatten``, the finding stands where the layer is built)."""
    known = shape_of(input)
    if known is None or not isinstance(input, Tensor):
        return at.result(None, input, keep=True)
    start, end = axis_of(start_dim, max(len(known), 1)), axis_of(end_dim, max(len(known), 1))
    if start is None or end is None:
        return at.result(None, input, keep=True)
    after = flat(known, start, end)
    return _flattened(at, at.result(after, input, keep=True), known, after)


def squeeze(at: Site, input: Value, dim: Value = NONE) -> Value:
    """``torch.squeeze``; without ``dim`` the rank is known only where all sizes are."""
    known = shape_of(input)
    if known is None:
        return at.result(None, input, keep=True)
    if is_none(dim):
        if not all(isinstance(size, int) for size in known):
            return at.result(None, input, keep=True)
        return at.result(tuple(size for size in known if size != 1), input, keep=True)
    axis = axis_of(dim, len(known))
    if axis is None or not isinstance(known[axis], int):
        return at.result(None, input, keep=True)
    return at.result(known[:axis] + known[axis + 1 :] if known[axis] == 1 else known, input, keep=True)


def unsqueeze(at: Site, input: Value, dim: Value) -> Value:
    """``torch.unsqueeze``."""
    known = shape_of(input)
    axis = axis_of(dim, len(known) + 1) if known is not None else None
    if known is None or axis is None:
        return at.result(None, input, keep=True)
    return at.result((*known[:axis], 1, *known[axis:]), input, keep=True)


def transpose(at: Site, input: Value, dim0: Value, dim1: Value) -> Value:
    """``torch.transpose``."""
    known = shape_of(input)
    if known is None:
        return at.result(None, input, keep=True)
    first, second = axis_of(dim0, len(known)), axis_of(dim1, len(known))
    if first is None or second is None:
        return at.result(None, input, keep=True)
    shape = list(known)
    shape[first], shape[second] = shape[second], shape[first]
    return at.result(tuple(shape), input, keep=True)


def permute(at: Site, input: Value, *dims: Value) -> Value:
    """``torch.permute``."""
    known, order = shape_of(input), sizes(at, dims)
    if known is None or order is None or len(order) != len(known):
        return at.result(None, input, keep=True)
    if not all(isinstance(axis, int) and -len(known) <= axis < len(known) for axis in order):
        return at.result(None, input, keep=True)
    return at.result(tuple(known[axis] for axis in order if isinstance(axis, int)), input, keep=True)


def expand(at: Site, input: Value, *shape: Value) -> Value:
    """``Tensor.expand``."""
    known, wanted = shape_of(input), sizes(at, shape)
    if known is None or wanted is None or len(wanted) < len(known):
        return at.result(None, input, keep=True)
    padded = (1,) * (len(wanted) - len(known)) + known
    return at.result(tuple(a if b == -1 else b for a, b in zip(padded, wanted, strict=True)), input, keep=True)


# --- reductions --------------------------------------------------------------------------------


def reduce(at: Site, input: Value, dim: Value = NONE, keepdim: Value = FALSE, *, dtype: Value = NONE) -> Value:
    """A reduction over ``dim`` (all dimensions where it is None)."""
    return at.result(reduced_shape(at, shape_of(input), dim, keepdim), input)


def reduced_shape(at: Site, known: Shape | None, dim: Value, keepdim: Value) -> Shape | None:
    """The shape that a reduction leaves; None where it is unknown."""
    keep = truth(keepdim)
    if known is None or keep is None:
        return None
    if is_none(dim):
        return (1,) * len(known) if keep else ()
    axes = dims_of(at, dim)
    if axes is None or not all(isinstance(a, int) and -len(known) <= a < len(known) for a in axes):
        return None
    gone = {a % len(known) for a in axes if isinstance(a, int)}
    if keep:
        return tuple(1 if i in gone else size for i, size in enumerate(known))
    return tuple(size for i, size in enumerate(known) if i not in gone)


def index_reduce(at: Site, input: Value, dim: Value = NONE, keepdim: Value = FALSE) -> Value:
    """``argmax``/``argmin``: class indices, through which no gradient flows."""
    shape = reduced_shape(at, shape_of(input), dim, keepdim)
    return Tensor(shape=shape, dtype="int64", batch_of=input.batch_of if isinstance(input, Tensor) else None)


def extreme(at: Site, input: Value, dim: Value = NONE, keepdim: Value = FALSE, *, other: Value = NONE) -> Value:
    """``max``/``min``: one tensor, or values and indices where a dimension is given."""
    if isinstance(dim, Tensor):
        return elementwise(at, input, dim)
    if is_none(dim):
        return at.result(() if shape_of(input) is not None else None, input)
    shape = reduced_shape(at, shape_of(input), dim, keepdim)
    return Tuple((at.result(shape, input), Tensor(shape=shape, dtype="int64")), names=("values", "indices"))


def topk(
    at: Site, input: Value, k: Value, dim: Value = MINUS_ONE, largest: Value = TRUE, sorted: Value = TRUE
) -> Value:
    """``torch.topk``: values and indices."""
    known = shape_of(input)
    axis = axis_of(dim, len(known)) if known else None
    size = integer(k)
    shape: Shape | None = None
    if known is not None and axis is not None:
        shape = (*known[:axis], size if size is not None else unknown_dim(), *known[axis + 1 :])
    return Tuple((at.result(shape, input), Tensor(shape=shape, dtype="int64")), names=("values", "indices"))


# --- activations -------------------------------------------------------------------------------


def activate(at: Site, input: Value, kind: str, name: str, dim: Value | None = None, node: Any = None) -> Value:
    """An activation whose trace the tensor keeps (softmax, sigmoid, ...)."""
    result = at.result(shape_of(input), input)
    if not isinstance(input, Tensor) and not isinstance(input, Unknown):
        return result
    return dataclasses.replace(result, activation=Activation(kind, name, node or at.node, dim))


def softmax(at: Site, input: Value, dim: Value = NONE, _stacklevel: Value = NONE, dtype: Value = NONE) -> Value:
    """``softmax`` over ``dim``."""
    return activate(at, input, "softmax", "softmax", dim)


def log_softmax(at: Site, input: Value, dim: Value = NONE, _stacklevel: Value = NONE, dtype: Value = NONE) -> Value:
    """``log_softmax`` over ``dim``."""
    return activate(at, input, "log_softmax", "log_softmax", dim)


def sigmoid(at: Site, input: Value, *, out: Value = NONE) -> Value:
    """``sigmoid``."""
    return activate(at, input, "sigmoid", "sigmoid")


def unary(at: Site, input: Value, *args: Value, **kwargs: Value) -> Value:
    """An operation on each element of one tensor."""
    return at.result(shape_of(input), input)


# --- leaving and entering the graph ------------------------------------------------------------


def detach(at: Site, self: Value) -> Value:
    """``detach()``: the same numbers, no graph."""
    if not isinstance(self, Tensor):
        return at.unknown("detach of something unknown")
    base = at.result(self.shape, self, keep=True)
    return dataclasses.replace(
        base, graph=frozenset(), certain=True, cut=at.node, cut_graph=self.graph | self.cut_graph
    )


def item(at: Site, self: Value) -> Value:
    """``item()``: a Python number; what it came from is remembered for who wraps it again."""
    return (
        Unknown("a number computed by torch", (detach(at, self),)) if isinstance(self, Tensor) else at.unknown("item")
    )


def requires_grad_(at: Site, self: Value, requires_grad: Value = TRUE) -> Value:
    """``requires_grad_()`` of a tensor or parameter."""
    from ft_lint.interpreter.writing import Cut, set_requires_grad

    if isinstance(self, Parameter):
        set_requires_grad(at.m, (self,), truth(requires_grad), at.node)
    elif isinstance(self, Tensor) and not self.graph and truth(requires_grad):
        at.m.store.write(self.fields, "leaf", Cut(at.node))
    return self


def convert(at: Site, self: Value, *args: Value, **kwargs: Value) -> Value:
    """``to``, ``cuda``, ``cpu``, ``clone``, ``contiguous``: the same values elsewhere."""
    if isinstance(self, Parameter):
        return self
    if not isinstance(self, Tensor):
        return self
    dtype = next((a.path.removeprefix("torch.") for a in args if isinstance(a, Reference) and "." in a.path), None)
    return at.result(self.shape, self, dtype=dtype, keep=True)


def _to_dtype(dtype: str) -> Callable[..., Value]:
    def run(at: Site, self: Value, memory_format: Value = NONE) -> Value:
        return at.result(self.shape, self, dtype=dtype, keep=True) if isinstance(self, Tensor) else self

    return run


def size(at: Site, self: Value, dim: Value = NONE) -> Value:
    """``size()`` and ``size(dim)``."""
    from ft_lint.interpreter.items import dimension

    known = shape_of(self)
    if known is None:
        return at.m.same_unknown(("size", self, constant(dim)), "a size that we do not know")
    if is_none(dim):
        return TensorShape(known)
    axis = axis_of(dim, len(known))
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

    backward_through(at, self)
    return NONE


def in_place(at: Site, self: Value, *args: Value, **kwargs: Value) -> Value:
    """A method that fills the tensor in place, e.g. ``normal_``; the tensor itself comes back."""
    return self


def zero_(at: Site, self: Value) -> Value:
    """``zero_()``."""
    return self


def new_like(at: Site, self: Value, *args: Value, **kwargs: Value) -> Value:
    """``new_zeros`` and kin: a new tensor of unknown shape."""
    return Tensor(certain=True)


class Methods:
    """The methods of ``torch.Tensor``, under the name ``torch.Tensor``."""


_UNARY = """abs exp log sqrt rsqrt neg sin cos tanh relu sign round floor ceil clamp clamp_min clamp_max clip pow
square log1p expm1 reciprocal gelu float_power dropout masked_fill nan_to_num erf logit roll flip""".split()
_BINARY = "add sub mul div mod minimum maximum floor_divide true_divide subtract multiply divide fmod".split()
_COMPARE = "eq ne lt le gt ge".split()
_SAME = "to cuda cpu clone contiguous type type_as pin_memory".split()
_DTYPES = {
    "float": "float32",
    "double": "float64",
    "half": "float16",
    "bfloat16": "bfloat16",
    "long": "int64",
    "int": "int32",
    "bool": "bool",
}
_REDUCTIONS = "sum mean prod std var norm logsumexp all any amax amin median nanmean".split()
_IN_PLACE = """normal_ uniform_ fill_ zero_ copy_ clamp_ mul_ add_ sub_ div_ abs_ relu_ sigmoid_ softmax_ exp_ random_
bernoulli_ masked_fill_ scatter_ unsqueeze_ squeeze_ share_memory_ register_hook retain_grad""".split()

_GROUPS: dict[Callable[..., Value], Iterable[str]] = {
    unary: _UNARY,
    elementwise: _BINARY,
    _compare: _COMPARE,
    convert: _SAME,
    reduce: _REDUCTIONS,
    in_place: _IN_PLACE,
}
_SINGLE: dict[str, Callable[..., Value]] = {
    "view": reshape,
    "reshape": reshape,
    "flatten": flatten,
    "squeeze": squeeze,
    "unsqueeze": unsqueeze,
    "transpose": transpose,
    "permute": permute,
    "expand": expand,
    "matmul": matmul,
    "max": extreme,
    "min": extreme,
    "argmax": index_reduce,
    "argmin": index_reduce,
    "topk": topk,
    "softmax": softmax,
    "log_softmax": log_softmax,
    "sigmoid": sigmoid,
    "detach": detach,
    "item": item,
    "tolist": item,
    "numpy": item,
    "requires_grad_": requires_grad_,
    "size": size,
    "numel": numel,
    "dim": dim,
    "backward": backward,
    "new_zeros": new_like,
    "new_ones": new_like,
    "new_tensor": new_like,
    "new_full": new_like,
}
for _function, _names in _GROUPS.items():
    for _name in _names:
        setattr(Methods, _name, staticmethod(_function))
for _name, _dtype in _DTYPES.items():
    setattr(Methods, _name, staticmethod(_to_dtype(_dtype)))
for _name, _function in _SINGLE.items():
    setattr(Methods, _name, staticmethod(_function))
