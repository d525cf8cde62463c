"""Operations on each element: arithmetic, comparisons, functions of one number; softmax and kin."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from ft_lint.facts.tensors import DifferenceBroadcast, Thresholded
from ft_lint.library.site import Refused, Site
from ft_lint.library.torch._arguments import axis, shape_of, without_graph
from ft_lint.library.torch.dtypes import dtype_asked, is_floating, is_whole, result_type
from ft_lint.library.torch.shapes import ShapeError, broadcast
from ft_lint.light import replace
from ft_lint.values.base import NONE, Constant, Unknown, UnknownBatch, Value, integer, is_none
from ft_lint.values.count import Count
from ft_lint.values.shape import Dim, Shape, pairs_up
from ft_lint.values.tensor import Activation, Tensor, is_threshold, last_of, tensor_behind


def common_shape(operation: str, *inputs: Value) -> Shape | None:
    """The shape that the inputs broadcast to; None where one is unknown.  Raises Refused."""
    shape: Shape | None = ()
    for value in inputs:
        other = shape_of(value)
        if shape is None or other is None:
            shape = None
            continue
        try:
            shape = broadcast(shape, other)
        except ShapeError as error:
            raise Refused(operation, error.why, value, **error.sizes) from error
    if shape is None:
        _refuse_widths(operation, inputs)
    return shape


def _refuse_widths(operation: str, inputs: Sequence[Value]) -> None:
    """Last dimensions that do not pair, of however many dimensions the inputs are."""
    common: Dim = 1
    for value in inputs:
        width = last_of(value)
        if width is None:
            continue
        try:
            (common,) = broadcast((common,), (width,))
        except ShapeError as error:
            raise Refused(operation, f"the last dimensions, {common} and {width}, do not broadcast", value) from error


def elementwise(at: Site, *inputs: Value, dtype: str | None = None, keep: bool = False) -> Tensor:
    """An operation on each element, with broadcasting; ``dtype`` by promotion unless given."""
    shape = common_shape("broadcast", *inputs)
    result = at.result(shape, *inputs, keep=keep)
    alike = all(value.order == tuple(range(len(value.shape or ()))) for value in inputs if isinstance(value, Tensor))
    order = tuple(range(len(shape))) if alike and shape is not None else None
    width = _common_width(inputs) if shape is None else None
    tensors = [value for value in inputs if isinstance(value, Tensor)]
    given_by = tensors[0].given_by if len(tensors) == 1 else None  # what is put together is no answer any more
    return replace(result, dtype=dtype or result_type(inputs), order=order, width=width, given_by=given_by)


def _common_width(inputs: Sequence[Value]) -> Dim | None:
    """The last dimension of all inputs that are no numbers or single columns, where it is one and the same."""
    found = {last_of(value) for value in inputs if shape_of(value) != ()}
    wide = found - {1} or found
    return next(iter(wide)) if len(wide) == 1 else None


Function = Callable[..., Value]


def arithmetic(at: Site, input: Value, other: Value, *, alpha: Value = NONE, out: Value = NONE) -> Value:
    """``add``, ``mul``, ``maximum`` ...: promotes."""
    found = elementwise(at, input, other)
    return found if isinstance(input, Tensor) and isinstance(other, Tensor) else _rescaled(found)


def subtraction(at: Site, input: Value, other: Value, *, alpha: Value = NONE, out: Value = NONE) -> Value:
    """``sub``; that everything is compared with everything is written down."""
    result = elementwise(at, input, other)
    if not (isinstance(input, Tensor) and isinstance(other, Tensor)) or _is_spread_out(at.node):
        return result
    if pairs_up(input.shape or (), other.shape or ()):
        at.emit(DifferenceBroadcast, left=input, right=other, output=result)
    return result


def _is_spread_out(node: ast.AST) -> bool:
    """Whether a difference is written so that all pairs are meant: ``u[:, None] - v``, or both sides are put into
    another shape: ``u.reshape(-1, 1) - v.reshape(-1)``.
    """
    if not isinstance(node, ast.BinOp):
        return False
    sides = (node.left, node.right)
    return any(map(_adds_dimension, sides)) or all(map(_is_put_into_shape, sides))


def _is_put_into_shape(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _SHAPING


_SHAPING = frozenset(("reshape", "view", "unsqueeze", "expand"))


def _adds_dimension(node: ast.expr) -> bool:
    parts = node.slice.elts if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple) else []
    return any(isinstance(part, ast.Constant) and part.value is None for part in parts)


def division(at: Site, input: Value, other: Value, *, rounding_mode: Value = NONE, out: Value = NONE) -> Value:
    """True division: whole numbers become floats."""
    found = result_type((input, other))
    whole = found is not None and is_whole(found)
    return _rescaled(elementwise(at, input, other, dtype="float32" if whole and is_none(rounding_mode) else found))


def _rescaled(value: Value) -> Value:
    """The same value, no longer on the scale that it had."""
    return replace(value, rescaled=True) if isinstance(value, Tensor) else value


def floating_pair(at: Site, input: Value, other: Value, *, out: Value = NONE) -> Value:
    """``atan2`` and kin: whole numbers become floats."""
    found = result_type((input, other))
    return elementwise(at, input, other, dtype="float32" if found is not None and is_whole(found) else found)


def note_threshold(at: Site, answers: Value) -> None:
    """Write down that a class is chosen by a number, where it is what a model answers that is compared or rounded."""
    tensor = tensor_behind(answers)
    if tensor is not None and tensor.given_by is not None:
        at.emit(Thresholded, input=tensor)


def comparison(at: Site, input: Value, other: Value, *, out: Value = NONE) -> Value:
    """``eq``, ``ne`` ...: truths."""
    return without_graph(elementwise(at, input, other, dtype="bool"))


def ordering(at: Site, input: Value, other: Value, *, out: Value = NONE) -> Value:
    """``lt``, ``ge`` ...: truths; a threshold for what a model answers chooses a class."""
    if is_threshold(other):
        note_threshold(at, input)
    return comparison(at, input, other)


def equality(at: Site, input: Value, other: Value, *, out: Value = NONE) -> Value:
    """``eq`` and ``==``: truths that count, where predictions for a batch meet its labels."""
    result = comparison(at, input, other)
    both = isinstance(input, Tensor | UnknownBatch) and isinstance(other, Tensor | UnknownBatch)
    if not both or not isinstance(result, Tensor) or result.batch_of is None:
        return result
    return replace(result, counts=Count("truths", result.batch_of))


def bitwise(at: Site, input: Value, other: Value, *, out: Value = NONE) -> Value:
    """``bitwise_and`` and kin: refuse floats."""
    found = result_type((input, other))
    if found is not None and is_floating(found):
        raise Refused("bitwise", f"it takes whole numbers or truths and gets {found}", input, form="dtype")
    return elementwise(at, input, other)


def keeping(at: Site, input: Value, *args: Value, **settings: Value) -> Value:
    """A function of each number that keeps the dtype: ``relu``, ``abs``, ``clamp`` ..."""
    order = input.order if isinstance(input, Tensor) else None
    return replace(at.alike(input), order=order)


def rounding(at: Site, input: Value, *args: Value, **settings: Value) -> Value:
    """``round``."""
    note_threshold(at, input)
    return keeping(at, input)


def floating(at: Site, input: Value, *, out: Value = NONE) -> Value:
    """A function of each number whose result is a float: ``exp``, ``sqrt`` ..."""
    return at.alike(input, dtype=float_of(input))


def float_of(input: Value) -> str | None:
    """The dtype of ``exp(input)``: that of the input, float32 for whole numbers."""
    dtype = input.dtype if isinstance(input, Tensor) else None
    return "float32" if dtype is not None and is_whole(dtype) else dtype


def truths(at: Site, input: Value, *, out: Value = NONE) -> Value:
    """``isnan``, ``logical_not`` ...: truths of the same shape."""
    return without_graph(at.result(shape_of(input), input, dtype="bool"))


def logical(at: Site, input: Value, other: Value, *, out: Value = NONE) -> Value:
    """``logical_and`` and kin."""
    return comparison(at, input, other)


def clamp(at: Site, input: Value, min: Value = NONE, max: Value = NONE, *, out: Value = NONE) -> Value:
    """``clamp`` between numbers or tensors; refuses neither."""
    if is_none(min) and is_none(max):
        raise Refused("clamp", "at least one of min and max must be given", input)
    return elementwise(at, input, *(bound for bound in (min, max) if not is_none(bound)))


def where(at: Site, condition: Value, input: Value = NONE, other: Value = NONE, *, out: Value = NONE) -> Value:
    """``where(condition, x, y)``; of the condition alone, the places where it holds."""
    if is_none(input) and is_none(other):
        return at.unknown("the places where a condition holds", condition)
    shape = common_shape("where", condition, input, other)
    return replace(at.result(shape, input, other), dtype=result_type((input, other)))


def lerp(at: Site, input: Value, end: Value, weight: Value, *, out: Value = NONE) -> Value:
    """``lerp``: start, end and weight broadcast; both ends have one dtype."""
    same_dtype("lerp", input, end)
    return replace(at.result(common_shape("lerp", input, end, weight), input, end, weight))


def same_dtype(operation: str, *inputs: Value) -> None:
    """Refuse tensors of different dtypes."""
    found = {value.dtype for value in inputs if isinstance(value, Tensor) and value.dtype is not None}
    if len(found) > 1:
        why = f"its tensors are of different dtypes: {' and '.join(sorted(found))}"
        raise Refused(operation, why, inputs[0], form="dtype")


def addcmul(at: Site, input: Value, tensor1: Value, tensor2: Value, *, value: Value = NONE, out: Value = NONE) -> Value:
    """``addcmul`` and ``addcdiv``."""
    return elementwise(at, input, tensor1, tensor2)


# --- activations with a trace -------------------------------------------------------------------


def activate(at: Site, input: Value, kind: str, name: str, dim: Value | None = None, node: Any = None) -> Value:
    """An activation whose trace the tensor keeps (softmax, sigmoid, ...)."""
    result = at.alike(input)
    if not isinstance(input, Tensor) and not isinstance(input, Unknown):
        return result
    known = shape_of(input)
    if dim is not None and known is not None and len(known) > 2 and integer(dim) == len(known) - 1:
        dim = Constant(-1)  # it is the last one still where the others are flattened
    return replace(result, activation=Activation(kind, name, node or at.node, dim))


def _soft(at: Site, input: Value, kind: str, dim: Value, dtype: Value) -> Value:
    known = shape_of(input)
    if known is not None and not is_none(dim):
        axis(kind, dim, len(known), input)
    result = activate(at, input, kind, kind, dim)
    return replace(result, dtype=dtype_asked(dtype, result.dtype)) if isinstance(result, Tensor) else result


def softmax(at: Site, input: Value, dim: Value = NONE, _stacklevel: Value = NONE, dtype: Value = NONE) -> Value:
    """``softmax`` over ``dim``."""
    return _soft(at, input, "softmax", dim, dtype)


def log_softmax(at: Site, input: Value, dim: Value = NONE, _stacklevel: Value = NONE, dtype: Value = NONE) -> Value:
    """``log_softmax`` over ``dim``."""
    return _soft(at, input, "log_softmax", dim, dtype)


def torch_softmax(at: Site, input: Value, dim: Value, dtype: Value = NONE, *, out: Value = NONE) -> Value:
    """``torch.softmax`` and ``Tensor.softmax``: the second argument by position is the dtype."""
    return _soft(at, input, "softmax", dim, dtype)


def torch_log_softmax(at: Site, input: Value, dim: Value, dtype: Value = NONE, *, out: Value = NONE) -> Value:
    """``torch.log_softmax`` and ``Tensor.log_softmax``."""
    return _soft(at, input, "log_softmax", dim, dtype)


def sigmoid(at: Site, input: Value, *, out: Value = NONE) -> Value:
    """``sigmoid``."""
    result = activate(at, input, "sigmoid", "sigmoid")
    return replace(result, dtype=float_of(input)) if isinstance(result, Tensor) else result


FLOATING = """exp exp2 expm1 log log2 log10 log1p sqrt rsqrt sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh
erf erfc reciprocal lgamma digamma rad2deg deg2rad logit arcsin arccos arctan arcsinh arccosh arctanh""".split()
KEEPING = "abs absolute relu neg negative positive sign sgn square floor ceil round trunc frac fix nan_to_num".split()
TRUTHS = "isnan isinf isfinite logical_not isposinf isneginf signbit isreal".split()
ARITHMETIC = "add sub mul maximum minimum fmax fmin remainder fmod subtract multiply floor_divide pow".split()
DIVISION = "div divide".split()
FLOATING_PAIRS = "atan2 arctan2 true_divide".split()
COMPARISONS = "eq ne not_equal".split()
ORDERINGS = "lt le gt ge less less_equal greater greater_equal".split()
LOGICAL = "logical_and logical_or logical_xor".split()
BITWISE = "bitwise_and bitwise_or bitwise_xor".split()

TABLE: dict[str, Function] = {
    **dict.fromkeys(FLOATING, floating),
    **dict.fromkeys(KEEPING, keeping),
    "round": rounding,
    **dict.fromkeys(TRUTHS, truths),
    **dict.fromkeys(ARITHMETIC, arithmetic),
    **dict.fromkeys(["sub", "subtract"], subtraction),
    **dict.fromkeys(DIVISION, division),
    **dict.fromkeys(FLOATING_PAIRS, floating_pair),
    **dict.fromkeys(COMPARISONS, comparison),
    **dict.fromkeys(ORDERINGS, ordering),
    "eq": equality,
    **dict.fromkeys(LOGICAL, logical),
    **dict.fromkeys(BITWISE, bitwise),
    "clamp": clamp,
    "clip": clamp,
    "where": where,
    "lerp": lerp,
    "addcmul": addcmul,
    "addcdiv": addcmul,
    "softmax": torch_softmax,
    "log_softmax": torch_log_softmax,
    "sigmoid": sigmoid,
}
"""By name, as functions of ``torch``; those that take a tensor first are its methods too."""

OPERATORS: dict[str, Function] = {
    "Sub": subtraction,
    **dict.fromkeys(["Add", "Mult", "FloorDiv", "Mod", "Pow"], arithmetic),
    **dict.fromkeys(["BitAnd", "BitOr", "BitXor", "LShift", "RShift"], bitwise),
    "Eq": equality,
    "NotEq": comparison,
    **dict.fromkeys(["Lt", "LtE", "Gt", "GtE"], ordering),
    "Div": division,
}
"""Python's operators by the names that `ast` has for them; ``@`` is in ``_products``."""
