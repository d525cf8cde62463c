"""Writes down how a script uses libraries whose arguments and names change from release to release."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from ft_lint.interpreter.machine import Machine
from ft_lint.interpreter.signature import Arguments
from ft_lint.library.releases import LIBRARIES, base_of, is_callable
from ft_lint.library.replacements import METHODS
from ft_lint.syntax.written import source_of
from ft_lint.uses import Imported, LibraryCalled, MethodOverridden
from ft_lint.values.base import Missing, Value
from ft_lint.values.callables import Bound, Class, Function, FunctionNode, Instance, Reference
from ft_lint.values.module import Module

PATCHES = frozenset({"unsloth"})
"""Packages that, once imported, make trl's and transformers' classes take their former arguments."""

_EVERYTHING = frozenset({"", "Exception", "BaseException"})


@contextmanager
def guarding(m: Machine, caught: Iterable[str]) -> Iterator[None]:
    """Inside, the exceptions of these names are caught; "" stands for all."""
    m.guards.append(frozenset(caught))
    try:
        yield
    finally:
        m.guards.pop()


def caught_by(handlers: Iterable[ast.ExceptHandler]) -> Iterator[str]:
    """The names of the exceptions that handlers catch."""
    for handler in handlers:
        match handler.type:
            case None:
                yield ""
            case ast.Tuple(elts=elements):
                yield from map(_last, elements)
            case one:
                yield _last(one)


def suppressed_by(manager: Value) -> Iterator[str]:
    """The names of the exceptions that a context manager such as ``contextlib.suppress(ImportError)`` catches."""
    if isinstance(manager, Instance) and manager.kind == "contextlib.suppress" and isinstance(manager.node, ast.Call):
        yield from map(_last, manager.node.args)


def may_go_on(m: Machine) -> bool:
    """Whether something around what runs now may catch ``SystemExit``, so that an exit is not the end."""
    return any(guard & {"", "SystemExit", "BaseException"} for guard in m.guards)


def _last(node: ast.AST) -> str:
    return source_of(node).rpartition(".")[2]


def _is_caught(m: Machine, *names: str) -> bool:
    return any(guard & (_EVERYTHING | set(names)) for guard in m.guards)


# --- calls -----------------------------------------------------------------------------------------


def note_call(m: Machine, function: Value, arguments: Arguments, node: ast.AST) -> None:
    """Write down a call of something in the table of releases."""
    path, own = _called(function)
    if path is None or not is_callable(path) or _is_changed(m, path) or _is_caught(m, "TypeError"):
        return
    places = {name: place for name, place in arguments.places.items() if isinstance(name, str)}
    surely = {
        name: value
        for name, value in arguments.keywords.items()
        if name in places and not _may_be_missing(m, value)  # what a comprehension filters has no place
    }
    passed = {name: value for name, value in surely.items() if name not in own}
    whole = arguments.complete and len(surely) == len(arguments.keywords)
    m.emit(LibraryCalled, node, path=path, arguments=passed, places=places, whole=whole)


def _called(function: Value) -> tuple[str | None, frozenset[str]]:
    """The import path of what is called, and the arguments that a class of the script takes for itself."""
    match function:
        case Reference(path):
            return path, frozenset()
        case Bound(Module() | Instance(), Reference(path)):
            return path.removesuffix(".__init__"), frozenset()
        case Class():
            return _constructed(function)
    return None, frozenset()


def _constructed(cls: Class) -> tuple[str | None, frozenset[str]]:
    """The library's class whose ``__init__`` a class of the script leaves as it is."""
    own: set[str] = set()
    for base in cls.lineage():
        match base:
            case Class() if "__init__" in base.scope.names or "__new__" in base.scope.names or _is_wrapped(base):
                return None, frozenset()
            case Class():
                own |= {str(name) for name in base.scope.names}
            case Reference(path):
                return path, frozenset(own)
            case _:
                return None, frozenset()
    return None, frozenset()


def _is_wrapped(cls: Class) -> bool:
    """Whether a decorator, other than ``dataclass``, or a metaclass may change how the class is called."""
    return bool(cls.node.keywords) or (bool(cls.node.decorator_list) and cls.record is None)


def _is_changed(m: Machine, path: str) -> bool:
    """Whether something else may stand at an import path by now, or at one inside it."""
    return m.patched or any(one == path or one.startswith(f"{path}.") for one in m.replaced)


def _may_be_missing(m: Machine, value: Value) -> bool:
    return any(isinstance(one, Missing) for one in m.store.ways(value))


# --- names -----------------------------------------------------------------------------------------


def note_import(m: Machine, path: str, node: ast.AST, statement: ast.AST) -> None:
    """Write down that a name is imported."""
    root = path.partition(".")[0]
    if root in PATCHES:
        m.patched = True
    asked = root in LIBRARIES and "." in path and path not in m.replaced
    if asked and not _is_caught(m, "ImportError", "ModuleNotFoundError"):
        m.emit(Imported, node, path=path, by_attribute=False, statement=statement)


def note_attribute(m: Machine, path: str, name: str, node: ast.AST) -> None:
    """Write down that a name is read off a package: ``transformers.AdamW``."""
    if path in LIBRARIES and f"{path}.{name}" not in m.replaced and not _is_caught(m, "AttributeError"):
        m.emit(Imported, node, path=f"{path}.{name}", by_attribute=True, statement=node)


def note_method(m: Machine, cls: str, name: str, node: ast.AST) -> None:
    """Write down that a method is read off an object of a library's class which has it no more."""
    path = f"{cls}.{name}"
    if path in METHODS and not _is_caught(m, "AttributeError"):
        m.emit(Imported, node, path=path, by_attribute=True, statement=node)


# --- methods ---------------------------------------------------------------------------------------


def note_overrides(m: Machine, cls: Class) -> None:
    """Write down the methods of a class of the script that stand in the place of a library's."""
    bases = [base for base in cls.lineage() if not isinstance(base, Class)]
    if len(bases) != 1 or not isinstance(bases[0], Reference) or m.patched:
        return
    base = _oldest(bases[0].path)
    if base is None:
        return
    beside = frozenset(str(name) for one in cls.lineage() if isinstance(one, Class) for name in one.scope.names)
    for name, function in cls.scope.names.items():
        if isinstance(function, Function) and not isinstance(function.node, ast.Lambda) and _is_plain(function):
            _note_override(m, base, cls.name, str(name), function.node, beside)


def _oldest(path: str) -> str | None:
    """The class of the table that a class extends in the end; None where the table does not know it."""
    here = path if is_callable(path) else None
    while here is not None and (above := base_of(here)) is not None:
        here = above
    return here


def _is_plain(function: Function) -> bool:
    return function.kind == "method" and not (isinstance(function.node, ast.Lambda) or function.node.decorator_list)


def _note_override(m: Machine, base: str, owner: str, method: str, node: FunctionNode, beside: frozenset[str]) -> None:
    spec = node.args
    named = [*spec.posonlyargs, *spec.args][1:]
    m.emit(
        MethodOverridden,
        node,
        base=base,
        owner=owner,
        method=method,
        positional=tuple(one.arg for one in named),
        required=max(0, len(named) - len(spec.defaults)),
        keyword_only=tuple(one.arg for one in spec.kwonlyargs),
        takes_rest=spec.vararg is not None,
        takes_any_keyword=spec.kwarg is not None,
        beside=beside,
        last=_end(spec),
    )


def _end(spec: ast.arguments) -> ast.AST | None:
    """Behind what a parameter with a default may be added."""
    if spec.vararg is not None or spec.kwonlyargs or spec.kwarg is not None or not spec.args:
        return None
    return spec.defaults[-1] if spec.defaults else spec.args[-1]
