"""LibCST's node for a node of ``ast``: the same code with its comments and layout, for a fix to be written.

The two trees are walked side by side to find the statement around the node.  LibCST keeps no positions, so it writes
that statement alone (a compound statement without its blocks), noting positions as its own provider does; the node in
the same place is the twin.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import libcst as cst
from libcst._nodes.internal import CodegenState
from libcst.metadata import CodeRange
from libcst.metadata.position_provider import PositionProvidingCodegenState

from ft_lint.syntax.parse import Parsed
from ft_lint.syntax.positions import Range, range_of
from ft_lint.syntax.statements import Clause, own_nodes


def twin(node: ast.AST, parsed: Parsed) -> cst.CSTNode | None:
    """LibCST's node for a statement, an expression, a keyword argument or an imported name.

    None where LibCST has none in the same place, as for a slice and for a tuple or a generator in parentheses (which
    it does not count as theirs), and where it cannot parse the file.
    """
    module = parsed.module
    if module is None:
        return None
    pair = next((pair for pair in pairs(module, parsed.tree) if _holds(pair.clause, node)), None)
    if pair is None:
        return None
    if pair.clause is node:
        return pair.node
    kinds, place = _kinds(node), range_of(node, parsed)
    return next((one for one, at in _noted(pair, module, parsed) if at == place and isinstance(one, kinds)), None)


def bare(node: cst.CSTNode) -> cst.CSTNode:
    """The node without the parentheses around it, which are not in its place either."""
    return node.with_changes(lpar=(), rpar=()) if isinstance(node, cst.BaseExpression) else node


def code_of(node: cst.CSTNode, indent: str, parsed: Parsed) -> str:
    """The node as LibCST writes it into a block of that indentation, without the space around it."""
    unit = parsed.module.default_indent if parsed.module is not None else ""
    state = CodegenState(unit, parsed.newline, indent_tokens=[indent] if indent else [])
    node._codegen(state)
    return "".join(state.tokens).strip()


def _holds(clause: Clause, node: ast.AST) -> bool:
    return clause is node or any(one is node for part in own_nodes(clause) for one in ast.walk(part))


def _kinds(node: ast.AST) -> tuple[type[cst.CSTNode], ...]:
    match node:
        case ast.keyword():
            return (cst.Arg,)
        case ast.alias():
            return (cst.ImportAlias, cst.ImportStar)
        case ast.Starred():
            return (cst.Arg, cst.StarredElement)
        case ast.expr():
            return (cst.BaseExpression,)
    return ()


# --- places as LibCST notes them -----------------------------------------------------------------


@dataclass
class _Noted:
    """Stands in for LibCST's provider: its codegen state writes the positions here."""

    _computed: dict[cst.CSTNode, CodeRange] = field(default_factory=dict)


def _noted(pair: Pair, module: cst.Module, parsed: Parsed) -> Iterator[tuple[cst.CSTNode, Range]]:
    """The nodes that are the statement's own, with their places."""
    noted = _Noted()
    shift = _write(pair, module, parsed, noted)
    for node, at in noted._computed.items():
        yield node, Range(at.start.line + shift, at.start.column + 1, at.end.line + shift, at.end.column + 1)


def _write(pair: Pair, module: cst.Module, parsed: Parsed, noted: _Noted) -> int:
    """Has LibCST write the statement, and returns the lines to add to what it noted."""
    whole = range_of(pair.clause, parsed)
    state = PositionProvidingCodegenState(
        default_indent=module.default_indent,
        default_newline=parsed.newline,
        provider=noted,  # type: ignore[arg-type]
        indent_tokens=[_indentation(pair.first, parsed.lines)],
    )
    if isinstance(pair.node, cst.BaseSmallStatement):
        state.line, state.column = whole.line, whole.column - 1
        pair.node._codegen(state)
        return 0
    header = _header(pair.node)
    if _is_elif(pair.node, whole, parsed.lines):
        header._codegen(state, is_elif=True)
    else:
        header._codegen(state)
    return whole.line - noted._computed[header].start.line


def _indentation(first: Clause | None, lines: list[str]) -> str:
    return "" if first is None else lines[first.lineno - 1][: first.col_offset]


def _is_elif(node: cst.CSTNode, whole: Range, lines: list[str]) -> bool:
    return isinstance(node, cst.If) and lines[whole.line - 1].startswith("elif", whole.column - 1)


def _header(node: cst.CSTNode) -> cst.CSTNode:
    """The statement with the same parts and next to nothing in its blocks; a ``match`` as it is, for its cases."""
    if isinstance(node, cst.Match):
        return node
    empty: dict[str, Any] = {"orelse": None, "finalbody": None, "handlers": ()}
    present = {name: value for name, value in empty.items() if hasattr(node, name)}
    return node.with_changes(body=cst.SimpleStatementSuite([cst.Pass()]), **present)


# --- both trees side by side ---------------------------------------------------------------------


class Pair(NamedTuple):
    """The same statement in LibCST and in ``ast``; statements joined by semicolons are one pair each.

    ``first``: the first statement of the indented block that it is in, whose indentation it has; None at the top.
    """

    node: cst.CSTNode
    clause: Clause
    first: Clause | None


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
