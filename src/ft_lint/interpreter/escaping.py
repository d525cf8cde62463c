"""Calls that cannot be followed: whatever they get may have been changed."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterable, Iterator

from ft_lint.facts.data import BatchesHandedOver
from ft_lint.interpreter.callbacks import run_callbacks
from ft_lint.interpreter.machine import Machine
from ft_lint.interpreter.signature import Arguments
from ft_lint.values.base import TRUE, Choice, Constant, Items, Unknown, Value
from ft_lint.values.callables import Bound, Function, Instance, Managed, Namespace, Reference, Scope
from ft_lint.values.containers import Dict, List, Tuple
from ft_lint.values.hub import TokenIds, Tokenizer
from ft_lint.values.module import Module, modules_of, own_parameters
from ft_lint.values.tensor import Parameter
from ft_lint.values.training import Loader, Optimizer, Parameters, Randomness, Scaler, Scheduler


def unknown_call(m: Machine, why: str, arguments: Arguments, node: ast.AST, receiver: Value | None = None) -> Value:
    """A call that we cannot follow: whatever it gets may have been changed."""
    touched = arguments.all() if receiver is None else (receiver, *arguments.all())
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr.endswith("_hook"):
        note_hooks(m, arguments.all())
    if m.hooks:
        run_hooks(m)
    run_callbacks(m, arguments.all())
    met = escape(m, touched)
    loaders = tuple(one for one in met if isinstance(one, Loader))
    if loaders:
        m.emit(BatchesHandedOver, node, loaders=loaders, modules=tuple(one for one in met if isinstance(one, Module)))
    reseeded = Randomness(_RESEEDED)
    for name in ("random", "numpy"):
        m.store.write(m.state, name, reseeded)
    return m.unknown(why, node, *touched)


_RESEEDED = Unknown("a call that we cannot follow may set the seed")


def escape(m: Machine, values: Iterable[Value]) -> list[Value]:
    """Make unknown what a call that we cannot follow may have changed in the objects it got; gives these objects.

    What a value that we do not know may hold is changed too, but keeps its identity: there, ignorance about
    ignorance grows into large graphs.
    """
    pending, seen = list(values), set()
    held: list[Value] = []
    met: list[Value] = []
    while pending:
        value = pending.pop()
        if type(value) is Function:
            pending += _written_by(value)
        if type(value) in _UNCHANGING or id(value) in seen:
            continue
        seen.add(id(value))
        m.versions[id(value)] = m.versions.get(id(value), 0) + 1
        match value:
            case Managed(arguments=given):
                pending += given.all()
            case Unknown(touched=touched):
                if touched:
                    held += changeable_in(m, value)
            case Choice() | Tuple() | Bound() | Items():
                pending += _held(value)
            case _:
                met.append(value)
                pending += _change(m, value)
    while held:
        value = held.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, _HOLDERS):
            held += changeable_in(m, value)
        elif isinstance(value, _CHANGEABLE):
            m.versions[id(value)] = m.versions.get(id(value), 0) + 1
            met.append(value)
            held += _change(m, value)
    m.spend(len(seen) // _VALUES_PER_STEP)
    return met


def _written_by(function: Function) -> Iterator[Value]:
    """The lists and dicts around a function of the script that it writes to: hooks keep things there."""
    for name in _names_written_to(function.node):
        scope: Scope | None = function.scope
        while scope is not None and name not in scope.names:
            scope = scope.parent
        found = scope.names[name] if scope is not None else None
        if isinstance(found, List | Dict):
            yield found


@functools.lru_cache(maxsize=1_024)
def _names_written_to(node: ast.AST, of: str = "") -> tuple[str, ...]:
    """The names of lists and dicts that a function writes to; ``of``: those of an object's attributes."""
    names: list[str] = []
    for one in ast.walk(node):
        match one:
            case ast.Subscript(value=place, ctx=ast.Store()):
                pass
            case ast.Call(func=ast.Attribute(value=place, attr=method)) if method in _WRITING:
                pass
            case _:
                continue
        match place:
            case ast.Name(id=name) if not of:
                names.append(name)
            case ast.Attribute(value=ast.Name(id=owner), attr=name) if owner == of:
                names.append(name)
    return tuple(dict.fromkeys(names))


def note_hooks(m: Machine, hooks: Iterable[Value]) -> None:
    """Remember what a module is given to call whenever it runs."""
    for hook in hooks:
        match hook:
            case Function():
                m.hooks[(id(hook),)] = hook
            case Bound(receiver=Instance() | Module() as receiver, function=Function() as function):
                m.hooks[id(receiver), id(function)] = hook


def run_hooks(m: Machine) -> None:
    """What hooks keep of each pass: the lists and dicts that they write to are open from then on."""
    for hook in m.hooks.values():
        match hook:
            case Function():
                kept = list(_written_by(hook))
            case Bound(receiver=Instance(fields=fields) | Module(fields=fields), function=Function(node=node)):
                first = next((one.arg for one in node.args.args), "")
                kept = [fields[name] for name in _names_written_to(node, first) if name in fields]
        for value in map(m.store.resolve, kept):
            if isinstance(value, List | Dict):
                _change(m, value)


_WRITING = frozenset("append extend insert add update setdefault clear pop remove".split())
_VALUES_PER_STEP = 32
"""Values that are made unknown in the time of one statement."""
_UNCHANGING = frozenset((Constant, Function, Reference))
"""Values in which nothing can change: most of what calls get."""
_HOLDERS = (Unknown, Choice, Tuple, Bound, Items)
"""Values that never change themselves, and hold others that may."""
_CHANGEABLE = (
    Module,
    Optimizer,
    Parameters,
    Parameter,
    Scheduler,
    TokenIds,
    Tokenizer,
    Scaler,
    Loader,
    Instance,
    Namespace,
    List,
    Dict,
)
"""Values in which a call can change something that we follow."""


def _held(holder: Value) -> tuple[Value, ...]:
    match holder:
        case Unknown(touched=held) | Tuple(values=held) | Items(values=held):
            return held
        case Choice(if_true=first, if_false=second):
            return (first, second)
        case Bound(receiver=receiver):
            return (receiver,)
    return ()


def changeable_in(m: Machine, holder: Value) -> tuple[Value, ...]:
    """The values within a holder, and within holders within it, that can change; each holder is searched once."""
    known = m.changeable.get(id(holder))
    if known is not None:
        return known
    pending = [holder]
    while pending:
        held = _held(pending[-1])
        unsearched = [one for one in held if isinstance(one, _HOLDERS) and id(one) not in m.changeable]
        if unsearched:
            pending += unsearched
            continue
        searched = pending.pop()
        found = {
            id(leaf): leaf
            for one in held
            for leaf in (m.changeable[id(one)] if isinstance(one, _HOLDERS) else (one,))
            if isinstance(leaf, _CHANGEABLE)
        }
        m.changeable[id(searched)] = tuple(found.values())
        m.facts.kept.append(searched)
    return m.changeable[id(holder)]


def _change(m: Machine, value: Value) -> Iterable[Value]:
    """Make unknown what may change in a value, where it is not so already; what it holds in turn."""
    match value:
        case List(fields):
            items = m.store.resolve(value.items)
            if isinstance(items, Items) and items.complete:
                m.store.write(fields, "items", Items(items.values, complete=False))
            return (items,)
        case Dict(entries, flags):
            if "incomplete" not in flags:
                m.store.write(flags, "incomplete", TRUE)
            return list(entries.values())
        case Instance(fields=fields, cls=None):
            if "escaped" not in fields:
                m.store.write(fields, "escaped", TRUE)
        case Instance(fields=fields):
            held = list(fields.values())
            for name in [name for name, one in fields.items() if isinstance(one, Constant)]:
                m.store.write(fields, name, Unknown("changed by a call that we cannot follow"))
            return held
        case Namespace(scope=scope):
            for name in [name for name, one in scope.names.items() if isinstance(one, Constant)]:
                m.store.write(scope.names, name, Unknown("changed by a call that we cannot follow"))
        case Module():
            _escape_module(m, value)
        case Optimizer():
            _escape_optimizer(m, value)
        case Parameters():
            for parameter in value.members:
                _escape_parameter(m, parameter)
            return () if value.group_of is None else (value.group_of,)
        case Parameter():
            _escape_parameter(m, value)
        case Scheduler(optimizer=optimizer):
            return (optimizer,)
        case TokenIds(changes=changes):
            changes.append("a call that we cannot follow")
        case Tokenizer(fields=fields):
            m.store.write(fields, "escaped", TRUE)
            m.store.write(fields, "pad_token", Unknown("a call that we cannot follow may have set it"))
        case Scaler(fields=fields):
            m.store.write(fields, "escaped", TRUE)
        case Loader():
            return [value.arguments[name] for name in ("sampler", "batch_sampler")]
    return ()


_ESCAPED = Unknown("it went to a call that we cannot follow")


def _escape_module(m: Machine, module: Module) -> None:
    if any(module is one for one in m.running):
        module.reads.add("_modules")
    for part in modules_of(module):
        if part.fields.get("mode") is not _ESCAPED:
            m.store.write(part.fields, "mode", _ESCAPED)
            m.store.write(part.fields, "escaped", TRUE)
        for parameter in own_parameters(part):
            _escape_parameter(m, parameter)


def _escape_parameter(m: Machine, parameter: Parameter) -> None:
    for name in ("requires_grad", "grad", "dtype"):
        if parameter.fields.get(name) is not _ESCAPED:
            m.store.write(parameter.fields, name, _ESCAPED)


def _escape_optimizer(m: Machine, optimizer: Optimizer) -> None:
    groups = m.store.resolve(optimizer.fields["groups"])
    values = groups.values if isinstance(groups, Items) else optimizer.groups()
    m.store.write(optimizer.fields, "groups", Items(tuple(values), complete=False))
    m.store.write(optimizer.fields, "escaped", TRUE)
    for group in optimizer.groups():
        for parameter in group.parameters:
            if parameter.fields.get("grad") is not _ESCAPED:
                m.store.write(parameter.fields, "grad", _ESCAPED)
