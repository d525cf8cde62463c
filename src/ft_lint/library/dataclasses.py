"""``dataclasses``."""

from __future__ import annotations

from ft_lint.interpreter.records import FIELD
from ft_lint.library.site import Site
from ft_lint.values.base import NONE, Value
from ft_lint.values.callables import Class, Instance, Reference


def dataclass(at: Site, cls: Value = NONE, **options: Value) -> Value:
    """``@dataclass(...)``: the decorator itself."""
    return cls if isinstance(cls, Class) else Reference("dataclasses.dataclass")


def field(at: Site, *, default: Value | None = None, default_factory: Value | None = None, **options: Value) -> Value:
    """``field(default=...)``: the default; a :data:`records.FIELD` where more is said."""
    given = {"default": default, "default_factory": default_factory, **options}
    says_more = any(given.get(name) is not None for name in ("default_factory", "init", "kw_only"))
    if default is not None and not says_more:
        return default
    return Instance(FIELD, arguments={name: value for name, value in given.items() if value is not None})


def asdict(at: Site, obj: Value, *, dict_factory: Value = NONE) -> Value:
    """``asdict(x)``."""
    return at.unknown("a dataclass as a dict")
