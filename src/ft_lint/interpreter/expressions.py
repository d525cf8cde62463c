"""Expressions: the value of each kind."""

from __future__ import annotations

import ast
import builtins
import operator
import re
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

from ft_lint.facts import CountDivided, LoopPass, ScoreCompared
from ft_lint.interpreter import calls  # which imports this in turn
from ft_lint.interpreter.attributes import read
from ft_lint.interpreter.branches import (
    Split,
    choose,
    decide,
    decide_or_split,
    on_each_way,
    truth_of,
    way_of_parameters,
)
from ft_lint.interpreter.items import get_item, iterate
from ft_lint.interpreter.machine import MAX_DEPTH, Machine
from ft_lint.interpreter.project_imports import follow, followed
from ft_lint.interpreter.recognition import ASKED_OF_MODELS, as_model
from ft_lint.interpreter.signature import Arguments
from ft_lint.interpreter.texts import note_test
from ft_lint.interpreter.tokens import set_labels
from ft_lint.library import canonical, is_known
from ft_lint.library.pathlib import joined
from ft_lint.library.tracing import graph_of, loaders_of, scored_on
from ft_lint.light import replace
from ft_lint.values.array import Array, is_number, like
from ft_lint.values.array import combined as arrays_combined
from ft_lint.values.base import (
    FALSE,
    MAX_ITEMS,
    MAX_TEXT,
    MISSING,
    NONE,
    TRUE,
    Choice,
    Constant,
    Identity,
    Items,
    Missing,
    Negation,
    Unknown,
    UnknownBatch,
    UnknownNumber,
    UnknownText,
    Value,
    boolean,
    constant,
    integer,
    is_none,
    options,
    same,
    text,
)
from ft_lint.values.callables import Bound, Function, Instance, ProjectImport, Reference, Scope
from ft_lint.values.containers import Dict, Iterator, List, Tuple, new_list, new_set
from ft_lint.values.count import Count, combined
from ft_lint.values.hub import SpecialToken
from ft_lint.values.module import Module
from ft_lint.values.shape import add, floor_divide, multiply, subtract
from ft_lint.values.store import gate
from ft_lint.values.tensor import Dimension, Parameter, Tensor, TensorShape

_BUILTINS = frozenset(dir(builtins))
MAX_ITEMS_HELD = 20
"""Items that one which stands for all of them holds on to."""


def evaluate(m: Machine, node: ast.expr) -> Value:
    """The value of an expression, with all its effects; too deep a nesting is unknown."""
    kind = type(node)
    if kind is ast.Name:
        return _name(m, node)  # type: ignore[arg-type]
    if kind is ast.Constant:
        return _constant(m, node)  # type: ignore[arg-type]
    run = _EXPRESSIONS.get(kind)
    if run is None:
        return m.unknown(f"{type(node).__name__} is not followed", node)
    if m.depth > MAX_DEPTH:
        return m.unknown("nested too deeply", node)
    m.depth += 1
    try:
        return run(m, node)
    finally:
        m.depth -= 1


# --- names and literals ------------------------------------------------------------------------


def _name(m: Machine, node: ast.Name) -> Value:
    found = look_up(m, node.id)
    if found is None and m.stars:
        found = _from_stars(m, node.id)
    return found if found is not None else m.unknown(f"`{node.id}` is not defined in this file", node)


def _from_stars(m: Machine, name: str) -> Value | None:
    """What a name is that ``from torch.nn import *`` may have brought into the module that runs."""
    scope = m.scope
    while scope.parent is not None:
        scope = scope.parent
    for module in reversed(m.stars.get(scope, ())):
        if not module:
            return None
        path = canonical(f"{module}.{name}")
        if is_known(path):
            return Reference(path)
    return None


def look_up(m: Machine, name: str) -> Value | None:
    """The value of a name as Python finds it: local, enclosing, global, builtin."""
    scope: Scope | None = m.scope
    inner = True
    while scope is not None:
        if name in scope.names and (inner or not scope.is_class):
            found = m.store.resolve(scope.names[name])
            if type(found) is ProjectImport:
                return follow(m, found)
            return followed(m, found) if type(found) is Choice and m.siblings is not None else found
        scope, inner = scope.parent, False
    if name == "__name__":
        return Constant("__main__")
    return Reference(f"builtins.{name}") if name in _BUILTINS else None


def _constant(m: Machine, node: ast.Constant) -> Value:
    match node.value:
        case None:
            return NONE
        case bool() as truth:
            return TRUE if truth else FALSE
        case complex():
            return m.unknown("a complex number")
        case int() as number if abs(number) >= _HUGE:
            return m.unknown("a huge number", node)
    return Constant(node.value)


_HUGE = 10**100


def _formatted(m: Machine, node: ast.JoinedStr) -> Value:
    parts: list[str] = []
    inserted: list[Value] = []
    known = True
    for part in node.values:
        match part:
            case ast.Constant(value=str() as text):
                parts.append(text)
            case ast.FormattedValue(value=expression, conversion=-1, format_spec=None):
                value = evaluate(m, expression)
                plain = isinstance(value, Constant) and isinstance(value.value, str | int)
                parts.append(str(value.value) if isinstance(value, Constant) else "")
                inserted.append(value)
                known = known and plain
            case ast.FormattedValue(value=expression):
                inserted.append(evaluate(m, expression))
                known = False
    if known and sum(map(len, parts)) <= MAX_TEXT:
        return Constant("".join(parts))
    m.unknown("a formatted string", node)
    leaves = (leaf for value in inserted for leaf in (value.touched if isinstance(value, Unknown) else (value,)))
    return UnknownText("a formatted string", tuple(leaf for leaf in leaves if isinstance(leaf, SpecialToken | Dict)))


def _tuple(m: Machine, node: ast.Tuple) -> Value:
    values, complete = _elements(m, node.elts)
    return Tuple(values, complete)


def _list(m: Machine, node: ast.List | ast.Set) -> Value:
    values, complete = _elements(m, node.elts)
    return new_set(values, complete) if isinstance(node, ast.Set) else new_list(values, complete)


def _elements(m: Machine, elements: Sequence[ast.expr]) -> tuple[tuple[Value, ...], bool]:
    values: list[Value] = []
    complete = True
    for element in elements:
        if isinstance(element, ast.Starred):
            inner = iterate(m, evaluate(m, element.value), element)
            values += inner.values[:MAX_ITEMS]
            complete = complete and inner.complete and len(values) <= MAX_ITEMS
            del values[MAX_ITEMS:]
        else:
            values.append(evaluate(m, element))
    return tuple(values), complete


def _dict(m: Machine, node: ast.Dict) -> Value:
    result = Dict()
    for place, element in zip(node.keys, node.values, strict=True):
        value = evaluate(m, element)
        if place is not None:
            key = evaluate(m, place)
            if isinstance(key, Constant) and isinstance(key.value, str | int | float | bool | tuple | bytes):
                result.entries[key.value] = value
                result.places[key.value] = place
                if key.value == "labels":
                    set_labels(m, value, place)
            else:
                result.flags["incomplete"] = TRUE
        elif isinstance(value, Dict):
            result.entries.update(value.entries)
            result.places.update(value.places)
            result.flags.update(value.flags)
        else:
            result.flags["incomplete"] = TRUE
    return result


def _lambda(m: Machine, node: ast.Lambda) -> Value:
    from ft_lint.interpreter.definitions import closure, defaults_of

    return Function("<lambda>", node, closure(m), defaults_of(m, node.args))


# --- operators ---------------------------------------------------------------------------------

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


def _binary(m: Machine, node: ast.BinOp) -> Value:
    """A chain such as ``a + b + c + ...`` leans left and may be thousands long: no recursion."""
    pending: list[ast.BinOp] = []
    left: ast.expr = node
    while isinstance(left, ast.BinOp):
        pending.append(left)
        left = left.left
    value = evaluate(m, left)
    for part in reversed(pending):
        value = binary(m, type(part.op).__name__, value, evaluate(m, part.right), part)
    return value


def binary(m: Machine, name: str, left: Value, right: Value, node: ast.AST) -> Value:
    """``left <name> right`` for an arithmetic operator or a comparison, by the name that ``ast`` has for it."""
    left, right = m.store.resolve(left), m.store.resolve(right)
    match left, right:
        case Choice(condition, if_true, if_false), _ if not isinstance(right, Choice):
            first, second = binary(m, name, if_true, right, node), binary(m, name, if_false, right, node)
            return gate(condition, first, second)
        case _, Choice(condition, if_true, if_false) if not isinstance(left, Choice):
            first, second = binary(m, name, left, if_true, node), binary(m, name, left, if_false, node)
            return gate(condition, first, second)
        case Constant(a), Constant(b):
            return _plain(name, a, b, left.default or right.default)
        case Constant(str() as form), Tuple(values, True) if name == "Mod" and all(map(is_text_or_number, values)):
            return _plain(name, form, tuple(value.value for value in values if isinstance(value, Constant)), False)
        case Tuple(one, True), Tuple(other, True) if name == "Eq" and all(map(is_text_or_number, (*one, *other))):
            return boolean([constant(value) for value in one] == [constant(value) for value in other])
        case (TensorShape(), TensorShape() | Tuple()) | (Tuple(), TensorShape()) | (List(), List()) if (
            name == "Eq" and (equal := _same_sizes(left, right)) is not None
        ):
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
        case List(), Constant(int(times)) if name == "Mult" and 0 <= times <= 200:
            items = iterate(m, left, node)
            if len(items.values) * times <= MAX_ITEMS:
                return new_list(items.values * times, items.complete)
        case (UnknownText(), UnknownText() | Constant(str())) | (Constant(str()), UnknownText()) if name == "Add":
            return UnknownText("a text that is put together", (left, right))
        case (UnknownText() | Constant(str()), _) if name == "Mod":
            return m.same_unknown((name, _key(left), _key(right)), "a formatted text", left, right, kind=UnknownText)
        case Unknown(), Constant(1) if name == "Mod" and not isinstance(getattr(node, "right", None), ast.Constant):
            return Constant(0, right.default)  # ``step % accumulation``
    if name in _FLIPPED:
        return negated(binary(m, _FLIPPED[name], left, right, node))
    by = _uncounted(right) if name in ("Div", "FloorDiv", "Mod") else right
    kind = UnknownNumber if name in _ARITHMETIC and is_number(left) and is_number(right) else Unknown
    found = m.same_unknown((name, _key(left), _key(right)), "an operation on something unknown", left, by, kind=kind)
    if name == "Eq":
        _note_equality(m, found, left, right)
    return found


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
        m.store.equalities[outcome] = ((_key(subject), cls), name)
    if isinstance(other, Constant) and (other.value is None or isinstance(other.value, str | int | float)):
        m.store.equalities[outcome] = (_key(subject), other.value)
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


def _key(value: Value) -> object:
    if isinstance(value, Constant):
        hashable = value.value is None or isinstance(value.value, str | int | float | bool | bytes)
        return ("constant", type(value.value), value.value) if hashable else value
    if isinstance(value, Identity):
        return ("identity", value.of)
    if isinstance(value, Bound):  # ``config.type`` of something unknown is no method, for it is compared
        return ("attribute", value.receiver, value.name)
    return ("reference", value.path) if isinstance(value, Reference) else value


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


def _plain(name: str, left: Any, right: Any, default: bool) -> Value:
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


def _unary(m: Machine, node: ast.UnaryOp) -> Value:
    value = evaluate(m, node.operand)
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
            return _dimension(subtract(0, dim))  # type: ignore[arg-type]
    return m.same_unknown((type(node.op).__name__, value), "an operation on something unknown", value)


def _boolean(m: Machine, node: ast.BoolOp) -> Value:
    value = evaluate(m, node.values[0])
    for right in node.values[1:]:
        value = _and_or(m, isinstance(node.op, ast.And), value, right)
    return value


def _and_or(m: Machine, wants_right: bool, left: Value, right: ast.expr) -> Value:
    verdict, condition = decide(m, left)
    if verdict is not None:
        return evaluate(m, right) if verdict is wants_right else left
    if wants_right:
        return choose(m, condition, lambda: evaluate(m, right), lambda: _short(left, FALSE))
    return choose(m, condition, lambda: _short(left, TRUE), lambda: evaluate(m, right))


def _short(left: Value, truth: Value) -> Value:
    """The left side where it decides: its own value matters only if it is more than a truth value."""
    return left if isinstance(left, Choice) else truth


def _comparison(m: Machine, node: ast.Compare) -> Value:
    left, result = evaluate(m, node.left), TRUE
    for operator_, comparator in zip(node.ops, node.comparators, strict=True):
        right = evaluate(m, comparator)
        found = _compare(m, operator_, left, right, node)
        _note_score(m, left, right, found, node)
        if len(node.ops) == 1:
            return found
        known = truth_of(found)
        if known is False:
            return FALSE
        if known is None:
            result = m.same_unknown(("chain", result, found), "a chained comparison", found)  # type: ignore[assignment]
        left = right
    return result


def _note_score(m: Machine, left: Value, right: Value, outcome: Value, node: ast.AST) -> None:
    """Write down a comparison of numbers that come from a loader's batches."""
    if m.loader_count and isinstance(outcome, Unknown | Negation):
        loaders = scored_on((left, right))
        if loaders:
            m.emit(ScoreCompared, node, outcome=outcome, loaders=loaders)


def _compare(m: Machine, kind: ast.cmpop, left: Value, right: Value, node: ast.Compare) -> Value:
    match kind:
        case ast.Is() | ast.IsNot():
            found = _identical(m, left, right)
            return negated(found) if isinstance(kind, ast.IsNot) else found
        case ast.In() | ast.NotIn():
            found = contains(m, right, left)
            return negated(found) if isinstance(kind, ast.NotIn) else found
    return binary(m, type(kind).__name__, left, right, node)


def _identical(m: Machine, left: Value, right: Value) -> Value:
    left, right = m.store.resolve(left), m.store.resolve(right)
    match left, right:
        case Choice(condition, if_true, if_false), _:
            return gate(condition, _identical(m, if_true, right), _identical(m, if_false, right))
        case Constant(a), Constant(b):
            return boolean(a is b or (a == b and isinstance(a, bool | int | str)))
        case _ if left is right and not isinstance(left, Unknown):
            return TRUE
        case Unknown(), Unknown() if (equal := _same_member(m, left, right)) is not None:
            return boolean(equal)
    unsure = (Unknown, Missing, Negation, Reference)
    known = not isinstance(left, unsure) and not isinstance(right, unsure)
    if known and (is_none(left) or is_none(right)):
        return FALSE
    found = m.same_unknown(("Is", _key(left), _key(right)), "an identity test on something unknown", left, right)
    _note_equality(m, found, left, right)
    return found


def contains(m: Machine, container: Value, item: Value) -> Value:
    """``item in container``."""
    match container, item:
        case Constant(str() as whole), Constant(str() as part):
            return boolean(part in whole)
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
    found = m.same_unknown(("In", _key(item), _key(container)), "a membership test on something unknown")
    match container, item:
        case Unknown(), Constant(str() as part):
            note_test(m, found, container, lambda whole: part in whole)
        case ((Tuple() | List()), Unknown()):
            items = iterate(m, container, None)
            names = frozenset(map(text, items.values))
            if items.complete and None not in names:
                note_test(m, found, item, lambda whole: whole in names)
    return found


def _conditional(m: Machine, node: ast.IfExp) -> Value:
    verdict, condition = decide(m, evaluate(m, node.test))
    if verdict is not None:
        return evaluate(m, node.body if verdict else node.orelse)
    return choose(m, condition, lambda: evaluate(m, node.body), lambda: evaluate(m, node.orelse))


# --- access ------------------------------------------------------------------------------------


def _attribute(m: Machine, node: ast.Attribute) -> Value:
    return read(m, evaluate(m, node.value), node.attr, node)


def _subscript(m: Machine, node: ast.Subscript) -> Value:
    owner = m.store.resolve(evaluate(m, node.value))
    index = evaluate_index(m, node)
    if isinstance(owner, Tensor):
        from ft_lint.library.torch._indexing import index as index_tensor

        return calls.call_library(m, index_tensor, Arguments((owner, index)), node)
    return get_item(m, owner, index, node)


def evaluate_index(m: Machine, node: ast.Subscript) -> Value:
    """The index of a subscript: a value, or a tuple of them; slices are constants where bounds are."""
    return evaluate(m, node.slice)


def _slice(m: Machine, part: ast.Slice) -> Value:
    bounds = [evaluate(m, bound) if bound is not None else NONE for bound in (part.lower, part.upper, part.step)]
    known = [bound.value for bound in bounds if isinstance(bound, Constant)]
    if len(known) == len(bounds) and all(one is None or isinstance(one, int) for one in known):
        return Constant(slice(*known))
    return Instance("builtins.slice", arguments=dict(zip(("start", "stop", "step"), bounds, strict=True)))


def _call(m: Machine, node: ast.Call) -> Value:
    function = _called(m, node.func)
    arguments = evaluate_arguments(m, node)
    if calls.is_misfit(m, function, arguments):
        return m.unknown("Python raises here: an argument is missing, or one too many", node, *arguments.all())
    return calls.call(m, function, arguments, node)


def _called(m: Machine, node: ast.expr) -> Value:
    if type(node) is ast.Attribute and node.attr in ASKED_OF_MODELS:
        owner = m.store.resolve(evaluate(m, node.value))
        return read(m, as_model(m, owner), node.attr, node)
    return evaluate(m, node)


def evaluate_arguments(m: Machine, node: ast.Call) -> Arguments:
    """The arguments of a call; ``*`` and ``**`` are unpacked where they are known."""
    positional: list[Value] = []
    keywords: dict[str, Value] = {}
    places: dict[int | str, ast.AST] = {}
    hidden: tuple[Value, ...] = ()
    complete = True
    for argument in node.args:
        if isinstance(argument, ast.Starred):
            given = evaluate(m, argument.value)
            items = iterate(m, given, argument.value)
            positional += items.values[:MAX_ITEMS]
            hidden += () if items.complete else (given,)
            complete = complete and items.complete and len(positional) <= MAX_ITEMS
            del positional[MAX_ITEMS:]
        else:
            places[len(positional)] = argument
            positional.append(evaluate(m, argument))
    for keyword in node.keywords:
        value = evaluate(m, keyword.value)
        if keyword.arg is None:
            spread = _spread(m, value)
            keywords |= spread.keywords
            places |= spread.places
            hidden += spread.hidden
            complete = complete and spread.complete
        else:
            keywords[keyword.arg] = value
            places[keyword.arg] = keyword
    return Arguments(tuple(positional), keywords, complete, places, hidden)


def _spread(m: Machine, value: Value) -> Arguments:
    """What ``**value`` gives; of ``{...} if cuda else {}`` an entry that the ways do not share is unknown.

    Where ways have entries of their own, as for two versions of a library, all is hidden.
    """
    given: list[Dict] = []
    for one in options(m.store.resolve(value)):
        way = m.store.resolve(one)
        if not isinstance(way, Dict):
            return Arguments((), {}, False, hidden=(value,))
        if not all(isinstance(key, str) for key in way.entries):
            return Arguments((), {}, False, hidden=tuple(way.entries.values()))
        given.append(way)
    most = max(given, key=lambda way: len(way.entries))
    if len(given) == 1:
        return Arguments((), most.entries, most.complete, most.places)
    if any(way.entries.keys() - most.entries.keys() for way in given):
        return Arguments((), {}, False, hidden=tuple(one for way in given for one in way.entries.values()))
    keywords: dict[str, Value] = {}
    for key in most.entries:
        head, *rest = (way.entries.get(key, MISSING) for way in given)
        shared = all(same(head, one) for one in rest)
        keywords[key] = head if shared else m.unknown("an argument that differs from way to way")
    return Arguments((), keywords, all(way.complete for way in given))


# --- comprehensions ----------------------------------------------------------------------------


def _comprehension(m: Machine, node: ast.ListComp | ast.GeneratorExp | ast.SetComp) -> Value:
    return on_each_way(m, lambda: _collected(m, node))


def _collected(m: Machine, node: ast.ListComp | ast.GeneratorExp | ast.SetComp) -> Value:
    values: list[Value] = []
    complete = _each(m, node.generators, lambda: values.append(evaluate(m, node.elt)))
    if isinstance(node, ast.GeneratorExp):
        each = values[0] if values and not complete else None
        return Iterator(tuple(values) if complete else (), complete, each, once=True)
    return new_set(tuple(values), complete) if isinstance(node, ast.SetComp) else new_list(tuple(values), complete)


def _dict_comprehension(m: Machine, node: ast.DictComp) -> Value:
    return on_each_way(m, lambda: _collected_dict(m, node))


def _collected_dict(m: Machine, node: ast.DictComp) -> Value:
    result = Dict()

    def put() -> None:
        key, value = evaluate(m, node.key), evaluate(m, node.value)
        if isinstance(key, Constant) and isinstance(key.value, str | int | float | bool):
            result.entries[key.value] = value
        else:
            result.flags["incomplete"] = TRUE
            result.entries[None] = value

    if not _each(m, node.generators, put):
        result.flags["incomplete"] = TRUE
    return copied_state(result)


def copied_state(result: Dict) -> Value:
    """A comprehension over a state dict is a state dict again, by reference or copied."""
    from ft_lint.values.training import StateDict

    found = result.entries.get(None)
    return found if isinstance(found, StateDict) and len(result.entries) == 1 else result


def _any_further(m: Machine, items: Iterator) -> Unknown:
    """What stands for all items but the first two: of a batch, too, where these are."""
    held = items.values[:MAX_ITEMS_HELD]
    if loaders_of(held) and graph_of(held) == (frozenset(), True):
        return UnknownBatch("an item of a batch", held[2:])
    return m.unknown("an item", None, *held[2:])


def _each(m: Machine, generators: Sequence[ast.comprehension], run: Callable[[], None]) -> bool:
    """Run for every item of a comprehension; whether these are surely all.

    A pass that trains and stands for many is followed by one more, which meets what it left behind.
    """
    from ft_lint.interpreter.assignment import assign
    from ft_lint.interpreter.loops import another

    part, *inner = generators
    outer, m.scope = m.scope, Scope(parent=m.scope)
    before = len(m.loops)
    try:
        given = evaluate(m, part.iter)
        if (condition := way_of_parameters(m, given)) is not None:
            raise Split(condition)
        items = iterate(m, given, part.iter)
        values = list(items.values) if items.complete else [*items.values[:2], items.each or _any_further(m, items)]
        seen = len(values)
        complete = items.complete
        m.loop_count += 1
        loop = m.loop_count
        for number, value in enumerate(islice(values, 2_500), 1):
            m.spend()
            trained = m.backwards
            m.loops[before:] = [LoopPass(loop, number, part, items.of)]
            assign(m, part.target, value, part.target)
            complete = _filtered(m, part, inner, run) and complete
            if not items.complete and m.backwards > trained and number == seen:
                values.append(another(value))
        return complete
    finally:
        del m.loops[before:]
        m.scope = outer


def _filtered(m: Machine, part: ast.comprehension, inner: Sequence[ast.comprehension], run: Callable[[], None]) -> bool:
    sure = True
    for test in part.ifs:
        verdict = decide_or_split(m, evaluate(m, test))
        if verdict is False:
            return True
        sure = sure and verdict is True
    if inner:
        return _each(m, inner, run) and sure
    run()
    return sure


# --- the rest ----------------------------------------------------------------------------------


def _named(m: Machine, node: ast.NamedExpr) -> Value:
    from ft_lint.interpreter.assignment import assign

    value = evaluate(m, node.value)
    assign(m, node.target, value, node)
    return value


def _yield(m: Machine, node: ast.Yield | ast.YieldFrom) -> Value:
    value: Value = NONE
    if isinstance(node, ast.YieldFrom):
        inner = iterate(m, evaluate(m, node.value), node)
        value = inner.each or (inner.values[0] if inner.values else NONE)
    elif node.value is not None:
        value = evaluate(m, node.value)
    if m.frames:
        frame = m.frame
        frame.yields = [*(frame.yields or []), value]
        if (body := frame.body) is not None:
            frame.body = None
            body(value)
    return m.unknown("what is sent to a generator")


def _await(m: Machine, node: ast.Await) -> Value:
    return evaluate(m, node.value)


_EXPRESSIONS: dict[type, Callable[[Machine, Any], Value]] = {
    ast.JoinedStr: _formatted,
    ast.Tuple: _tuple,
    ast.List: _list,
    ast.Set: _list,
    ast.Dict: _dict,
    ast.Lambda: _lambda,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.BoolOp: _boolean,
    ast.Compare: _comparison,
    ast.IfExp: _conditional,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.Slice: _slice,
    ast.Call: _call,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.DictComp: _dict_comprehension,
    ast.NamedExpr: _named,
    ast.Yield: _yield,
    ast.YieldFrom: _yield,
    ast.Await: _await,
}
