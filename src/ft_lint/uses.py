"""Facts about other libraries that change from release to release: what is called, imported and overridden."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from ft_lint.facts import Fact
from ft_lint.light import dataclass
from ft_lint.values.base import Value


@dataclass(frozen=True, slots=True, eq=False)
class LibraryCalled(Fact):
    """Something was called that takes other arguments in other releases.

    ``path`` is its import path; ``arguments`` are those passed by name, which surely reach it, and ``places`` their
    nodes: in the call, or the key in a dict that is unpacked there.  ``whole``: nothing else is passed by name.
    """

    path: str
    arguments: dict[str, Value]
    places: dict[str, ast.AST]
    whole: bool

    @property
    def name(self) -> str:
        """The last part of the path, with the class of a method."""
        return ".".join(self.path.split(".")[1:])


@dataclass(frozen=True, slots=True, eq=False)
class Imported(Fact):
    """A name was asked of a library, by an import or as an attribute (``by_attribute``).

    ``path`` is as written, ``statement`` the import that may ask for others too.
    """

    path: str
    by_attribute: bool
    statement: ast.AST

    @property
    def bound(self) -> str | None:
        """The name that the script then uses; None for the entry of an ``import`` statement."""
        match self.node, self.statement:
            case ast.alias(name=name, asname=asname), ast.ImportFrom():
                return asname or name
            case ast.Attribute(attr=attr), _:
                return attr
        return None


@dataclass(frozen=True, slots=True, eq=False)
class MethodOverridden(Fact):
    """A class of the script defines a method of the library's class ``base`` anew.

    ``positional`` are its parameters without ``self``, of which the first ``required`` have no default;
    ``keyword_only`` those behind a ``*``; ``beside`` are the methods that the script's class has.
    """

    base: str
    owner: str
    method: str
    positional: tuple[str, ...]
    required: int
    keyword_only: tuple[str, ...]
    takes_rest: bool
    takes_any_keyword: bool
    beside: frozenset[str]
    last: ast.AST | None
    """The last parameter, or its default, behind which another one can follow."""

    def takes(self, count: int, names: Iterable[str]) -> bool:
        """Whether it can be called with so many values by position and these by name."""
        given = set(self.positional[:count]) | set(names)
        fits = count <= len(self.positional) or self.takes_rest
        twice = set(self.positional[:count]) & set(names)
        known = self.takes_any_keyword or set(names) <= {*self.positional, *self.keyword_only}
        return fits and known and not twice and set(self.positional[: self.required]) <= given
