"""Dataclasses for what is made by the thousand, or declared by the dozen: facts, values, the record of a run.

Type checkers see ``dataclasses.dataclass`` with all its arguments, so that they hold what is frozen to be so.  At
runtime nobody asks: a frozen dataclass takes four times as long to make.  And most of those that are declared are never
made in a run, and of most others objects are made and nothing else is asked: ``__init__`` is written when the first is
made, and whatever else ``dataclasses`` has for a class, it writes when something asks for that.  Of what a dataclass
may have, ``__post_init__``, ``InitVar`` and ``init=False`` are not for here.
"""

from __future__ import annotations

import dataclasses
import functools
import operator
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
    from dataclasses import replace as replace
else:

    def dataclass(*, frozen: bool = False, slots: bool = False, eq: bool = True, kw_only: bool = False) -> Any:
        """``dataclasses.dataclass``, frozen for the type checker alone; with slots, written when it is first needed."""

        def made(cls: type) -> type:
            write = dataclasses.dataclass(eq=eq, unsafe_hash=eq and frozen, kw_only=kw_only, repr=False)
            found = _declared(cls, write, eq=eq, frozen=frozen, kw_only=kw_only) if slots else write(cls)
            if found.__repr__ is object.__repr__:
                found.__repr__ = _shown
            return found

        return made

    def replace(value: Any, /, **changes: Any) -> Any:
        """``dataclasses.replace`` for what is declared here."""
        kind = type(value)
        copy, names = _copier(kind)
        if not names.issuperset(changes):
            return kind(**{name: getattr(value, name) for name in names} | changes)  # which raises
        made = copy(value)
        for name, change in changes.items():
            setattr(made, name, change)
        return made


def _declared(cls: type, write: Callable[[type], type], *, eq: bool, frozen: bool, kw_only: bool) -> type:
    """A class with the slots of the dataclass that ``cls`` is to be; ``write`` adds methods when one is called."""
    own = [name for name, kind in cls.__annotations__.items() if not str(kind).startswith("ClassVar")]
    inherited = {slot for base in cls.__mro__[1:] for slot in vars(base).get("__slots__", ())}
    body = {name: value for name, value in vars(cls).items() if name not in {*own, "__dict__", "__weakref__"}}
    body["__qualname__"] = cls.__qualname__
    body["__slots__"] = tuple(name for name in own if name not in inherited)
    before = getattr(cls.__base__, "__match_args__", ())
    body["__match_args__"] = before if kw_only else (*before, *(name for name in own if name not in before))
    waiting = [name for name in ("__eq__", "__hash__") if eq and name not in body]

    def finish() -> None:
        with _writing:
            if isinstance(vars(found)[_FIELDS], _Awaited):
                written = vars(write(cls))
                for name in (*waiting, "__dataclass_params__", _FIELDS):
                    setattr(found, name, written[name])

    def first(name: str) -> Callable[..., Any]:
        def call(self: Any, *args: Any) -> Any:
            finish()
            return getattr(found, name)(self, *args)

        return call

    def make(self: Any, *args: Any, **kwargs: Any) -> None:
        found.__init__ = _initializer(found)  # type: ignore[misc]
        found.__init__(self, *args, **kwargs)  # type: ignore[misc]

    body |= {name: first(name) for name in waiting} | {_FIELDS: _Awaited(finish)}
    if "__init__" not in body:
        body["__init__"] = make
    if eq and not frozen:
        body["__hash__"] = None
    found: type = type(cls)(cls.__name__, cls.__bases__, body)
    # a copy: ``dataclasses`` takes some of them away from the class
    defaults = {name: vars(cls)[name] for name in own if name in vars(cls)}
    _declarations[found] = _Declaration(own, defaults, kw_only)
    return found


class _Declaration(NamedTuple):
    """What a class adds to the fields that it inherits."""

    names: Sequence[str]
    defaults: Mapping[str, Any]
    by_name: bool


_declarations: dict[type, _Declaration] = {}


def _owners(cls: type) -> list[_Declaration]:
    """What a class is put together from, the first base first."""
    return [_declarations[one] for one in reversed(cls.__mro__) if one in _declarations]


@functools.cache
def _names(cls: type) -> tuple[str, ...]:
    if not _owners(cls):
        raise TypeError(f"{cls.__qualname__} is not declared here")
    return tuple(dict.fromkeys(name for one in _owners(cls) for name in one.names))


@functools.cache
def _copier(cls: type) -> tuple[Callable[[Any], Any], frozenset[str]]:
    """What makes another object with the same in its fields, and the fields."""
    names = _names(cls)
    make: Callable[..., Any] = cls
    read: Callable[[Any], Any] = operator.attrgetter(*names)
    if len(names) == 1 or any(one.by_name for one in _owners(cls)):
        return lambda value: make(**{name: getattr(value, name) for name in names}), frozenset(names)
    return lambda value: make(*read(value)), frozenset(names)


def _initializer(cls: type) -> Callable[..., None]:
    """The ``__init__`` that ``dataclasses`` would write for a class declared here, without all else that it writes."""
    owners = {name: one for one in _owners(cls) for name in one.names}
    given = {name: _parameter(name, one.defaults.get(name, dataclasses.MISSING)) for name, one in owners.items()}
    plain = [given[name].text for name, one in owners.items() if not one.by_name]
    named = [given[name].text for name, one in owners.items() if one.by_name]
    head = ", ".join(["self", *plain, *(["*", *named] if named else [])])
    lines = [f" self.{name} = {one.value}\n" for name, one in given.items()]
    space = {f"_{name}": one.default for name, one in given.items()}
    space |= {"_none": _NOTHING, "__name__": cls.__module__}
    exec(f"def __init__({head}):\n{''.join(lines) or ' pass'}", space)  # as ``dataclasses`` does
    made: Callable[..., None] = space["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    return made


_NOTHING = object()


class _Parameter(NamedTuple):
    """A parameter as ``__init__`` declares it, what the field becomes, and the object behind ``_name`` in both."""

    text: str
    value: str
    default: Any


def _parameter(name: str, default: Any) -> _Parameter:
    match default:
        case dataclasses.Field(default_factory=factory) if factory is not dataclasses.MISSING:
            return _Parameter(f"{name}=_none", f"_{name}() if {name} is _none else {name}", factory)
        case dataclasses.Field(default=found):
            default = found
    return _Parameter(name if default is dataclasses.MISSING else f"{name}=_{name}", name, default)


_FIELDS = "__dataclass_fields__"
_writing = threading.RLock()


class _Awaited:
    """The fields of a dataclass that has not been written: asking for them writes it."""

    def __init__(self, finish: Callable[[], None]) -> None:
        self._finish = finish

    def __get__(self, instance: object, owner: type) -> Any:
        self._finish()
        return getattr(owner, _FIELDS)


def _shown(self: Any) -> str:
    """The class and its fields, as a dataclass shows itself."""
    shown = (f"{one.name}={getattr(self, one.name)!r}" for one in dataclasses.fields(self) if one.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"
