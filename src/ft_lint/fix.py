"""Fixes: from the nodes that a rule names to ranges of text, and from these to the mended text.

Only the ranges change: comments, layout, encoding and line ends elsewhere stay as they are.
"""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterable, Sequence

from ft_lint.rule import Edit, Fix, Where
from ft_lint.syntax.parse import Parsed, line_starts
from ft_lint.syntax.positions import Range, range_of
from ft_lint.syntax.statements import first_line, statements


def written(fix: Fix, parsed: Parsed) -> Fix | None:
    """The same fix as plain data: ranges and texts, imports that are missing among them.

    None where LibCST has no node for what it would rewrite, and where a line would go beside a statement that shares
    its own with others.
    """
    edits = [_written(edit, edit.node, parsed) for edit in fix.edits if edit.node is not None]
    imports = (one for one in parsed.tree.body if fix.imports and isinstance(one, ast.Import | ast.ImportFrom))
    present = set(map(ast.unparse, imports))
    missing = [_import(line, parsed) for line in fix.imports if line not in present]
    whole = [edit for edit in edits if edit is not None]
    return dataclasses.replace(fix, edits=(*missing, *whole), imports=()) if len(whole) == len(edits) else None


def _written(edit: Edit, node: ast.AST, parsed: Parsed) -> Edit | None:
    at = range_of(node, parsed)
    indent = _indentation(at, parsed)
    text = _text(edit, node, indent, parsed)
    if text is None:
        return None
    before, after = _beside(at, parsed.lines)
    match edit.where:
        case Where.BEFORE | Where.AFTER if before or (after and edit.where is Where.AFTER):
            return None
        case Where.BEFORE:
            at = Range(at.line, at.column, at.line, at.column)
            text = f"{text}{parsed.newline}{indent}"
        case Where.BEHIND:
            at = Range(at.end_line, at.end_column, at.end_line, at.end_column)
        case Where.AFTER:
            end = len(parsed.lines[at.end_line - 1]) + 1
            at = Range(at.end_line, end, at.end_line, end)
            text = f"{parsed.newline}{indent}{text}"
        case Where.INSTEAD if not text:
            at, text = _removal(at, parsed.lines)
    return Edit(text, where=edit.where, **dataclasses.asdict(at))


def _text(edit: Edit, node: ast.AST, indent: str, parsed: Parsed) -> str | None:
    """The new text.  What is moved or rewritten LibCST writes, which is slow to import: most fixes are plain text."""
    if isinstance(edit.new, str):
        return edit.new
    from ft_lint.syntax.twins import twin

    here = twin(edit.new if isinstance(edit.new, ast.AST) else node, parsed)
    if here is None:
        return None
    new = here.node if isinstance(edit.new, ast.AST) else edit.new(here.bare)
    return here.code_of(new, indent) if new is not None else None


def _removal(at: Range, lines: Sequence[str]) -> tuple[Range, str]:
    """A statement alone on its lines goes with them; one that shares a line leaves ``pass``."""
    alone, last = not any(_beside(at, lines)), at.end_line == len(lines)
    return (Range(at.line, 1, at.end_line + 1, 1), "") if alone and not last else (at, "pass")


def _beside(at: Range, lines: Sequence[str]) -> tuple[bool, bool]:
    """Whether something else stands before and behind a statement on its lines; a comment does not count."""
    before, after = lines[at.line - 1][: at.column - 1], lines[at.end_line - 1][at.end_column - 1 :]
    return bool(before.strip()), bool(after.strip()) and not after.lstrip().startswith("#")


def _indentation(at: Range, parsed: Parsed) -> str:
    """The white space before the innermost statement around a place."""
    around = [s for s, _ in statements(parsed.tree) if s.lineno <= at.line <= (s.end_lineno or s.lineno)]
    line = parsed.lines[max(around, key=lambda s: s.lineno).lineno - 1] if around else ""
    return line[: len(line) - len(line.lstrip())]


def _import(line: str, parsed: Parsed) -> Edit:
    """An import goes before the first statement that is neither the docstring nor about the future."""
    for statement in parsed.tree.body:
        documents = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if not documents and not (isinstance(statement, ast.ImportFrom) and statement.module == "__future__"):
            first = first_line(statement)
            return Edit(line + parsed.newline, None, Where.BEFORE, first, 1, first, 1)
    raise ValueError("a file without statements has nothing to mend")


def mended(text: str, fixes: Iterable[Fix]) -> str:
    """The text with all fixes that do not overlap an earlier one; each is made as a whole or not at all."""
    starts = line_starts(text)
    taken: list[tuple[int, int, str]] = []
    for fix in fixes:
        wanted = [_offsets(edit, starts) for edit in fix.edits]
        new = [edit for edit in wanted if edit not in taken]
        if not any(_clash(one, other) for one in new for other in taken):
            taken += new
    for start, end, new_text in sorted(taken, reverse=True):
        text = text[:start] + new_text + text[end:]
    return text


def _offsets(edit: Edit, starts: Sequence[int]) -> tuple[int, int, str]:
    assert isinstance(edit.new, str)
    begin = starts[edit.line - 1] + edit.column - 1
    return begin, starts[edit.end_line - 1] + edit.end_column - 1, edit.new


def _clash(one: tuple[int, int, str], other: tuple[int, int, str]) -> bool:
    """Whether two edits change the same text, or put different text at the same place."""
    if one[:2] == other[:2]:
        return one[2] != other[2]
    return one[0] < other[1] and other[0] < one[1]
