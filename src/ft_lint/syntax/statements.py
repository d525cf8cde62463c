"""The statements of both trees, walked without recursion, outer before inner."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

import libcst as cst

Clause: TypeAlias = ast.stmt | ast.ExceptHandler
"""A statement, or an ``except`` clause, which has a place and a block of its own like one."""


class Pair(NamedTuple):
    """The same statement in LibCST and in ``ast``; statements joined by semicolons are one pair each.

    ``first``: the first statement of the indented block that it is in, whose indentation it has; None at the top.
    """

    node: cst.CSTNode
    clause: Clause
    first: Clause | None


def statements(tree: ast.Module) -> Iterator[tuple[Clause, int]]:
    """Every statement and ``except`` clause with the number of those around it; each ``elif`` is inside the last."""
    stack: list[tuple[Clause, int]] = [(statement, 0) for statement in reversed(tree.body)]
    while stack:
        clause, depth = stack.pop()
        yield clause, depth
        stack.extend((inner, depth + 1) for inner in reversed(_inside(clause)))


def _inside(clause: Clause) -> list[Clause]:
    inner: list[Clause] = [*getattr(clause, "body", ()), *getattr(clause, "handlers", ())]
    inner += [*getattr(clause, "orelse", ()), *getattr(clause, "finalbody", ())]
    for case in getattr(clause, "cases", ()):
        inner += case.body
    return inner


def small_statements(block: cst.CSTNode) -> Iterator[cst.BaseSmallStatement]:
    """Every statement without a block of its own in a block and in all blocks inside it, in no particular order."""
    pending: list[cst.CSTNode] = [block]
    while pending:
        match pending.pop():
            case cst.SimpleStatementLine(body=line) | cst.SimpleStatementSuite(body=line):
                yield from line
            case cst.IndentedBlock(body=inner):
                pending += inner
            case cst.If() | cst.For() | cst.While() as node:
                pending += [node.body] if node.orelse is None else [node.body, node.orelse]
            case cst.Try() | cst.TryStar() as node:
                clauses = (*node.handlers, node.orelse, node.finalbody)
                pending += [node.body, *(clause.body for clause in clauses if clause is not None)]
            case cst.Match(cases=cases):
                pending += [case.body for case in cases]
            case cst.With() | cst.FunctionDef() | cst.ClassDef() | cst.Else() as node:
                pending.append(node.body)


def own_nodes(clause: Clause) -> Iterator[ast.AST]:
    """What belongs to the clause and not to a statement inside it: its expressions, arguments, patterns, names."""
    for child in ast.iter_child_nodes(clause):
        if isinstance(child, ast.match_case):
            yield from (part for part in (child.pattern, child.guard) if part is not None)
        elif not isinstance(child, ast.stmt | ast.ExceptHandler):
            yield child


def pairs(module: cst.Module, tree: ast.Module) -> Iterator[Pair]:
    """Every statement and ``except`` clause of two trees of the same text."""
    stack = list(reversed(_paired(module.body, tree.body, None)))
    while stack:
        pair = stack.pop()
        yield pair
        stack.extend(reversed(_pairs_inside(pair)))


def _pairs_inside(pair: Pair) -> list[Pair]:
    node, clause, first = pair
    twins: Any = clause
    match node:
        case cst.If() | cst.For() | cst.While():
            return _block(node.body, twins.body, first) + _otherwise(node.orelse, twins.orelse, first)
        case cst.Try() | cst.TryStar():
            handlers = [Pair(*both, first) for both in zip(node.handlers, twins.handlers, strict=True)]
            last = [] if node.finalbody is None else _block(node.finalbody.body, twins.finalbody, first)
            return _block(node.body, twins.body, first) + handlers + _otherwise(node.orelse, twins.orelse, first) + last
        case cst.Match():
            cases = zip(node.cases, twins.cases, strict=True)
            return [inner for case, twin in cases for inner in _block(case.body, twin.body, first)]
        case cst.FunctionDef() | cst.ClassDef() | cst.With() | cst.ExceptHandler() | cst.ExceptStarHandler():
            return _block(node.body, twins.body, first)
    return []


def _otherwise(orelse: cst.If | cst.Else | None, twins: list[ast.stmt], first: Clause | None) -> list[Pair]:
    """``elif`` is an ``If`` in both trees; ``ast`` puts it alone into a list."""
    if isinstance(orelse, cst.If):
        return [Pair(orelse, twins[0], first)]
    return _block(orelse.body, twins, first) if orelse is not None else []


def _block(suite: cst.BaseSuite, twins: list[ast.stmt], first: Clause | None) -> list[Pair]:
    """A block on the line of its colon has the indentation of what is around it."""
    return _paired(suite.body, twins, twins[0] if isinstance(suite, cst.IndentedBlock) else first)


def _paired(
    body: Sequence[cst.BaseStatement | cst.BaseSmallStatement], twins: list[ast.stmt], first: Clause | None
) -> list[Pair]:
    """Statements of one block side by side; ``ast`` does not know lines of several."""
    flat = [part for node in body for part in (node.body if isinstance(node, cst.SimpleStatementLine) else (node,))]
    return [Pair(*both, first) for both in zip(flat, twins, strict=True)]
