"""Whether a file nests too deeply: for the walk through its tree, which is recursive, and for a fix to be written.

LibCST, which writes fixes, overflows its stack near 8,000 levels.  ``ast`` refuses most of that by itself.  It keeps
flat what LibCST nests, though: ``a and b and c`` and the dotted name of an import; and its own limit differs between
versions of Python.
"""

from __future__ import annotations

import ast
import re
from itertools import accumulate

from ft_lint.syntax.statements import Clause, first_line, own_nodes, statements

MAX_DEPTH = 500
"""Operators nested in one statement, or branches of one ``elif`` chain.  LibCST's time grows with the square."""


_TOKEN = re.compile(r"\w+|[^\w\s]")


def too_deep(text: str, tree: ast.Module) -> int | None:
    """The line of the first statement that nests more than ``MAX_DEPTH`` levels, if any."""
    ends = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]
    for clause, around in statements(tree):
        first, last = _lines(clause)
        if around > MAX_DEPTH or (_may_exceed(text, ends, first, last) and _depth(clause) > MAX_DEPTH):
            return clause.lineno
    return None


def _may_exceed(text: str, ends: list[int], first: int, last: int) -> bool:
    """A level takes at least a character, and two a token, so that short statements need no closer look."""
    begin, end = ends[min(first, len(ends)) - 1], ends[min(last, len(ends) - 1)]
    return end - begin > MAX_DEPTH and 2 * len(_TOKEN.findall(text, begin, end)) > MAX_DEPTH


def _lines(clause: Clause) -> tuple[int, int]:
    """First and last line of what is the clause's own, from 1; a block's first line may be in it."""
    body = getattr(clause, "body", ())
    return first_line(clause), body[0].lineno if body else clause.end_lineno or clause.lineno


def _depth(clause: Clause) -> int:
    """How deep LibCST would nest what is the clause's own, which is never less than ``ast`` does."""
    deepest = 0
    stack = [(node, 1) for node in own_nodes(clause)]
    if isinstance(clause, ast.ImportFrom):
        deepest = (clause.module or "").count(".")
    while stack:
        node, depth = stack.pop()
        depth += _extra(node)
        deepest = max(deepest, depth)
        stack.extend((child, depth + 1) for child in ast.iter_child_nodes(node))
    return deepest


def _extra(node: ast.AST) -> int:
    """Levels that LibCST adds where ``ast`` is flat."""
    match node:
        case ast.BoolOp():
            return len(node.values)
        case ast.alias():
            return node.name.count(".")
    return 0
