"""Dataclasses for what is made by the thousand, or declared by the dozen: facts, values, the record of a run.

Type checkers see ``dataclasses.dataclass`` with all its arguments, so that they hold what is frozen to be so.  At
runtime nobody asks: a frozen dataclass takes four times as long to make.  And most of those that are declared are never
made in a run, so that what ``dataclasses`` writes for a class, it writes when the first is made.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
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


def _declared(cls: type, write: Callable[[type], type], *, eq: bool, frozen: bool, kw_only: bool) -> type:
    """A class with the slots of the dataclass that ``cls`` is to be; ``write`` adds methods when one is called."""
    own = [name for name, kind in cls.__annotations__.items() if not str(kind).startswith("ClassVar")]
    inherited = {slot for base in cls.__mro__[1:] for slot in vars(base).get("__slots__", ())}
    body = {name: value for name, value in vars(cls).items() if name not in {*own, "__dict__", "__weakref__"}}
    body["__qualname__"] = cls.__qualname__
    body["__slots__"] = tuple(name for name in own if name not in inherited)
    before = getattr(cls.__base__, "__match_args__", ())
    body["__match_args__"] = before if kw_only else (*before, *(name for name in own if name not in before))
    waiting = [name for name in ("__init__", *(("__eq__", "__hash__") if eq else ())) if name not in body]

    def finish() -> None:
        with _writing:
            if isinstance(vars(found)[_FIELDS], _Awaited):
                written = vars(write(cls))
                for name in (*waiting, "__dataclass_params__", _FIELDS):
                    setattr(found, name, written[name])

    def first(name: str) -> Callable[..., Any]:
        def call(self: Any, *args: Any, **kwargs: Any) -> Any:
            finish()
            return getattr(found, name)(self, *args, **kwargs)

        return call

    body |= {name: first(name) for name in waiting} | {_FIELDS: _Awaited(finish)}
    if eq and not frozen:
        body["__hash__"] = None
    found: type = type(cls)(cls.__name__, cls.__bases__, body)
    return found


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
