"""LibCST's node for a node of ``ast``: the same code with its comments and layout, for a fix to be written.

Of a file LibCST, which is slow, gets the lines of the innermost statement around the node alone.  Where LibCST's own
provider puts something of the same kind in the node's place, that is the twin.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import libcst as cst
from libcst._nodes.internal import CodegenState
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from ft_lint.syntax.parse import Parsed
from ft_lint.syntax.positions import Range, range_of
from ft_lint.syntax.statements import Clause, blocks_of, first_line


@dataclass(frozen=True, slots=True)
class Twin:
    """LibCST's node, and the module of the lines that it was parsed from."""

    node: cst.CSTNode
    module: cst.Module

    @property
    def bare(self) -> cst.CSTNode:
        """The node without the parentheses around it, which are not in its place either."""
        node = self.node
        return node.with_changes(lpar=(), rpar=()) if isinstance(node, cst.BaseExpression) else node

    def code_of(self, new: cst.CSTNode, indent: str) -> str:
        """What was made of the node, as LibCST writes it into a block of that indentation, without space around it."""
        tokens = [indent] if indent else []
        state = CodegenState(self.module.default_indent, self.module.default_newline, indent_tokens=tokens)
        new._codegen(state)
        return "".join(state.tokens).strip()


def twin(node: ast.AST, parsed: Parsed) -> Twin | None:
    """LibCST's node for a statement, an ``except`` clause, an expression, a keyword argument or an imported name.

    None where LibCST has none in the same place, as for a slice and for a tuple or a generator in parentheses (which
    it does not count as theirs), and where it cannot parse the lines.
    """
    around = _around(node, parsed)
    if around is None:
        return None
    before = f"if True:{parsed.newline}" if around.indent else ""
    try:
        module = cst.parse_module(before + parsed.text_of(around.first, around.last))
    except cst.ParserSyntaxError:
        return None
    shift = around.first - 1 - bool(before)
    here = range_of(node, parsed)
    noted = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
    found = (one for one, at in noted.items() if isinstance(one, _kinds(node)) and _is_at(here, one, at, shift))
    return next((Twin(one, module) for one in found), None)


def _kinds(node: ast.AST) -> tuple[type[cst.CSTNode], ...]:
    match node:
        case ast.stmt():
            return (cst.BaseSmallStatement, cst.BaseCompoundStatement)
        case ast.ExceptHandler():
            return (cst.ExceptHandler, cst.ExceptStarHandler)
        case ast.keyword():
            return (cst.Arg,)
        case ast.alias():
            return (cst.ImportAlias, cst.ImportStar)
        case ast.Starred():
            return (cst.Arg, cst.StarredElement)
        case ast.expr():
            return (cst.BaseExpression,)
    return ()


_WITH_BLOCKS = (cst.BaseCompoundStatement, cst.ExceptHandler, cst.ExceptStarHandler)
"""Where these end is a matter of layout."""


def _is_at(here: Range, node: cst.CSTNode, at: CodeRange, shift: int) -> bool:
    """Whether LibCST notes a place that many lines above."""
    there = Range(at.start.line + shift, at.start.column + 1, at.end.line + shift, at.end.column + 1)
    if isinstance(node, _WITH_BLOCKS):
        return (there.line, there.column) == (here.line, here.column)
    return there == here


# --- the lines to parse --------------------------------------------------------------------------


class Lines(NamedTuple):
    """Lines of the file, from 1, and the indentation that they have."""

    first: int
    last: int
    indent: str


def _around(node: ast.AST, parsed: Parsed) -> Lines | None:
    """The lines of the innermost statement around a node that can be parsed without what stands before and behind."""
    found: Lines | None = None
    block: Sequence[Clause] = parsed.tree.body
    line = range_of(node, parsed).line
    while (index := _index(block, node, line)) is not None:
        found = _lines(block, index, parsed) or found
        block = blocks_of(block[index])
    return found


def _index(block: Sequence[Clause], node: ast.AST, line: int) -> int | None:
    """Which statement of a block holds a node that stands on the line."""
    near = (i for i, one in enumerate(block) if first_line(one) <= line <= (one.end_lineno or line))
    return next((i for i in near if any(inner is node for inner in ast.walk(block[i]))), None)


def _lines(block: Sequence[Clause], index: int, parsed: Parsed) -> Lines | None:
    """The lines of a statement and of those that share them; None where these are not statements of their own."""
    begin = end = index
    while begin > 0 and (block[begin - 1].end_lineno or 0) >= first_line(block[begin]):
        begin -= 1
    while end + 1 < len(block) and first_line(block[end + 1]) <= (block[end].end_lineno or 0):
        end += 1
    first, last = first_line(block[begin]), block[end].end_lineno or block[end].lineno
    if getattr(block[begin], "decorator_list", ()):
        first = next(line for line in range(first, 0, -1) if parsed.lines[line - 1].lstrip().startswith("@"))
    column = range_of(block[begin], parsed).column
    before, text = parsed.lines[first - 1][: column - 1], parsed.lines[first - 1][column - 1 :]
    is_part = isinstance(block[begin], ast.ExceptHandler) or (
        isinstance(block[begin], ast.If) and text.startswith("elif")
    )
    if before.strip() or is_part:
        return None
    return Lines(first, last, before.rpartition("\f")[2])
