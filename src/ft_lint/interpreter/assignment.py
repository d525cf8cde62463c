"""Binding: names, attributes, subscripts and unpacking."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from ft_lint.facts.models import ModelRebound
from ft_lint.interpreter.attributes import read
from ft_lint.interpreter.escaping import escape
from ft_lint.interpreter.expressions import evaluate, evaluate_index, name_loader
from ft_lint.interpreter.items import iterate
from ft_lint.interpreter.machine import Machine
from ft_lint.interpreter.writing import set_attribute, set_item
from ft_lint.light import replace
from ft_lint.syntax.written import source_of
from ft_lint.values.base import MISSING, NONE, Choice, Unknown, Value, kind_of_part, text
from ft_lint.values.callables import Scope
from ft_lint.values.containers import Iterator, Tuple, new_list
from ft_lint.values.module import Module
from ft_lint.values.store import gate
from ft_lint.values.tensor import Tensor


def assign(m: Machine, target: ast.expr, value: Value, statement: ast.AST) -> None:
    """Bind ``value`` to a target; ``statement`` is where findings about it stand."""
    match target:
        case ast.Name(id=name):
            bind_name(m, name, value, statement)
        case ast.Attribute(value=owner, attr=name):
            written = source_of(target)
            m.name(value, written)
            through, held = _owner_of(m, owner)
            set_attribute(m, held, name, value, statement, written, through)
        case ast.Subscript(value=ast.Attribute(value=owner, attr="_modules")):
            _register(m, evaluate(m, owner), evaluate_index(m, target), value, statement, source_of(target))
        case ast.Subscript(value=owner):
            held, index = evaluate(m, owner), evaluate_index(m, target)
            name_loader(m, text(index), value)
            set_item(m, held, index, value, statement, source_of(target))
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            for element, part in zip(elements, unpacked(m, value, elements), strict=True):
                assign(m, element, part, statement)
        case ast.Starred(value=inner):
            assign(m, inner, value, statement)


def _register(m: Machine, owner: Value, name: Value, value: Value, statement: ast.AST, written: str) -> None:
    """``model._modules[name] = layer`` assigns to the attribute; of which one, may not be known."""
    key = text(name)
    if key is None:
        escape(m, [owner, value])
    else:
        set_attribute(m, owner, key, value, statement, written)


def _owner_of(m: Machine, node: ast.expr) -> tuple[Value | None, Value]:
    """The owner of an attribute that is assigned to, behind the object whose attribute it is itself."""
    if not isinstance(node, ast.Attribute):
        return None, evaluate(m, node)
    through = evaluate(m, node.value)
    return through, read(m, through, node.attr, node)


def bind_name(m: Machine, name: str, value: Value, statement: ast.AST | None = None) -> None:
    """Bind a name in the scope that the script means (``global`` and ``nonlocal`` included)."""
    m.name(value, name)
    names = _owner(m, name).names
    before = names.get(name)
    if isinstance(before, Module) and isinstance(value, Module) and before is not value and statement is not None:
        m.emit(ModelRebound, statement, name=name, old=before, new=value)
    m.store.write(names, name, value)


def _owner(m: Machine, name: str) -> Scope:
    scope = m.scope
    if not m.frames or name not in m.frame.globals_:
        return scope
    outer: Scope | None = scope.parent
    while outer is not None and outer.parent is not None and (outer.is_class or name not in outer.names):
        outer = outer.parent
    return outer or scope


def delete(m: Machine, target: ast.expr) -> None:
    """``del target``."""
    match target:
        case ast.Name(id=name):
            m.store.write(m.scope.names, name, MISSING)
        case ast.Attribute(value=owner, attr=name):
            set_attribute(m, evaluate(m, owner), name, NONE, target, source_of(target))
        case ast.Subscript(value=owner):
            set_item(m, evaluate(m, owner), evaluate_index(m, target), MISSING, target, source_of(target))
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            for element in elements:
                delete(m, element)


def _another(m: Machine, each: Value, of: Value, index: int) -> Value:
    """One item among several that all look like ``each`` and are not the same."""
    match each:
        case Unknown():
            return m.same_unknown(("item", of, index), each.why, each, kind=kind_of_part(each))
        case Tensor():
            return replace(each)
    return each


def unpacked(m: Machine, value: Value, elements: Sequence[ast.expr]) -> list[Value]:
    """The parts that a value gives for ``elements``; unknown parts where they are not known."""
    value = m.store.resolve(value)
    if isinstance(value, Choice):
        first = unpacked(m, value.if_true, elements)
        second = unpacked(m, value.if_false, elements)
        return [gate(value.condition, a, b) for a, b in zip(first, second, strict=True)]
    count = len(elements)
    found = value if isinstance(value, Tuple) and value.complete else iterate(m, value, None)
    stars = [i for i, element in enumerate(elements) if isinstance(element, ast.Starred)]
    if found.complete and stars and len(found.values) >= count - 1:
        at, extra = stars[0], len(found.values) - (count - 1)
        middle = new_list(found.values[at : at + extra])
        return [*found.values[:at], middle, *found.values[at + extra :]]
    if found.complete and len(found.values) == count:
        return list(found.values)
    rows = value.shape[0] if isinstance(value, Tensor) and value.shape else None
    raises = isinstance(rows, int) and rows != count and not stars
    if isinstance(found, Iterator) and found.each is not None and not found.complete and not raises:
        return [_another(m, found.each, value, i) for i in range(count)]
    return [m.same_unknown(("item", value, i), "a part of something unknown", value) for i in range(count)]
