"""What a notebook shows: the value of an expression that ends a cell, as if it were printed.

Source: "IPython reference" (IPython's documentation): a semicolon at the end of the line hides the output.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ft_lint.source.cells import begins, may_have_cells
from ft_lint.syntax.parse import Parsed
from ft_lint.syntax.positions import range_of
from ft_lint.syntax.statements import first_line


def displayed(parsed: Parsed) -> frozenset[int]:
    """The identities of the expression statements that end a cell; none in a script without cells."""
    cells = begins(parsed.lines) if may_have_cells(parsed.text) else []
    if not cells:
        return frozenset()
    end = len(parsed.lines) + 1
    body = list(_statements(parsed.tree, frozenset(cells)))
    following = [*map(first_line, body), end][1:]
    return frozenset(
        id(one)
        for one, line in zip(body, following, strict=True)
        if isinstance(one, ast.Expr) and _is_shown(one, line, [*cells, end], parsed)
    )


def _statements(tree: ast.Module, cells: frozenset[int]) -> Iterator[ast.stmt]:
    """The statements at the top of all cells, also of those that are indented as a whole and so a block."""
    for one in tree.body:
        if isinstance(one, ast.If) and one.lineno in cells:
            yield from one.body
        else:
            yield one


def _is_shown(statement: ast.Expr, following: int, cells: list[int], parsed: Parsed) -> bool:
    """Whether a cell begins between a statement and the line of the following one, and no semicolon hides the value."""
    at = range_of(statement, parsed)
    behind = parsed.lines[at.end_line - 1][at.end_column - 1 :]
    return any(at.end_line < begin <= following for begin in cells) and not behind.lstrip().startswith(";")
