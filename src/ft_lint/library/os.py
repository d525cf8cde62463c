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
        return _unknown_path(at, "join", *paths)

    @staticmethod
    def expanduser(at: Site, path: Value) -> Value:
        """``expanduser("~/data")``: a path that depends on who runs the script, the same for the same path."""
        return _unknown_path(at, "expanduser", path)

    @staticmethod
    def abspath(at: Site, path: Value, **settings: Value) -> Value:
        """``abspath("data")``: a path that depends on where the script runs."""
        return _unknown_path(at, "abspath", path)

    realpath = abspath

    @staticmethod
    def expandvars(at: Site, path: Value) -> Value:
        """``expandvars("$HOME/data")``: a path that depends on the environment."""
        return _unknown_path(at, "expandvars", path)


def _unknown_path(at: Site, how: str, *parts: Value) -> Value:
    given = (text(part) or part for part in parts)
    return at.m.same_unknown((f"os.path.{how}", *given), "a path that we do not know", *parts, kind=UnknownText)
