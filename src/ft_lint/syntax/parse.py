"""Text to an ``ast`` tree, or one clear line about why not.

``ast`` is fast, it words syntax errors as people know them, and flake8 has its tree at hand.
"""

from __future__ import annotations

import ast
import functools
import re
import warnings

from ft_lint.light import dataclass
from ft_lint.source.problem import Fault, Problem, syntax_error
from ft_lint.syntax.depth import MAX_DEPTH, too_deep

LINE_END = re.compile(r"\r\n?|\n")
"""Where ``ast`` ends a line."""


@dataclass(frozen=True)
class Parsed:
    """One file: its text and its tree."""

    text: str
    tree: ast.Module

    @functools.cached_property
    def nodes(self) -> frozenset[int]:
        """The identities of all nodes of the tree."""
        return frozenset(map(id, ast.walk(self.tree)))

    @functools.cached_property
    def lines(self) -> list[str]:
        """The lines as ``ast`` counts them, without their ends."""
        return LINE_END.split(self.text)

    @property
    def newline(self) -> str:
        """The end of the first line, which new lines get too."""
        first = LINE_END.search(self.text)
        return first[0] if first else "\n"

    def text_of(self, first: int, last: int) -> str:
        """The text of these lines, from 1, the last included, with their ends."""
        starts = line_starts(self.text)
        return self.text[starts[first - 1] : starts[last]]


def line_starts(text: str) -> list[int]:
    """Where each line begins, and where the text ends."""
    return [0, *(end.end() for end in LINE_END.finditer(text)), len(text)]


def parse(text: str, path: str, tree: ast.AST | None = None) -> Parsed | Problem:
    """The tree of the text; ``tree`` is what ``ast.parse`` gave, where somebody has parsed it already."""
    found = tree if isinstance(tree, ast.Module) else _tree(text, path)
    if isinstance(found, Problem):
        return found
    if (line := too_deep(text, found)) is not None:
        return Problem(path, f"nested too deeply to check (more than {MAX_DEPTH} levels)", Fault.INPUT, line, 1)
    return Parsed(text, found)


def _tree(text: str, path: str) -> ast.Module | Problem:
    if (null := text.find("\0")) >= 0:
        column = null - text.rfind("\n", 0, null)
        return Problem(path, "null byte in source", Fault.INPUT, text.count("\n", 0, null) + 1, column)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        return Problem(path, syntax_error(error), Fault.INPUT, error.lineno or 1, error.offset or 1)
    except (RecursionError, MemoryError):
        return Problem(path, "nested too deeply to check (Python's own parser gives up)", Fault.INPUT, 1, 1)
    except ValueError as error:
        return Problem(path, f"syntax error: {error}", Fault.INPUT, 1, 1)
