"""``os``: paths as texts."""

from __future__ import annotations

import posixpath

from ft_lint.library.site import Site
from ft_lint.values.base import Constant, NoReturn, UnknownText, Value, text


def _exit(at: Site, status: Value) -> Value:
    """``os._exit(...)``."""
    return NoReturn("the program ends")


def abort(at: Site) -> Value:
    """``os.abort()``."""
    return NoReturn("the program ends")


class path:
    """``os.path``."""

    @staticmethod
    def join(at: Site, *paths: Value) -> Value:
        """``os.path.join``, with the slashes of POSIX."""
        known = [part for part in map(text, paths) if part is not None]
        if len(known) == len(paths) and paths:
            return Constant(posixpath.join(*known), any(isinstance(p, Constant) and p.default for p in paths))
        return UnknownText("a path that we do not know")
