"""Text to an ``ast`` tree and a LibCST tree, or one clear line about why not.

``ast`` is the gate: it is fast, it words syntax errors as people know them, and it refuses most of what LibCST's parser
cannot bear.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import libcst as cst
from libcst import CSTNode

from ft_lint.source.problem import Fault, Problem
from ft_lint.syntax.depth import MAX_DEPTH, too_deep


@dataclass(frozen=True, slots=True)
class Parsed:
    """One file: its text, and both trees of it."""

    text: str
    tree: ast.Module
    module: cst.Module


def parse(text: str, path: str, tree: ast.AST | None = None) -> Parsed | Problem:
    """Both trees of the text; ``tree`` is what ``ast.parse`` gave, where somebody has parsed it already."""
    gate = tree if isinstance(tree, ast.Module) else _gate(text, path)
    if isinstance(gate, Problem):
        return gate
    if (line := too_deep(text, gate)) is not None:
        return Problem(path, f"nested too deeply to check (more than {MAX_DEPTH} levels)", Fault.INPUT, line, 1)
    try:
        with _unvalidated():
            return Parsed(text, gate, cst.parse_module(text))
    except cst.ParserSyntaxError as error:
        message = f"LibCST cannot parse this: {error.message}"
        return Problem(path, message, Fault.INPUT, error.editor_line, error.editor_column)


@contextmanager
def _unvalidated() -> Iterator[None]:
    """Within it LibCST does not validate the nodes that its own parser makes, a fifth of the time that parsing takes.

    LibCST's own note at ``__post_init__`` says that the parser has no need of it.
    """
    _NODE.__post_init__ = _accept
    try:
        yield
    finally:
        _NODE.__post_init__ = _VALIDATED


_NODE: Any = CSTNode
_VALIDATED = CSTNode.__post_init__


def _accept(_: CSTNode) -> None:
    """Takes a node as it is."""


def _gate(text: str, path: str) -> ast.Module | Problem:
    if (null := text.find("\0")) >= 0:
        column = null - text.rfind("\n", 0, null)
        return Problem(path, "null byte in source", Fault.INPUT, text.count("\n", 0, null) + 1, column)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        message = error.msg.partition("; use sys.")[0]
        return Problem(path, f"syntax error: {message}", Fault.INPUT, error.lineno or 1, error.offset or 1)
    except (RecursionError, MemoryError):
        return Problem(path, "nested too deeply to check (Python's own parser gives up)", Fault.INPUT, 1, 1)
    except ValueError as error:
        return Problem(path, f"syntax error: {error}", Fault.INPUT, 1, 1)
