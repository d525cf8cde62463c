"""Expressions: the value of each kind."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

from ft_lint.facts import LoopPass
from ft_lint.facts.results import ScoreCompared
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
from ft_lint.interpreter.gradients import leave_open
from ft_lint.interpreter.items import get_item, iterate
from ft_lint.interpreter.machine import MAX_DEPTH, Machine
from ft_lint.interpreter.operators import binary, compare, unary
from ft_lint.interpreter.project_imports import follow, followed
from ft_lint.interpreter.recognition import ASKED_OF_MODELS, as_model
from ft_lint.interpreter.signature import Arguments
from ft_lint.interpreter.tokens import set_labels
from ft_lint.library import canonical, is_known
from ft_lint.library.tracing import graph_of, loaders_of, scored_on
from ft_lint.values.base import (
    FALSE,
    MAX_ITEMS,
    MAX_TEXT,
    MISSING,
    NONE,
    TRUE,
    Choice,
    Constant,
    Negation,
    Unknown,
    UnknownBatch,
    UnknownText,
    Value,
    same,
)
from ft_lint.values.callables import Function, Instance, ProjectImport, Reference, Scope
from ft_lint.values.containers import Dict, Iterator, Tuple, new_list, new_set
from ft_lint.values.either import either, under_any
from ft_lint.values.hub import SpecialToken
from ft_lint.values.store import gate
from ft_lint.values.tensor import Parameter, Tensor
from ft_lint.values.training import Loader, Parameters

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
    for module in reversed(m.stars.get(m.scope.module, ())):
        if not module:
            return None
        path = canonical(f"{module}.{name}")
        if is_known(path) or path in _BROUGHT_BY_STARS:
            return Reference(path)
    return None


_BROUGHT_BY_STARS = {f"torchvision.{name}" for name in "datasets io models ops transforms utils".split()}
"""Modules that a package without ``__all__`` imports itself."""


def look_up(m: Machine, name: str) -> Value | None:
    """The value of a name as Python finds it: local, enclosing, global, builtin."""
    scope: Scope | None = m.scope
    inner = True
    while scope is not None:
        if name in scope.names and (inner or not scope.is_class):
            found = m.store.resolve(scope.names[name])
            if found is MISSING:
                return None
            if type(found) is Choice and name not in _BUILTINS and not scope.is_class:
                bound = _bound(found, _otherwise(name) if _may_be_bound_otherwise(m, scope) else MISSING)
                if bound is not found:
                    m.store.write(scope.names, name, bound)
                found = bound
            if type(found) is ProjectImport:
                return follow(m, found)
            return followed(m, found) if type(found) is Choice and m.siblings is not None else found
        scope, inner = scope.parent, False
    if name == "__name__":
        return Constant("__main__")
    return Reference(f"builtins.{name}") if name in _BUILTINS else None


def _may_be_bound_otherwise(m: Machine, scope: Scope) -> bool:
    """Whether a name may be bound where we do not see it: by ``from settings import *``, by ``exec``, or in a handler
    of what Python raises for a name that is not bound.
    """
    return scope in m.stars or any(guard & _UNBOUND for guard in m.guards)


_UNBOUND = frozenset(("", "NameError", "UnboundLocalError", "Exception", "BaseException"))
"""What a handler names that catches a name which is not bound."""


def _otherwise(name: str) -> Value:
    """Another value for each name: two of them need not be the same."""
    return Unknown(f"`{name}`, which may be bound where we do not see it")


def _bound(value: Value, otherwise: Value) -> Value:
    """What a name is that is read: on ways on which it is not bound ``otherwise``; if that is MISSING, Python raises
    NameError there, and nothing follows.
    """
    match value:
        case Choice(condition, if_true, if_false):
            first, second = _bound(if_true, otherwise), _bound(if_false, otherwise)
            if first is MISSING or second is MISSING:
                return second if first is MISSING else first
            return value if first is if_true and second is if_false else gate(condition, first, second)
    return otherwise if value is MISSING else value


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
            if isinstance(values[-1], Parameter) and values[-1].rest:
                complete = False  # one of many that we do not see, whichever it is
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
                name_loader(m, key.value, value)
                if key.value == "labels":
                    set_labels(m, value, place)
            else:
                result.flags["incomplete"] = TRUE
                result.entries.update(under_any(result.entries, value))
        elif isinstance(value, Dict):
            if value.each is not None:
                result.entries.update(under_any(result.entries, value.each))
            result.entries.update(value.entries)
            result.places.update(value.places)
            result.flags.update(value.flags)
        else:
            result.flags["incomplete"] = TRUE
    return result


def name_loader(m: Machine, key: object, value: Value) -> None:
    """A loader in a dict goes by its key: ``{"train": DataLoader(...), "val": DataLoader(...)}``."""
    if isinstance(value, Loader) and isinstance(key, str):
        m.name(value, key)


def _lambda(m: Machine, node: ast.Lambda) -> Value:
    from ft_lint.interpreter.definitions import closure, defaults_of

    return Function("<lambda>", node, closure(m), defaults_of(m, node.args))


# --- operators ---------------------------------------------------------------------------------


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


def _unary(m: Machine, node: ast.UnaryOp) -> Value:
    return unary(m, evaluate(m, node.operand), node)


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
    left = evaluate(m, node.left)
    result: Value = TRUE
    for operator_, comparator in zip(node.ops, node.comparators, strict=True):
        right = evaluate(m, comparator)
        found = compare(m, operator_, left, right, node)
        _note_score(m, left, right, found, node)
        if len(node.ops) == 1:
            return found
        known = truth_of(found)
        if known is False:
            return FALSE
        if known is None:
            result = m.same_unknown(("chain", result, found), "a chained comparison", found)
        left = right
    return result


def _note_score(m: Machine, left: Value, right: Value, outcome: Value, node: ast.AST) -> None:
    """Write down a comparison of numbers that come from a loader's batches."""
    if m.loader_count and isinstance(outcome, Unknown | Negation):
        loaders = scored_on((left, right))
        if loaders:
            m.emit(ScoreCompared, node, outcome=outcome, loaders=loaders)


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
    return calls.call_where_it_fits(m, function, arguments, node)


def _called(m: Machine, node: ast.expr) -> Value:
    if type(node) is ast.Attribute and node.attr in ASKED_OF_MODELS:
        owner = m.store.resolve(evaluate(m, node.value))
        return read(m, as_model(m, owner, node), node.attr, node)
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
    for way in m.store.ways(value):
        if not isinstance(way, Dict):
            return Arguments((), {}, False, hidden=(value,))
        if not all(isinstance(key, str) for key in way.entries):
            return Arguments((), {}, False, hidden=tuple(way.entries.values()))
        given.append(way)
    most = max(given, key=lambda way: len(way.entries))
    if len(given) == 1:
        return Arguments((), most.entries, most.complete, most.places, () if most.each is None else (most.each,))
    if any(way.each is not None or way.entries.keys() - most.entries.keys() for way in given):
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
        parameters = [value for value in values if isinstance(value, Parameter)]
        if parameters and len(parameters) == len(values):
            return Parameters(tuple((None, one) for one in parameters), complete, once=True, node=node)
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
            name_loader(m, key.value, value)
        else:
            result.flags["incomplete"] = TRUE
            result.flags["each"] = either(result.each, value) if result.each is not None else value
            if not isinstance(node.key, ast.Name):  # a name of the loop is another one in each pass
                result.entries.update(under_any(result.entries, value))

    if not _each(m, node.generators, put):
        result.flags["incomplete"] = TRUE
    return copied_state(result)


def copied_state(result: Dict) -> Value:
    """A comprehension over a state dict is a state dict again, by reference or copied."""
    from ft_lint.values.training import StateDict

    return result.each if isinstance(result.each, StateDict) and not result.entries else result


def _any_further(m: Machine, items: Iterator) -> Unknown:
    """What stands for all items but the first two: of a batch, too, where these are."""
    held = items.values[:MAX_ITEMS_HELD]
    if loaders_of(held) and graph_of(held) == (frozenset(), True):
        return UnknownBatch("an item of a batch", held[2:])
    return m.unknown("an item", None, *held[2:])


def _are_entries(items: Sequence[Value]) -> bool:
    """Whether these are the entries of a dict, each known by its key."""
    return all(isinstance(one, Tuple) and len(one.values) == 2 and isinstance(one.values[0], Constant) for one in items)


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
        known = items.values if _are_entries(items.values) else items.values[:2]
        values = list(items.values) if items.complete else [*known, items.each or _any_further(m, items)]
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
        elif frame.function is not None and _steps(frame.function.node):  # whoever takes what it gives goes back first
            for optimizer in m.optimizers:
                leave_open(m, optimizer)
    return m.unknown("what is sent to a generator")


def _steps(generator: ast.AST) -> bool:
    """Whether a generator steps an optimizer itself, between what it gives."""
    return any(isinstance(one, ast.Attribute) and one.attr == "step" for one in ast.walk(generator))


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
