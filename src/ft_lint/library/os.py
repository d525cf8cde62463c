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
            settings = [part.default for part in paths if isinstance(part, Constant) and part.default]
            return Constant(posixpath.join(*known), settings[0] if len(settings) == 1 else bool(settings))
        return UnknownText("a path that we do not know")
