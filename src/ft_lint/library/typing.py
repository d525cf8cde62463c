"""``typing``."""

from __future__ import annotations

from ft_lint.library.site import Site
from ft_lint.values.base import Value


def cast(at: Site, typ: Value, val: Value) -> Value:
    """``cast(type, value)``: the value."""
    return val
