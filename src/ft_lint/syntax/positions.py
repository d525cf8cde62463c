"""Where nodes stand in the text."""

from __future__ import annotations

import ast

from ft_lint.light import dataclass
from ft_lint.syntax.parse import Parsed


@dataclass(frozen=True, slots=True)
class Range:
    """A stretch of text; lines and columns (in characters) count from 1, the end is the first character after it."""

    line: int
    column: int
    end_line: int
    end_column: int


def range_of(node: ast.AST, parsed: Parsed) -> Range:
    """The place of a node of ``parsed.tree``: what ``ast`` says, or, where it says nothing, that of the node's parts.

    A definition begins behind its decorators.  What has neither, such as the whole module, is the start of the file.
    """
    first, last = _ends(node)
    line, end_line = getattr(first, "lineno", 0), getattr(last, "end_lineno", 0)
    if not line or not end_line:
        return Range(1, 1, 1, 1)
    column = _characters(parsed.lines[line - 1], getattr(first, "col_offset", 0))
    end_column = _characters(parsed.lines[end_line - 1], getattr(last, "end_col_offset", 0))
    return Range(line, column + 1, end_line, end_column + 1)


def _ends(node: ast.AST) -> tuple[ast.AST, ast.AST]:
    """The nodes that begin and end a node: itself, but for those that have no place of their own."""
    match node:
        case ast.comprehension():
            return node.target, node.iter
        case ast.withitem():
            return node.context_expr, node.optional_vars or node.context_expr
        case ast.match_case():
            return node.pattern, node.pattern
    return node, node


def _characters(line: str, offset: int) -> int:
    """``ast`` counts columns in bytes of UTF-8."""
    return offset if line.isascii() else len(line.encode()[:offset].decode(errors="ignore"))
