"""``pathlib``: a path is an object of which we know what it was put together from."""

from __future__ import annotations

from ft_lint.library.site import Site
from ft_lint.values.base import Value
from ft_lint.values.callables import Instance
from ft_lint.values.containers import Tuple


def Path(at: Site, *parts: Value) -> Value:  # noqa: N802
    """``Path("folder", "file")``."""
    return joined(*parts)


def joined(*parts: Value) -> Instance:
    """A path of these parts, one in the other."""
    return Instance("pathlib.Path", arguments={"parts": Tuple(parts)})
