"""``dataclasses``."""

from __future__ import annotations

from ft_lint.library.site import Site
from ft_lint.values.base import NONE, Value
from ft_lint.values.callables import Class, Reference


def dataclass(at: Site, cls: Value = NONE, **options: Value) -> Value:
    """``@dataclass(...)``: the decorator itself."""
    return cls if isinstance(cls, Class) else Reference("dataclasses.dataclass")


def field(at: Site, *, default: Value | None = None, default_factory: Value | None = None, **options: Value) -> Value:
    """``field(default=...)``: the default."""
    from ft_lint.interpreter.calls import call
    from ft_lint.interpreter.signature import Arguments

    if default is not None:
        return default
    if default_factory is not None:
        return call(at.m, default_factory, Arguments(), at.node)
    return at.unknown("a field without a default")


def asdict(at: Site, obj: Value, *, dict_factory: Value = NONE) -> Value:
    """``asdict(x)``."""
    return at.unknown("a dataclass as a dict")
