"""``pathlib``: a path is an object of which we know only that it is one."""

from __future__ import annotations

from ft_lint.library.site import Site
from ft_lint.values.base import Value
from ft_lint.values.callables import Instance


def Path(at: Site, *parts: Value) -> Value:  # noqa: N802
    """``Path("folder", "file")``."""
    return Instance("pathlib.Path", node=at.node)
