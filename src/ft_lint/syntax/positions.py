"""Where nodes stand in the text, worked out only for the nodes that are asked for.

LibCST keeps no positions; its own provider writes the whole module anew to find them.  Here the two trees are
walked side by side to find the statement around each wanted node, ``ast`` says where that statement begins, and LibCST
writes that statement alone (a compound statement without its blocks), noting positions as its provider does.
"""

from __future__ import annotations

import dataclasses
import functools
import operator
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import libcst as cst
from libcst.metadata import CodeRange
from libcst.metadata.position_provider import PositionProvidingCodegenState

from ft_lint.syntax.parse import Parsed
from ft_lint.syntax.statements import Clause, Pair, pairs

_LINE_END = re.compile(r"\r\n?|\n")
_ELSEWHERE = (
    *(cst.BaseSuite, cst.BaseStatement, cst.Else, cst.Finally, cst.ExceptHandler, cst.ExceptStarHandler),
    *(cst.BaseParenthesizableWhitespace, cst.TrailingWhitespace, cst.EmptyLine),
)
"""Nodes that hold statements, which are looked through on their own, or nothing at all."""
_LAYOUT = frozenset(
    {"lpar", "rpar", "lbracket", "rbracket", "lbrace", "rbrace", "leading_lines", "lines_after_decorators"}
    | {"comma", "colon", "semicolon", "equal", "dot", "footer", "header", "indent", "newline", "comment", "star"}
    | {"trailing_whitespace"}
)
"""Fields that hold only layout; so do those whose names begin with ``whitespace``."""


@dataclass(frozen=True, slots=True)
class Range:
    """A stretch of text; lines and columns (in characters) count from 1, the end is the first character after it."""

    line: int
    column: int
    end_line: int
    end_column: int


def positions(parsed: Parsed, wanted: Iterable[cst.CSTNode]) -> dict[cst.CSTNode, Range]:
    """The range of each wanted node of ``parsed.module``.

    Statements, and expressions and other parts of statements, are found; clauses that are only layout (``else:``, an
    indented block, whitespace) are not in the answer.
    """
    missing = set(wanted)
    found: dict[cst.CSTNode, Range] = {}
    if not missing:
        return found
    lines = _LINE_END.split(parsed.text)
    for pair in pairs(parsed.module, parsed.tree):
        if not missing:
            break
        here = _held(pair.node, missing)
        if here:
            found.update(_locate(pair, here, lines, parsed.module))
            missing -= here
    return found


def _held(statement: cst.CSTNode, wanted: set[cst.CSTNode]) -> set[cst.CSTNode]:
    """Which of the wanted nodes are the statement or in it, and not in a statement of its own."""
    here = {statement} & wanted
    stack: list[Any] = [statement]
    while stack:
        node = stack.pop()
        for value in _reader(node.__class__)(node):
            for part in value if isinstance(value, tuple | list) else (value,):
                if _is_inside(part.__class__):
                    stack.append(part)
                    if part in wanted:
                        here.add(part)
    return here


@functools.cache
def _is_inside(kind: type) -> bool:
    return issubclass(kind, cst.CSTNode) and not issubclass(kind, _ELSEWHERE)


@functools.cache
def _reader(kind: type) -> Callable[[cst.CSTNode], tuple[Any, ...]]:
    """Reads the fields of such a node that can hold more than layout."""
    names = [f.name for f in dataclasses.fields(kind) if f.name not in _LAYOUT and not f.name.startswith("whitespace")]
    # from two names on it gives a tuple, and some nodes have no such fields at all
    return operator.attrgetter("__class__", "__class__", *names)


@dataclass
class _Noted:
    """Stands in for LibCST's provider: its codegen state writes the positions here."""

    _computed: dict[cst.CSTNode, CodeRange] = field(default_factory=dict)


def _locate(
    pair: Pair, wanted: set[cst.CSTNode], lines: list[str], module: cst.Module
) -> Iterator[tuple[cst.CSTNode, Range]]:
    whole = _range(pair.clause, lines)
    if pair.node in wanted:
        yield pair.node, whole
    parts = wanted - {pair.node}
    if not parts:
        return
    noted = _Noted()
    shift = _write(pair, whole, lines, module, noted)
    for part in parts:
        at = noted._computed[part]
        yield part, Range(at.start.line + shift, at.start.column + 1, at.end.line + shift, at.end.column + 1)


def _write(pair: Pair, whole: Range, lines: list[str], module: cst.Module, noted: _Noted) -> int:
    """Has LibCST write the statement, and returns the lines to add to what it noted."""
    state = PositionProvidingCodegenState(
        default_indent=module.default_indent,
        default_newline=module.default_newline,
        provider=noted,  # type: ignore[arg-type]
        indent_tokens=[_indentation(pair.first, lines)],
    )
    if isinstance(pair.node, cst.BaseSmallStatement):
        state.line, state.column = whole.line, whole.column - 1
        pair.node._codegen(state)
        return 0
    header = _header(pair.node)
    if _is_elif(pair.node, whole, lines):
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


def _range(clause: Clause, lines: list[str]) -> Range:
    """Where ``ast`` saw the statement.  It counts columns in bytes of UTF-8."""
    last = clause.end_lineno or clause.lineno
    return Range(
        clause.lineno,
        _characters(lines[clause.lineno - 1], clause.col_offset) + 1,
        last,
        _characters(lines[last - 1], clause.end_col_offset or 0) + 1,
    )


def _characters(line: str, offset: int) -> int:
    return offset if line.isascii() else len(line.encode()[:offset].decode())
