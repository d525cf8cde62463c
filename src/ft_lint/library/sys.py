"""``sys``: how a program ends."""

from __future__ import annotations

from ft_lint.library.site import Site
from ft_lint.values.base import NONE, NoReturn, Value


def exit(at: Site, status: Value = NONE) -> Value:
    """``sys.exit(...)``."""
    return NoReturn("the program ends")
