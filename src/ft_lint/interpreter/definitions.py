"""``def`` and ``class`` statements, and lambdas."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from ft_lint.interpreter import calls  # which imports this in turn
from ft_lint.interpreter.assignment import bind_name
from ft_lint.interpreter.expressions import evaluate
from ft_lint.interpreter.library_use import note_overrides
from ft_lint.interpreter.machine import Completion, Machine
from ft_lint.interpreter.signature import Arguments
from ft_lint.light import replace
from ft_lint.values.base import FALSE, Choice, Unknown, Value
from ft_lint.values.callables import Bound, Class, Function, FunctionNode, GradMode, Instance, Reference, Scope

NEXT = Completion.NEXT


def define_function(m: Machine, node: FunctionNode) -> Completion:
    """Bind a function, or what its decorators make of it."""
    kind, grad = "method" if m.scope.is_class else "function", None
    switch: GradMode | None = None
    manages = False
    kept: dict[object, Value] | None = None
    of: Function | None = None
    own: list[tuple[Value, ast.expr]] = []
    for decorator in node.decorator_list:
        of = of or _property_behind(m, decorator)
        match _as_imported(m, decorator):
            case GradMode() as mode:
                grad, switch = mode.enabled, mode
            case Reference("torch.no_grad" | "torch.inference_mode"):
                grad, switch = FALSE, GradMode(FALSE, decorator)
            case Reference("contextlib.contextmanager"):
                manages = True
            case Reference(path):
                kind, grad = _decorated(path, kind, grad)
                kept = {} if path in _KEEPING else kept
            case Function() | Class() | Instance() | Bound() as by:
                own.append((by, decorator))
    defaults = defaults_of(m, node.args)
    written = Function(node.name, node, closure(m), defaults, None, kind, manages, grad, switch, kept)
    made: Value = written if of is None else replace(of, setter=written)
    for one, decorator in reversed(own):
        made = _decorated_by(m, one, made, decorator)
    bind_name(m, node.name, made)
    return NEXT


_KEEPING = ("functools.cache", "functools.lru_cache", "functools.cached_property")
"""Decorators that keep what a function gave."""


def _property_behind(m: Machine, decorator: ast.expr) -> Function | None:
    """The property that a function becomes the setter of: ``@phase.setter``."""
    match decorator:
        case ast.Attribute(value=ast.Name() as named, attr="setter"):
            match evaluate(m, named):
                case Function(kind="property") as found:
                    return found
    return None


def _decorated_by(m: Machine, by: Value, made: Value, decorator: ast.expr) -> Value:
    """What a decorator of the script's own makes of a function; it may also keep that somewhere."""
    found = m.store.resolve(calls.call(m, by, Arguments((made,)), decorator)) if not isinstance(by, Class) else by
    match made, found:
        case Function(), Function() if found is not made:
            return replace(found, name=made.name, kind=made.kind, wraps=made)
        case Function(), (Unknown() | Choice() | Class() | Instance()) if (
            made.name == "forward" or _speaks_of_training(by)  # the one has all tensors in its hands
        ):
            return Unknown("what a decorator makes of a function", (made,))
    return made


def _speaks_of_training(decorator: Value) -> bool:
    """Whether a decorator of the script's own may set modes or touch gradients; any other mostly measures or logs."""
    match decorator:
        case Bound(function=Function(node=node)) | Instance(cls=Class(node=node)):
            pass
        case Function(node=node) | Class(node=node):
            pass
        case _:
            return False
    attributes = (one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute))
    return any(attribute in _OF_TRAINING for attribute in attributes)


_OF_TRAINING = frozenset("eval train no_grad inference_mode enable_grad set_grad_enabled zero_grad step".split())


def defaults_of(m: Machine, arguments: ast.arguments) -> dict[str, Value]:
    """The values of the defaults of parameters, by name."""
    named = [*arguments.posonlyargs, *arguments.args]
    with_default = [*named[len(named) - len(arguments.defaults) :], *arguments.kwonlyargs]
    defaults = zip(with_default, (*arguments.defaults, *arguments.kw_defaults), strict=True)
    return {parameter.arg: _as_imported(m, default) for parameter, default in defaults if default is not None}


def _as_imported(m: Machine, node: ast.expr) -> Value:
    """The value of a default or decorator: a name of another file is followed when a function uses it, what is made of
    one stays unknown.
    """
    with m.within_this_file():
        return evaluate(m, node)


def _decorated(path: str, kind: str, grad: Value | None) -> tuple[str, Value | None]:
    match path.removeprefix("builtins."):
        case "property" | "staticmethod" | "classmethod" as found:
            return found, grad
        case "functools.cached_property":
            return "property", grad
    return kind, grad


def closure(m: Machine) -> Scope:
    """The scope that a function defined here looks names up in: never the body of a class."""
    scope = m.scope
    while scope.is_class and scope.parent is not None:
        scope = scope.parent
    m.facts.scopes[id(scope.names)] = scope.names
    return scope


def _settings(m: Machine, decorator: ast.expr) -> dict[str, Value]:
    """What a decorator is given by name: ``@dataclass(kw_only=True)``."""
    given = decorator.keywords if isinstance(decorator, ast.Call) else []
    return {one.arg: evaluate(m, one.value) for one in given if one.arg is not None}


def define_class(m: Machine, node: ast.ClassDef) -> Completion:
    """Run the class's body in a scope of its own and bind the class."""
    from ft_lint.interpreter.statements import run_block

    bases = tuple(evaluate(m, base) for base in node.bases)
    decorators = [evaluate(m, decorator) for decorator in node.decorator_list]
    written = zip(node.decorator_list, decorators, strict=True)
    settings = [one for one, d in written if isinstance(d, Reference) and d.path == "dataclasses.dataclass"]
    record = _settings(m, settings[0]) if settings else None
    scope = Scope(parent=m.scope, is_class=True)
    m.facts.scopes[id(scope.names)] = scope.names
    outer, m.scope = m.scope, scope
    run_block(m, node.body)
    m.scope = outer
    made = Class(node.name, node, bases, scope, record)
    note_overrides(m, made)
    bind_name(m, node.name, _class_decorated(m, made, decorators, node))
    return NEXT


def _class_decorated(m: Machine, made: Class, decorators: Sequence[Value], node: ast.ClassDef) -> Value:
    """What decorators of the script's own make of a class: mostly the same, once they have kept or changed it."""
    for by, decorator in zip(reversed(decorators), reversed(node.decorator_list), strict=True):
        if isinstance(by, Function | Bound):
            found = calls.call(m, by, Arguments((made,)), decorator)
            if found is not made:
                return Unknown("what a decorator makes of a class", (made,))
    return made
