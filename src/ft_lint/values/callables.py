"""What can be called or looked into: functions, classes, their instances, library paths."""

from __future__ import annotations

import ast
from dataclasses import field
from typing import TYPE_CHECKING, TypeAlias

from ft_lint.light import dataclass
from ft_lint.source.siblings import Asked, is_init
from ft_lint.values.base import Comparable, Constant, Fields, Identity, Unknown, Value

if TYPE_CHECKING:
    from ft_lint.interpreter.signature import Arguments


FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, eq=False)
class Scope(Value):
    """The names of a module, function or class body, and the scope around it."""

    parent: Scope | None
    names: Fields = field(default_factory=dict)
    is_class: bool = False
    globals_: frozenset[str] = frozenset()

    @property
    def module(self) -> Scope:
        """The scope of the module around it, or it itself."""
        return self if self.parent is None else self.parent.module


@dataclass(frozen=True, slots=True, eq=False)
class Namespace(Value):
    """A module of the project: its file, and the scope of its names."""

    path: str
    scope: Scope

    @property
    def is_package(self) -> bool:
        """Whether it may hold other modules."""
        return is_init(self.path)


@dataclass(frozen=True, slots=True, eq=False)
class ProjectImport(Unknown):
    """What was imported from the project: a module, or a name of one; to code that nobody calls it is unknown.

    ``value`` is what the name meant at the import; None where that is not known.
    """

    asked: Asked = Asked("", "")
    name: str = ""
    value: Value | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Reference(Comparable):
    """Something that a library defines, by its canonical path, e.g. ``torch.nn.Linear``."""

    path: str

    def same_as(self, other: Value) -> bool:
        """Whether ``other`` is the same thing."""
        return isinstance(other, Reference) and other.path == self.path


@dataclass(frozen=True, slots=True, eq=False)
class Function(Value):
    """A function or lambda of the file, with the scope it closes over and its defaults."""

    name: str
    node: FunctionNode | ast.Lambda
    scope: Scope
    defaults: dict[str, Value] = field(default_factory=dict)
    owner: Class | None = None
    kind: str = "function"
    """``function``, ``method``, ``property``, ``staticmethod`` or ``classmethod``."""
    manages: bool = False
    """Whether ``@contextmanager`` stands above it."""
    grad: Value | None = None
    """The gradient mode that a decorator such as ``@torch.no_grad()`` sets for the call."""
    switch: Value | None = None
    """That decorator, a :class:`GradMode`."""
    kept: dict[object, Value] | None = None
    """What it gave, by what it was given, where a decorator keeps that: ``@functools.cache``."""
    setter: Function | None = None
    """What runs where a value is assigned to a property."""
    wraps: Function | None = None
    """What a decorator of the script's own made this of."""

    @property
    def written(self) -> Function:
        """What stands in the file under this name."""
        return self if self.wraps is None else self.wraps.written


@dataclass(frozen=True, slots=True, eq=False)
class Managed(Value):
    """What a function under ``@contextmanager`` gives: it runs up to its ``yield`` when a ``with`` enters it."""

    function: Function
    arguments: Arguments
    node: ast.AST


@dataclass(frozen=True, slots=True, eq=False)
class Bound(Value):
    """A function or library path bound to the object it was read from."""

    receiver: Value
    function: Value
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Partial(Value):
    """``functools.partial(function, *args, **kwargs)``."""

    function: Value
    args: tuple[Value, ...]
    kwargs: dict[str, Value]


@dataclass(frozen=True, slots=True, eq=False)
class GeneratedInit(Value):
    """The ``__init__`` that is written for a dataclass, of an object."""

    receiver: Value
    cls: Class


@dataclass(frozen=True, slots=True, eq=False)
class Class(Value):
    """A class of the file: its bases and the names of its body; of a dataclass what its decorator was given."""

    name: str
    node: ast.ClassDef
    bases: tuple[Value, ...]
    scope: Scope
    record: dict[str, Value] | None = None

    @property
    def is_open(self) -> bool:
        """Whether it extends a class that we do not see."""
        return any(isinstance(base, Unknown) for base in self.lineage())

    def lineage(self) -> list[Value]:
        """This class and what it inherits from, nearest first (depth first, each once)."""
        found: list[Value] = []
        pending: list[Value] = [self]
        while pending:
            here = pending.pop(0)
            if here in found:
                continue
            found.append(here)
            if isinstance(here, Class):
                pending = [*here.bases, *pending]
        return found

    def defines(self, name: str) -> bool:
        """Whether this class, or one of the file's that it extends, has a method or attribute of this name."""
        return any(name in base.scope.names for base in self.lineage() if isinstance(base, Class))

    def speaks_of(self, attribute: str) -> bool:
        """Whether a method reads an attribute of its ``self`` and leaves it to others to set it."""
        for method in self.node.body:
            own = (node for node in ast.walk(method) if isinstance(node, ast.Attribute) and node.attr == attribute)
            used = [type(node.ctx) for node in own if isinstance(node.value, ast.Name) and node.value.id == "self"]
            if used and ast.Store not in used:
                return True
        return False

    def library_bases(self) -> list[str]:
        """The library classes it inherits from."""
        return [base.path for base in self.lineage() if isinstance(base, Reference)]


@dataclass(frozen=True, slots=True, eq=False)
class Instance(Value):
    """An object of a class of the file that is no ``nn.Module``, or of a library class.

    ``kind`` is the class's name, for a library class its path.
    """

    kind: str
    cls: Class | None = None
    fields: Fields = field(default_factory=dict)
    arguments: dict[str, Value] = field(default_factory=dict)
    node: ast.AST | None = None
    places: dict[str, ast.AST] = field(default_factory=dict)
    """Where the arguments stand, by their names."""
    complete: bool = True
    """Whether these arguments are all: no ``**`` hides others."""
    made_with: tuple[tuple[int | str, Value], ...] = ()
    """What a class of the file was called with, by place or name, where nothing of that is hidden."""

    @property
    def library(self) -> str:
        """The path of the library class that it is of, or whose class of the script it is of; "" for none."""
        if self.cls is None:
            return self.kind
        return next(iter(self.cls.library_bases()), "")

    def given(self, name: str) -> Value | None:
        """What an argument is: as it was passed, or as it was set since; None where neither was done."""
        return self.fields.get(name, self.arguments.get(name))


@dataclass(frozen=True, slots=True, eq=False)
class Super(Value):
    """``super()`` inside a method: looks names up behind ``after`` for ``receiver``."""

    receiver: Value
    after: Class


@dataclass(frozen=True, slots=True, eq=False)
class GradMode(Value):
    """``torch.no_grad()`` and kin: a context manager and a decorator."""

    enabled: Value
    node: ast.AST | None = None
    previous: Value | None = None


def key_of(value: Value) -> object:
    """What tells a value from others: of constants and names what they are, of all else which object it is."""
    if isinstance(value, Constant):
        hashable = value.value is None or isinstance(value.value, str | int | float | bool | bytes)
        return ("constant", type(value.value), value.value) if hashable else value
    if isinstance(value, Identity):
        return ("identity", value.of)
    if isinstance(value, Bound):  # ``config.type`` of something unknown is no method, for it is compared
        return ("attribute", value.receiver, value.name)
    return ("reference", value.path) if isinstance(value, Reference) else value
