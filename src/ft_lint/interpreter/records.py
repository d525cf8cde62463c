"""Objects of dataclasses and of classes like them: what their annotated names become."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ft_lint.interpreter import calls  # which imports this in turn
from ft_lint.interpreter.signature import Arguments
from ft_lint.light import dataclass
from ft_lint.syntax.statements import small_statements
from ft_lint.syntax.written import dotted_name
from ft_lint.values.base import Constant, Missing, Overruled, Unknown, Value, truth
from ft_lint.values.callables import Class, Function, Instance

if TYPE_CHECKING:
    from ft_lint.interpreter.machine import Machine

FIELD = "dataclasses.Field"
"""What ``field(...)`` gives where it says more than a default."""


@dataclass(frozen=True, slots=True)
class _Field:
    """One annotated name: what it is without an argument, and how it is passed."""

    annotation: ast.expr
    default: Value | None
    by_place: bool = True


def initializer(cls: Class) -> Function | Class | None:
    """What makes an object of a class: the nearest ``__init__``, or the dataclass for which one is written."""
    for base in _lineage(cls):
        own = base.scope.names.get("__init__")
        if isinstance(own, Function):
            return own
        if base.record is not None and truth(base.record.get("init")) is not False:
            return base
    return None


def fill(m: Machine, made: Instance, cls: Class, arguments: Arguments, node: ast.AST) -> None:
    """The annotated names of a class in order; what is not passed has its default, marked as one.

    ``__post_init__`` runs behind that and is given what is there for it alone (``InitVar``).  Of a class that has an
    ``__init__`` which we do not see, by a base or a decorator, nothing is known that is passed by its place.
    """
    fields = dict(_fields(cls))
    by_place = [name for name, one in fields.items() if one.by_place] if _is_seen(cls) else []
    passed = dict(zip(by_place, arguments.positional, strict=False)) | arguments.keywords
    unseen = not arguments.complete or len(arguments.positional) > len(by_place)
    for name, one in fields.items():
        if unseen and name not in arguments.keywords:
            passed[name] = overruled(_default(m, one.default, node), f"`{name}` may be passed")
        elif name not in passed:
            passed[name] = _default(m, one.default, node)
    alone = [name for name, one in fields.items() if _names(one.annotation, "InitVar")]
    made.fields.update({name: value for name, value in passed.items() if name not in alone})
    lineage = _lineage(made.cls if made.cls is not None else cls)
    finishing = (base.scope.names["__post_init__"] for base in lineage if "__post_init__" in base.scope.names)
    finish = next(finishing, None)
    if isinstance(finish, Function) and cls.record is not None:
        calls.run_function(m, finish, Arguments((made, *(passed[name] for name in alone))), node)


def overruled(value: Value, why: str) -> Value:
    """A setting that a file or the like may overrule: a choice between ways stays what it is by default."""
    if isinstance(value, Constant) and isinstance(value.value, bool | str):
        return Constant(value.value, default=True)
    return Overruled(why) if isinstance(value, Constant | Overruled) else Unknown(why)


def _is_seen(cls: Class) -> bool:
    """Whether it is known in which order a class takes its fields."""
    if cls.is_open:
        return False
    return cls.record is not None or "typing.NamedTuple" in cls.library_bases()


def _fields(cls: Class) -> Iterator[tuple[str, _Field]]:
    """The fields of a class, first those of what it extends; of a dataclass only those of dataclasses."""
    for base in reversed(list(_lineage(cls))):
        if cls.record is None or base.record is not None:
            yield from _own_fields(base)


def _own_fields(cls: Class) -> Iterator[tuple[str, _Field]]:
    by_place = cls.record is None or truth(cls.record.get("kw_only")) is not True
    for statement in sorted(small_statements(_without_methods(cls)), key=lambda one: one.lineno):
        match statement:
            case ast.AnnAssign(annotation=annotation) if _names(annotation, "KW_ONLY"):
                by_place = False
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value):
                if _names(annotation, "ClassVar"):
                    continue
                default = None if value is None else cls.scope.names.get(name)
                yield name, _Field(annotation, default, by_place and not _is_apart(default))


def _without_methods(cls: Class) -> list[ast.stmt]:
    inner = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return [statement for statement in cls.node.body if not isinstance(statement, inner)]


def _lineage(cls: Class) -> Iterator[Class]:
    return (base for base in cls.lineage() if isinstance(base, Class))


def _names(annotation: ast.expr, form: str) -> bool:
    """Whether an annotation is of a special form: ``ClassVar[int]``, ``dataclasses.InitVar``, perhaps quoted."""
    match annotation:
        case ast.Constant(value=str(quoted)):
            whole: str | None = quoted.partition("[")[0].strip()
        case ast.Subscript(value=inner):
            whole = dotted_name(inner)
        case _:
            whole = dotted_name(annotation)
    return (whole or "").rpartition(".")[2] == form


def _is_apart(default: Value | None) -> bool:
    """Whether a field is not passed by its place: ``field(init=False)``, ``field(kw_only=True)``."""
    match default:
        case Instance(kind=kind, arguments=settings) if kind == FIELD:
            return truth(settings.get("init")) is False or truth(settings.get("kw_only")) is True
    return False


def _default(m: Machine, default: Value | None, node: ast.AST) -> Value:
    match default:
        case None | Missing():
            return Unknown("a field without a default")
        case Constant(value):
            return Constant(value, default=True)
        case Instance(kind=kind, arguments=settings) if kind == FIELD:
            if "default_factory" in settings:
                return calls.call(m, settings["default_factory"], Arguments(), node)
            return _default(m, settings.get("default"), node)
    return default
