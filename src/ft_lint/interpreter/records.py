"""Objects of dataclasses and of classes like them: what their annotated names become."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ft_lint.interpreter.signature import Arguments
from ft_lint.syntax.written import dotted_name
from ft_lint.values.base import Constant, Missing, Unknown, Value, truth
from ft_lint.values.callables import Class, Function, Instance

if TYPE_CHECKING:
    from ft_lint.interpreter.machine import Machine

FIELD = "dataclasses.Field"
"""What ``field(...)`` gives where it says more than a default."""


def fill(m: Machine, made: Instance, cls: Class, arguments: Arguments, node: ast.AST) -> None:
    """The annotated names of a class in order; what is not passed has its default, marked as one.

    ``__post_init__`` runs behind that and is given what is there for it alone (``InitVar``).
    """
    from ft_lint.interpreter.calls import run_function

    fields = dict(_fields(cls))
    by_place = [name for name, (_, value) in fields.items() if not _is_apart(value)]
    passed = dict(zip(by_place, arguments.positional, strict=False)) | arguments.keywords
    for name, (_, default) in fields.items():
        if not arguments.complete:
            passed[name] = Unknown(f"`{name}` may be passed by `**`")
        elif name not in passed:
            passed[name] = _default(m, default, node)
    alone = [name for name, (annotation, _) in fields.items() if _names(annotation, "InitVar")]
    made.fields.update({name: value for name, value in passed.items() if name not in alone})
    finish = next((base.scope.names.get("__post_init__") for base in _lineage(cls) if _finishes(base)), None)
    if isinstance(finish, Function) and cls.dataclass:
        run_function(m, finish, Arguments((made, *(passed[name] for name in alone))), node)


def _fields(cls: Class) -> Iterator[tuple[str, tuple[ast.expr, Value | None]]]:
    """The fields of a class and of those that it extends, first those of the latter: annotation and default."""
    for base in reversed(list(_lineage(cls))):
        for statement in base.node.body:
            match statement:
                case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value):
                    if not _names(annotation, "ClassVar") and not _names(annotation, "KW_ONLY"):
                        yield name, (annotation, None if value is None else base.scope.names.get(name))


def _lineage(cls: Class) -> Iterator[Class]:
    return (base for base in cls.lineage() if isinstance(base, Class))


def _finishes(cls: Class) -> bool:
    return "__post_init__" in cls.scope.names


def _names(annotation: ast.expr, name: str) -> bool:
    """Whether an annotation is of a special form: ``ClassVar[int]``, ``dataclasses.InitVar``."""
    whole = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    return (dotted_name(whole) or "").rpartition(".")[2] == name


def _is_apart(default: Value | None) -> bool:
    """Whether a field is not passed by its place."""
    match default:
        case Instance(kind=kind, arguments=settings) if kind == FIELD:
            return truth(settings.get("init")) is False or truth(settings.get("kw_only")) is True
    return False


def _default(m: Machine, default: Value | None, node: ast.AST) -> Value:
    from ft_lint.interpreter.calls import call

    match default:
        case None | Missing():
            return Unknown("a field without a default")
        case Constant(value):
            return Constant(value, default=True)
        case Instance(kind=kind, arguments=settings) if kind == FIELD:
            if "default_factory" in settings:
                return call(m, settings["default_factory"], Arguments(), node)
            return _default(m, settings.get("default"), node)
    return default
