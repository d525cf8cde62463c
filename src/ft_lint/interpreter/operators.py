"""Operators on values: arithmetic, comparison, identity, membership, negation."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from typing import Any

from ft_lint.facts.tensors import CountDivided, Thresholded
from ft_lint.interpreter import calls  # which imports this in turn
from ft_lint.interpreter.branches import decide, each_way, truth_of
from ft_lint.interpreter.gradients import is_there
from ft_lint.interpreter.items import items_of, iterate
from ft_lint.interpreter.machine import Machine
from ft_lint.interpreter.signature import Arguments
from ft_lint.interpreter.texts import note_test
from ft_lint.library.pathlib import joined
from ft_lint.light import replace
from ft_lint.values.array import Array, is_number, like
from ft_lint.values.array import combined as arrays_combined
from ft_lint.values.base import (
    FALSE,
    MAX_ITEMS,
    MAX_TEXT,
    TRUE,
    Choice,
    Constant,
    Identity,
    Items,
    Missing,
    Negation,
    Numbers,
    Repeated,
    Unknown,
    UnknownNumber,
    UnknownText,
    Value,
    boolean,
    constant,
    integer,
    is_none,
    same,
    text,
)
from ft_lint.values.callables import Instance, Reference, key_of
from ft_lint.values.containers import Dict, List, Tuple, new_list
from ft_lint.values.count import Count, combined
from ft_lint.values.hub import TokenIds
from ft_lint.values.module import Module
from ft_lint.values.names import NameBelow
from ft_lint.values.shape import add, floor_divide, multiply, subtract
from ft_lint.values.store import gate
from ft_lint.values.tensor import Dimension, Parameter, Tensor, TensorShape, is_threshold

_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "Add": operator.add,
    "Sub": operator.sub,
    "Mult": operator.mul,
    "Div": operator.truediv,
    "FloorDiv": operator.floordiv,
    "Mod": operator.mod,
    "Pow": operator.pow,
    "BitAnd": operator.and_,
    "BitOr": operator.or_,
    "BitXor": operator.xor,
    "LShift": operator.lshift,
    "RShift": operator.rshift,
}
_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "Eq": operator.eq,
    "NotEq": operator.ne,
    "Lt": operator.lt,
    "LtE": operator.le,
    "Gt": operator.gt,
    "GtE": operator.ge,
}
_FLIPPED = {"NotEq": "Eq", "LtE": "Gt", "Lt": "GtE"}
_DIMENSIONS: dict[str, Callable[[Any, Any], Any]] = {
    "Add": add,
    "Sub": subtract,
    "Mult": multiply,
    "FloorDiv": floor_divide,
}


def binary(m: Machine, name: str, left: Value, right: Value, node: ast.AST) -> Value:
    """``left <name> right`` for an arithmetic operator or a comparison, by the name that ``ast`` has for it."""
    left, right = m.store.resolve(left), m.store.resolve(right)
    match left, right:
        case Choice(), Tensor():
            return each_way(m, left, lambda one: binary(m, name, one, right, node))
        case Tensor(), Choice():
            return each_way(m, right, lambda one: binary(m, name, left, one, node))
        case Choice(condition, if_true, if_false), _ if not isinstance(right, Choice):
            first, second = binary(m, name, if_true, right, node), binary(m, name, if_false, right, node)
            return gate(condition, first, second)
        case _, Choice(condition, if_true, if_false) if not isinstance(left, Choice):
            first, second = binary(m, name, left, if_true, node), binary(m, name, left, if_false, node)
            return gate(condition, first, second)
        case Constant(a), Constant(b):
            return _plain(name, a, b, left.default or right.default)
        case (_, Constant(None)) | (Constant(None), _) if name == "Eq":
            return _identical(m, left, right)
        case Constant(str() as form), Tuple(values, True) if name == "Mod" and all(map(is_text_or_number, values)):
            return _plain(name, form, tuple(value.value for value in values if isinstance(value, Constant)), False)
        case Tuple(one, True), Tuple(other, True) if name == "Eq" and all(map(is_text_or_number, (*one, *other))):
            return boolean([constant(value) for value in one] == [constant(value) for value in other])
        case (TensorShape(), TensorShape() | Tuple()) | (Tuple(), TensorShape()) | (List(), List()) if (
            name == "Eq" and (equal := _same_sizes(left, right)) is not None
        ):
            return boolean(equal)
        case Reference(one), Reference(other) if name == "Eq" and (equal := _is_one_class(one, other)) is not None:
            return boolean(equal)
        case Identity(of=one), Identity(of=other) if name == "Eq":
            return _identical(m, one, other)
        case Unknown(), Unknown() if name == "Eq" and (equal := _same_member(m, left, right)) is not None:
            return boolean(equal)
        case (Tensor(), _) | (_, Tensor()):
            return _of_tensors(m, name, left, right, node)
        case (Array(), _) | (_, Array()) if (together := arrays_combined(name, left, right)) is not None:
            return together
        case (Count(), _) | (_, Count()):
            counted = combined(name, left, right) or _share(m, name, left, right, node)
            if counted is not None:
                return counted
        case ((Dimension() | Constant(int())), (Dimension() | Constant(int()))) if name in _DIMENSIONS:
            return _dimension(_DIMENSIONS[name](_dim(left), _dim(right)))
        case ((Dimension() | Constant(int())), (Dimension() | Constant(int()))) if name in ("Eq", "NotEq"):
            difference = subtract(_dim(left), _dim(right))
            if isinstance(difference, int):
                return boolean((difference == 0) == (name == "Eq"))
        case Instance(kind="pathlib.Path"), _ if name == "Div":
            return joined(left, right)
        case ((List() | Tuple()), (List() | Tuple())) if name == "Add":
            return _concatenated(m, left, right)
        case (TokenIds() as ids, other) | (other, TokenIds() as ids) if name == "Add" and (
            longer := _lengthened(m, ids, other)
        ):
            return longer
        case (List() as one, Unknown() as times) | (Unknown() as times, List() as one) if name == "Mult":
            values = iterate(m, one, node).values
            if len(values) == 1:
                return Repeated("a list as long as is not known", (one, times), of=values[0])
        case List(), Constant(int(times)) if name == "Mult" and 0 <= times <= 200:
            items = iterate(m, left, node)
            if len(items.values) * times <= MAX_ITEMS:
                return new_list(items.values * times, items.complete)
        case (UnknownText(), UnknownText() | Constant(str())) | (Constant(str()), UnknownText()) if name == "Add":
            return UnknownText("a text that is put together", (left, right))
        case (UnknownText() | Constant(str()), _) if name == "Mod":
            return m.same_unknown(
                (name, key_of(left), key_of(right)), "a formatted text", left, right, kind=UnknownText
            )
        case Unknown(), Constant(1) if name == "Mod" and not isinstance(getattr(node, "right", None), ast.Constant):
            return Constant(0, right.default)  # ``step % accumulation``
    if name in _FLIPPED:
        return negated(binary(m, _FLIPPED[name], left, right, node))
    by = _uncounted(right) if name in ("Div", "FloorDiv", "Mod") else right
    kind = UnknownNumber if name in _ARITHMETIC and is_number(left) and is_number(right) else Unknown
    found = m.same_unknown(
        (name, key_of(left), key_of(right)), "an operation on something unknown", left, by, kind=kind
    )
    if name == "Eq":
        _note_equality(m, found, left, right)
    return found


def _lengthened(m: Machine, ids: TokenIds, other: Value) -> TokenIds | None:
    """The numbers of a text with a few more, or with padding."""
    if isinstance(other, Repeated):
        return ids.beside((m.store.resolve(other.of),), repeated=True)
    items = items_of(m, other) if isinstance(other, List | Tuple) else None
    return ids.beside(items.values) if items is not None and items.complete else None


def _is_one_class(one: str, other: str) -> bool | None:
    """Whether two things of libraries are the same, by their paths; None where one may be another name of the other."""
    if one == other:
        return True
    classes = all(path.rpartition(".")[2][:1].isupper() for path in (one, other))
    return False if classes and one.partition(".")[0] == other.partition(".")[0] else None


def _same_member(m: Machine, left: Value, right: Value) -> bool | None:
    """Whether two members of one enum are the same, by their names; None for all else."""
    one, other = m.members.get(left), m.members.get(right)
    if one is None or other is None or one[0] is not other[0]:
        return None
    return one[1] == other[1]


def _note_equality(m: Machine, outcome: Value, left: Value, right: Value) -> None:
    """Remember which tests exclude each other: those that compare one thing with different constants or members."""
    subject, other = (right, left) if isinstance(left, Constant) or left in m.members else (left, right)
    if other in m.members:
        cls, name = m.members[other]
        m.store.equalities[outcome] = ((key_of(subject), cls), name)
    if isinstance(other, Constant) and (other.value is None or isinstance(other.value, str | int | float)):
        m.store.equalities[outcome] = (key_of(subject), other.value)
        if isinstance(other.value, str):
            m.facts.by_text.add(outcome)


def _uncounted(divisor: Value) -> Value:
    """A divisor for what comes out: steps divided by the batches of a loader count no batches."""
    if isinstance(divisor, Count):
        return Unknown("a number of batches or samples")
    if not isinstance(divisor, Unknown):
        return divisor
    kept = tuple(part for part in divisor.touched if not isinstance(part, Count))
    return Unknown(divisor.why, kept)


def _of_tensors(m: Machine, name: str, left: Value, right: Value, node: ast.AST) -> Value:
    """An operation of torch; what a tensor counts is added up with it."""
    from ft_lint.library.torch._tensor import OPERATORS

    result = calls.call_library(m, OPERATORS[name], Arguments((left, right)), node)
    one, two = ((v.counts or v) if isinstance(v, Tensor) else v for v in (left, right))
    counted = combined(name, one, two) or _share(m, name, one, two, node)
    if counted is None or not isinstance(result, Tensor):
        return result
    return replace(result, counts=counted)


def _share(m: Machine, name: str, left: Value, right: Value, node: ast.AST) -> Count | None:
    """Right answers divided by a number of samples or batches."""
    if name != "Div" or not isinstance(left, Count):
        return None
    left.fields["divided"] = TRUE
    if left.what != "hits" or not isinstance(right, Count) or right.what not in ("samples", "batches"):
        return None
    quotient = Count("share", left.of)
    m.emit(CountDivided, node, numerator=left, denominator=right, quotient=quotient)
    return quotient


def is_text_or_number(value: Value) -> bool:
    """Whether a value is a plain text or number."""
    return isinstance(value, Constant) and isinstance(value.value, str | int | float)


def negated(value: Value) -> Value:
    """``not value``."""
    match value:
        case Constant(found):
            return boolean(not found)
        case Negation(of):
            return of
        case Choice(condition, if_true, if_false):
            return gate(condition, negated(if_true), negated(if_false))
    known = truth_of(value)
    return Negation(value) if known is None else boolean(not known)


def _dim(value: Value) -> Any:
    return value.dim if isinstance(value, Dimension) else value.value  # type: ignore[attr-defined]


def _same_sizes(left: Value, right: Value) -> bool | None:
    """Whether two shapes, a shape and a tuple, or two lists of sizes are the same; None where a size does not tell."""
    one, other = _sizes(left), _sizes(right)
    if one is None or other is None:
        return None
    if len(one) != len(other):
        return False
    apart = [subtract(a, b) for a, b in zip(one, other, strict=True)]
    if any(isinstance(difference, int) and difference for difference in apart):
        return False
    return True if all(difference == 0 for difference in apart) else None


def _sizes(value: Value) -> list[Any] | None:
    match value:
        case TensorShape(shape):
            return list(shape)
        case Tuple(values, True) | List(fields={"items": Items(values, True)}) if all(
            isinstance(one, Dimension) or integer(one) is not None for one in values
        ):
            return [_dim(one) for one in values]
    return None


def _dimension(dim: Any) -> Value:
    return Constant(dim) if isinstance(dim, int) else Dimension(dim)


def _plain(name: str, left: Any, right: Any, default: bool | str) -> Value:
    if name in _COMPARISONS:
        run = _COMPARISONS[name]
    elif name in _ARITHMETIC and _small(name, left, right):
        run = _ARITHMETIC[name]
    else:
        return Unknown("an operation that is not computed")
    try:
        return Constant(run(left, right), default)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return Unknown("an operation that Python refuses")


_PLAIN_FORMAT = re.compile(r"(?:[^%]|%[sdirfg%])*")
"""A format without widths, which could ask for a huge text."""


def _small(name: str, left: Any, right: Any) -> bool:
    """Whether an operation on constants is cheap: no huge powers, shifts or repeated strings."""
    match name, left, right:
        case "Pow" | "LShift", int() | float(), int() | float():
            return abs(left) < 10**6 and abs(right) < 64
        case "Mult", int() | float(), int() | float():
            return abs(left) < 10**30 and abs(right) < 10**30
        case "Mult", _, _:
            return False
        case "Add", str() | bytes(), str() | bytes():
            return len(left) + len(right) <= MAX_TEXT
        case "Mod", str(), str() | int() | float() | tuple():
            given = right if isinstance(right, tuple) else (right,)
            inserted = sum(len(one) for one in given if isinstance(one, str))
            return len(left) < 1000 and inserted <= MAX_TEXT and _PLAIN_FORMAT.fullmatch(left) is not None
        case "Mod", str() | bytes(), _:
            return False
    return True


def _concatenated(m: Machine, left: Value, right: Value) -> Value:
    first, second = iterate(m, left, None), iterate(m, right, None)
    values, complete = first.values + second.values, first.complete and second.complete
    if len(values) > MAX_ITEMS:
        values, complete = values[:MAX_ITEMS], False
    return Tuple(values, complete) if isinstance(left, Tuple) else new_list(values, complete)


def unary(m: Machine, value: Value, node: ast.UnaryOp) -> Value:
    """``not value``, ``-value``, ``+value`` or ``~value``."""
    match node.op, value:
        case ast.Not(), _:
            verdict, condition = decide(m, value)
            return negated(condition) if verdict is None else boolean(not verdict)
        case ast.USub(), Constant(int() | float() as number):
            return Constant(-number, value.default)
        case ast.UAdd(), Constant():
            return value
        case ((ast.USub() | ast.UAdd()), Tensor()):
            from ft_lint.library.torch._elementwise import keeping

            return calls.call_library(m, keeping, Arguments((value,)), node)
        case ((ast.USub() | ast.UAdd() | ast.Invert()), Array(shape=shape, dtype=dtype)):
            return like(value, shape, dtype)
        case ast.USub(), Dimension(dim):
            return _dimension(subtract(0, dim))
    return m.same_unknown((type(node.op).__name__, value), "an operation on something unknown", value)


def compare(m: Machine, kind: ast.cmpop, left: Value, right: Value, node: ast.Compare) -> Value:
    """One comparison of a chain."""
    match kind:
        case ast.Is() | ast.IsNot():
            found = _identical(m, left, right)
            return negated(found) if isinstance(kind, ast.IsNot) else found
        case ast.In() | ast.NotIn():
            found = contains(m, right, left)
            return negated(found) if isinstance(kind, ast.NotIn) else found
    match m.store.resolve(left):
        case Numbers(touched=(Tensor(given_by=Module()) as answers,)) if _is_ordering(kind) and is_threshold(right):
            m.emit(Thresholded, node, input=answers)
    return binary(m, type(kind).__name__, left, right, node)


def _is_ordering(kind: ast.cmpop) -> bool:
    return isinstance(kind, ast.Lt | ast.LtE | ast.Gt | ast.GtE)


def _identical(m: Machine, left: Value, right: Value) -> Value:
    left, right = m.store.resolve(left), m.store.resolve(right)
    match left, right:
        case Choice(condition, if_true, if_false), _:
            return gate(condition, _identical(m, if_true, right), _identical(m, if_false, right))
        case Constant(a), Constant(b):
            return boolean(a is b or (a == b and isinstance(a, bool | int | str)))
        case _ if left is right and not isinstance(left, Unknown):
            return TRUE
        case Reference(one), Reference(other) if (equal := _is_one_class(one, other)) is not None:
            return boolean(equal)
        case Unknown(), Unknown() if (equal := _same_member(m, left, right)) is not None:
            return boolean(equal)
    unsure = (Unknown, Missing, Negation, Reference)
    known = not isinstance(left, unsure) and not isinstance(right, unsure)
    if known and (is_none(left) or is_none(right)):
        return FALSE
    found = m.same_unknown(("Is", key_of(left), key_of(right)), "an identity test on something unknown", left, right)
    _note_equality(m, found, left, right)
    if left in m.gradients and is_none(right):
        return negated(is_there(m, m.gradients[left], negated(found)))
    return found


def contains(m: Machine, container: Value, item: Value) -> Value:
    """``item in container``."""
    match container, item:
        case Constant(str() as whole), Constant(str() as part):
            return boolean(part in whole)
        case NameBelow(), Constant(str() as part) if (held := container.contains(part)) is not None:
            return boolean(held)
        case Constant(str()), Choice(condition, if_true, if_false):
            return gate(condition, contains(m, container, if_true), contains(m, container, if_false))
        case Choice(condition, if_true, if_false), Constant():
            return gate(condition, contains(m, if_true, item), contains(m, if_false, item))
        case Dict(entries), Constant(key) if container.complete:
            return boolean(key in entries)
        case Module(cls=None, rest=None, children=children), Constant(str() as name):
            return boolean(name in children)
        case ((Tuple() | List()), Constant(found)):
            items = iterate(m, container, None)
            if items.complete and all(isinstance(value, Constant) for value in items.values):
                return boolean(any(isinstance(v, Constant) and v.value == found for v in items.values))
        case ((Tuple() | List()), _) if not isinstance(item, Unknown):
            items = iterate(m, container, None)
            within = any(same(value, item) for value in items.values)
            if isinstance(item, Identity) and isinstance(item.of, Parameter) and item.of.rest:
                if within and items.complete:
                    return TRUE
                return m.same_unknown(("In", item.of, container), "some of the unseen parameters may be in it")
            if within:
                return TRUE
            if items.complete and not any(isinstance(value, Unknown | Choice) for value in items.values):
                return FALSE
    found = m.same_unknown(("In", key_of(item), key_of(container)), "a membership test on something unknown")
    match container, item:
        case Unknown(), Constant(str() as part):
            note_test(m, found, container, lambda whole: part in whole)
        case ((Tuple() | List()), Unknown()):
            items = iterate(m, container, None)
            names = frozenset(map(text, items.values))
            if items.complete and None not in names:
                note_test(m, found, item, lambda whole: whole in names)
    return found
