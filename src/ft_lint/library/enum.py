"""``enum``: what a member is set to when the script leaves that to Python."""

from __future__ import annotations

from ft_lint.library.site import Site
from ft_lint.values.base import Constant, Value


def auto(at: Site) -> Value:
    """``enum.auto()`` in the body of a class: the number of members up to there, unlike all others' values."""
    members = [name for name in at.m.scope.names if not name.startswith("_")]
    return Constant(len(members) + 1)
