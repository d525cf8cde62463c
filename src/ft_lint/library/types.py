"""``types``."""

from __future__ import annotations

from ft_lint.library.site import Site
from ft_lint.values.base import Value
from ft_lint.values.callables import Bound, Function


def MethodType(at: Site, function: Value, instance: Value) -> Value:  # noqa: N802
    """``MethodType(function, instance)``: the function with its ``self``."""
    return Bound(instance, function, function.name) if isinstance(function, Function) else at.unknown("a method")
