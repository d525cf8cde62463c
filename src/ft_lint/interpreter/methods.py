"""An object of a class that nobody uses, before each of its methods: which are called, and when, is not known."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

from ft_lint.interpreter.gradients import leave_open
from ft_lint.interpreter.recognition import unseen_model
from ft_lint.syntax.statements import Clause, blocks_of, targets_of
from ft_lint.values.base import TRUE, Constant, Items, Unknown, Value
from ft_lint.values.callables import Class, Function, Instance
from ft_lint.values.containers import Dict, List
from ft_lint.values.either import under_any
from ft_lint.values.module import Module, modules_of
from ft_lint.values.tensor import Tensor
from ft_lint.values.training import Optimizer

if TYPE_CHECKING:
    from ft_lint.interpreter.machine import Machine

Held: TypeAlias = Mapping[tuple[int, str], Value]
"""What objects held when they were made, by the identity of the object and the name of the attribute."""

ANOTHER = "another method may have set it"


def methods_of(cls: Class) -> Iterator[tuple[str, Function]]:
    """The methods that the body of a class defines, with their names; not its properties."""
    for name, value in cls.scope.names.items():
        if isinstance(value, Function) and value.kind != "property":
            yield name, value


def held_by(made: Value) -> Held:
    """What an object, and the objects that it holds, hold now."""
    return {(id(one), name): value for one, _ in _objects(made) for name, value in _attributes(one)}


def forget_between(m: Machine, made: Value, built: Held, changed: dict[Class, frozenset[str]]) -> None:
    """Forget what may have changed since an object was made, where another method is called.

    What stands at None, 0 or another constant, and what is no longer what was ``built``, another method may have set.
    An empty list is there to be filled, as is an empty tensor, and a list that methods change.  ``changed``: by class,
    the attributes that its methods change, once that is known.
    """
    for one, cls in _objects(made):
        if cls not in changed:
            changed[cls] = _changed_by_methods(cls)
        names = changed[cls]
        for name, value in _attributes(one):
            match m.store.resolve(value):
                case Constant() if name in names:
                    m.store.write(one.fields, name, Unknown(ANOTHER))
                case List(fields) if isinstance(items := fields.get("items"), Items):
                    if not items.values or name in names:
                        m.store.write(fields, "items", Items(items.values, complete=False))
                case Dict(entries, flags) if not entries or name in names:
                    m.store.write(flags, "incomplete", TRUE)
                    for key, entry in under_any(entries, Unknown(ANOTHER)):
                        m.store.write(entries, key, entry)
                case Tensor(shape=shape) if shape and 0 in shape:
                    m.store.write(one.fields, name, Unknown("a tensor that holds a place"))
                case _ if name in names and _is_replaced(built.get((id(one), name)), value):
                    _forget(m, one, name, value)


def forget_use(m: Machine, made: Value) -> None:
    """Forget what methods that the file itself calls do to an object: what they set, and the modes of models."""
    for one, cls in _objects(made):
        names = _changed_by_methods(cls)
        for name, value in _attributes(one):
            now = m.store.resolve(value)
            if name in names:
                _forget(m, one, name, now)
            for part in modules_of(now) if isinstance(now, Module) else ():
                m.store.write(part.fields, "mode", Unknown(ANOTHER))


def _is_replaced(before: Value | None, now: Value) -> bool:
    """Whether a method put another thing where something was from the start."""
    return before is not None and before is not now and not isinstance(before, Constant | Unknown)


def _forget(m: Machine, one: Module | Instance, name: str, value: Value) -> None:
    if isinstance(one, Module) and name in one.children:
        m.store.write(one.children, name, unseen_model(ANOTHER))
    else:
        m.store.write(one.fields, name, unseen_model(ANOTHER) if isinstance(value, Module) else Unknown(ANOTHER))


def leave_gradients_open(m: Machine, made: Value) -> None:
    """Between two methods, whoever calls them may go back through what the optimizers of an object hold."""
    held = list(made.fields.values()) if isinstance(made, Module | Instance) else []
    for value in map(m.store.resolve, held):
        if isinstance(value, Optimizer):
            leave_open(m, value)


def forget_tensors(m: Machine, made: Value, cls: Class) -> None:
    """A tensor that a class of the file keeps, and one that extends it sets anew: objects are mostly of the latter."""
    fields = made.fields if isinstance(made, Module | Instance) else {}
    tensors = {name for name, value in fields.items() if type(value) is Tensor}
    if not tensors:
        return
    extending = (one for one in m.scope.names.values() if isinstance(one, Class) and one is not cls)
    extending = (one for one in extending if any(base is cls for base in one.lineage()))
    anew = {name for one in extending for _, method in methods_of(one) for name in _changed_on_self(method)}
    for name in tensors & anew:
        m.store.write(fields, name, Unknown("a class that extends this one sets it"))


def _objects(made: Value) -> Iterator[tuple[Module | Instance, Class]]:
    """An object of the script's own and those that it holds, each once, with its class."""
    pending, seen = [made], set()
    while pending:
        here = pending.pop()
        if isinstance(here, Module | Instance) and here.cls is not None and id(here) not in seen:
            seen.add(id(here))
            yield here, here.cls
            pending += [value for value in here.fields.values() if isinstance(value, Instance)]


def _attributes(one: Module | Instance) -> list[tuple[str, Value]]:
    children = one.children.items() if isinstance(one, Module) else ()
    return [*one.fields.items(), *children]


def _changed_by_methods(cls: Class) -> frozenset[str]:
    """The attributes that methods of a class, or of what it extends, assign or change once an object is built."""
    classes = [base for base in cls.lineage() if isinstance(base, Class)]
    methods = [(name, one) for base in classes for name, one in methods_of(base)]
    building = {"__init__"}
    building |= {name for method, one in methods if method == "__init__" for name in _called_on_self(one)}
    return frozenset(name for method, one in methods if method not in building for name in _changed_on_self(one))


def _called_on_self(method: Function) -> Iterator[str]:
    """The methods of its object that a method calls: ``self.build()``."""
    own = _own_name(method)
    for node in ast.walk(method.node):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=name)) if owner == own:
                yield name


def _own_name(method: Function) -> str:
    """What a method calls its object, mostly ``self``."""
    return next((one.arg for one in method.node.args.args), "self")


def _changed_on_self(method: Function) -> Iterator[str]:
    """The attributes of its object that a method assigns, adds to or takes from."""
    own = _own_name(method)
    pending: list[Clause] = [] if isinstance(method.node, ast.Lambda) else [*method.node.body]
    while pending:
        clause = pending.pop()
        pending += blocks_of(clause)
        match clause:
            case ast.Delete(targets=targets):
                places = [*targets]
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=place))):
                places = [place]
            case _:
                places = [*targets_of(clause)]
        while places:
            match places.pop():
                case ast.Tuple(elts=elements) | ast.List(elts=elements):
                    places += elements
                case ast.Starred(value=inner) | ast.Subscript(value=inner):
                    places.append(inner)
                case ast.Attribute(value=ast.Name(id=owner), attr=name) if owner == own:
                    yield name
