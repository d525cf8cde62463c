"""The statements of a tree, walked without recursion, outer before inner."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TypeAlias

Clause: TypeAlias = ast.stmt | ast.ExceptHandler
"""A statement, or an ``except`` clause, which has a place and a block of its own like one."""


def statements(tree: ast.Module) -> Iterator[tuple[Clause, int]]:
    """Every statement and ``except`` clause with the number of those around it; each ``elif`` is inside the last."""
    stack: list[tuple[Clause, int]] = [(statement, 0) for statement in reversed(tree.body)]
    while stack:
        clause, depth = stack.pop()
        yield clause, depth
        stack.extend((inner, depth + 1) for inner in reversed(blocks_of(clause)))


def blocks_of(clause: Clause) -> list[Clause]:
    """The statements and ``except`` clauses of a clause's own blocks, one level down."""
    inner: list[Clause] = [*getattr(clause, "body", ()), *getattr(clause, "handlers", ())]
    inner += [*getattr(clause, "orelse", ()), *getattr(clause, "finalbody", ())]
    for case in getattr(clause, "cases", ()):
        inner += case.body
    return inner


def first_line(clause: Clause) -> int:
    """The line on which a clause begins, its decorators included (but for an ``@`` alone on a line)."""
    decorators: list[ast.expr] = getattr(clause, "decorator_list", [])
    return min([clause.lineno, *(decorator.lineno for decorator in decorators)])


def small_statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Every statement without a block of its own in a block and in all blocks inside it, in no particular order."""
    pending: list[Clause] = [*body]
    while pending:
        clause = pending.pop()
        if inner := blocks_of(clause):
            pending += inner
        elif isinstance(clause, ast.stmt):
            yield clause


def targets_of(clause: Clause) -> list[ast.expr]:
    """What a statement assigns to: the targets of an assignment, a loop, a ``with``."""
    match clause:
        case ast.Assign(targets=targets):
            return targets
        case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
            return [target]
        case ast.For(target=target) | ast.AsyncFor(target=target):
            return [target]
        case ast.With(items=items) | ast.AsyncWith(items=items):
            return [item.optional_vars for item in items if item.optional_vars is not None]
    return []


def own_nodes(clause: Clause) -> Iterator[ast.AST]:
    """What belongs to the clause and not to a statement inside it: its expressions, arguments, patterns, names."""
    for child in ast.iter_child_nodes(clause):
        if isinstance(child, ast.match_case):
            yield from (part for part in (child.pattern, child.guard) if part is not None)
        elif not isinstance(child, ast.stmt | ast.ExceptHandler):
            yield child
