"""``functools``."""

from __future__ import annotations

from ft_lint.library.site import Site
from ft_lint.values.base import Value
from ft_lint.values.callables import Partial


def partial(at: Site, func: Value, /, *args: Value, **keywords: Value) -> Value:
    """``partial(f, ...)``."""
    return Partial(func, args, keywords)
