"""``def`` and ``class`` statements, and lambdas."""

from __future__ import annotations

import libcst as cst

from ft_lint.interpreter.assignment import bind_name
from ft_lint.interpreter.expressions import evaluate
from ft_lint.interpreter.library_use import note_overrides
from ft_lint.interpreter.machine import Completion, Machine
from ft_lint.values.base import FALSE, Value
from ft_lint.values.callables import Class, Function, GradMode, Reference, Scope

NEXT = Completion.NEXT


def define_function(m: Machine, node: cst.FunctionDef) -> Completion:
    """Bind a function; decorators that set the gradient mode or make a property are heeded."""
    kind, grad = "method" if m.scope.is_class else "function", None
    switch: GradMode | None = None
    manages = False
    for decorator in node.decorators:
        match evaluate(m, decorator.decorator):
            case GradMode() as mode:
                grad, switch = mode.enabled, mode
            case Reference("torch.no_grad" | "torch.inference_mode"):
                grad, switch = FALSE, GradMode(FALSE, decorator.decorator)
            case Reference("contextlib.contextmanager"):
                manages = True
            case Reference(path):
                kind, grad = _decorated(path, kind, grad)
    defaults = {
        parameter.name.value: evaluate(m, parameter.default)
        for parameter in (*node.params.posonly_params, *node.params.params, *node.params.kwonly_params)
        if parameter.default is not None
    }
    made = Function(node.name.value, node, closure(m), defaults, None, kind, manages, grad, switch)
    bind_name(m, node.name.value, made)
    return NEXT


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
    return scope


def define_class(m: Machine, node: cst.ClassDef) -> Completion:
    """Run the class's body in a scope of its own and bind the class."""
    from ft_lint.interpreter.statements import run_body

    bases = tuple(evaluate(m, base.value) for base in node.bases)
    decorators = [evaluate(m, decorator.decorator) for decorator in node.decorators]
    is_dataclass = any(isinstance(d, Reference) and d.path == "dataclasses.dataclass" for d in decorators)
    scope = Scope(parent=m.scope, is_class=True)
    outer, m.scope = m.scope, scope
    run_body(m, node.body)
    m.scope = outer
    made = Class(node.name.value, node, bases, scope, is_dataclass)
    note_overrides(m, made)
    bind_name(m, node.name.value, made)
    return NEXT
