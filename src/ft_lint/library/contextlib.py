"""``contextlib``."""

from __future__ import annotations

from ft_lint.library.site import Site
from ft_lint.values.base import Value
from ft_lint.values.callables import Instance


def suppress(at: Site, *exceptions: Value) -> Value:
    """``suppress(ImportError)``: what is raised inside is caught."""
    return Instance("contextlib.suppress", node=at.node)
