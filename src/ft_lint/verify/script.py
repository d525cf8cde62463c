"""The script under test as text: its statements, and which of its expressions are running now."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from types import CodeType, FrameType, TracebackType

from ft_lint.observe import Span


@dataclass(frozen=True)
class Script:
    """A script: ``statements`` maps each line to the first line of its innermost statement.

    ``names`` maps that first line to the dotted names that the statement's own expressions mention
    (``model.fc``), ``discarded`` holds the expression statements, ``headers`` maps the lines of each
    compound statement to those before its body.
    """

    path: str
    source: str
    statements: dict[int, int]
    names: dict[int, tuple[str, ...]]
    discarded: frozenset[int]
    headers: dict[Span, Span]
    keeping: frozenset[int] = frozenset()
    """First lines of the statements that add to a sum (``+=``) or append to a list."""

    @classmethod
    def read(cls, path: Path) -> Script:
        """Read and parse a script."""
        source = path.read_text(encoding="utf-8")
        statements: dict[int, int] = {}
        names: dict[int, tuple[str, ...]] = {}
        discarded: set[int] = set()
        keeping: set[int] = set()
        headers: dict[Span, Span] = {}
        for node in _statements(ast.parse(source, str(path))):
            last = node.end_lineno or node.lineno
            for line in range(node.lineno, last + 1):
                statements[line] = node.lineno
            body = getattr(node, "body", None)
            if body:
                headers[node.lineno, last] = node.lineno, max(node.lineno, body[0].lineno - 1)
            names[node.lineno] = tuple(dict.fromkeys(_dotted_names(node)))
            if isinstance(node, ast.Expr):
                discarded.add(node.lineno)
            if _keeps(node):
                keeping.add(node.lineno)
        return cls(str(path), source, statements, names, frozenset(discarded), headers, frozenset(keeping))

    def frames(self, frame: FrameType | None) -> Iterator[FrameType]:
        """The script's own frames on a stack, innermost first."""
        while frame is not None:
            if frame.f_code.co_filename == self.path:
                yield frame
            frame = frame.f_back

    def places(self, frame: FrameType | None) -> tuple[Span, ...]:
        """Where the script stands in each of its frames, innermost first."""
        return tuple(self._span(f.f_code, f.f_lasti, f.f_lineno) for f in self.frames(frame))

    def raised_at(self, traceback: TracebackType | None) -> tuple[Span, ...]:
        """Where the script stood in each of its frames when an exception was raised, innermost first."""
        spans = []
        while traceback is not None:
            if traceback.tb_frame.f_code.co_filename == self.path:
                spans.append(self._span(traceback.tb_frame.f_code, traceback.tb_lasti, traceback.tb_lineno))
            traceback = traceback.tb_next
        return tuple(reversed(spans))

    def naming(self, refusal: str) -> frozenset[int]:
        """Lines that write what a TypeError about arguments names: ``C.f() got an unexpected keyword argument 'k'``."""
        told = re.match(r"(?:\w+\.)*(\w+)\(\) (?:got an unexpected keyword argument '(\w+)')?", refusal)
        return frozenset(_written(ast.parse(self.source), told[1], told[2])) if told else frozenset()

    def _span(self, code: CodeType, instruction: int, line: int) -> Span:
        """The lines of a running expression; of a compound statement that is running itself, its header."""
        span = _position(code, instruction, line)
        return self.headers.get(span, span)


@cache
def _position(code: CodeType, instruction: int, line: int) -> Span:
    """First and last line of the expression that an instruction (offset in bytes) belongs to.

    Python 3.10 does not keep it: there it is the line alone.
    """
    if not hasattr(code, "co_positions"):
        return line, line
    first, last, *_ = next(islice(code.co_positions(), instruction // 2, None), (line, line))
    return first or line, last or line


def _statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """All statements, outer ones before the ones inside them."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.stmt))


def _written(tree: ast.Module, function: str, keyword: str | None) -> Iterator[int]:
    """Lines of the definitions of a function, and of a keyword in calls and as the key of a dict."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) if name == function:
                yield node.lineno
            case ast.keyword(arg=name) if keyword is not None and name == keyword:
                yield node.lineno
            case ast.Dict(keys=keys):
                yield from (k.lineno for k in keys if isinstance(k, ast.Constant) and k.value == keyword)
            case ast.Subscript(slice=ast.Constant(value=value), ctx=ast.Store()) if value == keyword:
                yield node.lineno


def _keeps(statement: ast.stmt) -> bool:
    """Whether a statement adds to a sum or appends to a list."""
    match statement:
        case ast.AugAssign(op=ast.Add()):
            return True
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="append"))):
            return True
    return False


def _dotted_names(statement: ast.stmt) -> Iterator[str]:
    """Dotted names in a statement's own expressions, not in the statements inside it."""
    pending: list[ast.AST] = [
        child for child in ast.iter_child_nodes(statement) if not isinstance(child, (ast.stmt, ast.ExceptHandler))
    ]
    while pending:
        node = pending.pop(0)
        if isinstance(node, ast.Lambda):
            continue
        if name := _dotted(node):
            yield name
        pending.extend(ast.iter_child_nodes(node))


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := _dotted(node.value)):
        return f"{before}.{node.attr}"
    return ""
