"""``functools``."""

from __future__ import annotations

from ft_lint.library.site import Site
from ft_lint.light import replace
from ft_lint.values.base import FALSE, NONE, Value
from ft_lint.values.callables import Function, Partial, Reference


def partial(at: Site, func: Value, /, *args: Value, **keywords: Value) -> Value:
    """``partial(f, ...)``."""
    return Partial(func, args, keywords)


def cache(at: Site, user_function: Value) -> Value:
    """``cache(f)``: the function, which keeps what it gave."""
    return replace(user_function, kept={}) if isinstance(user_function, Function) else at.unknown("what is kept")


def lru_cache(at: Site, maxsize: Value = NONE, typed: Value = FALSE) -> Value:
    """``lru_cache(f)``, or a decorator: ``lru_cache(maxsize=None)``."""
    return cache(at, maxsize) if isinstance(maxsize, Function) else Reference("functools.cache")
