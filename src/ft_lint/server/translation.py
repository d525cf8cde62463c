"""Places, findings and changes in the words of the protocol.

Lines and characters count from 0 there, and characters are units of the encoding that client and server agreed on.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate, groupby

from lsprotocol import types
from pygls.workspace import PositionCodec

from ft_lint.rule import Finding, Level
from ft_lint.server.changes import changes, lines_of
from ft_lint.server.documents import Part, Source
from ft_lint.server.hover import hint
from ft_lint.server.knowledge import Found, Inferred

NAME = "ft_lint"
_SEVERITIES = {
    Level.ERROR: types.DiagnosticSeverity.Error,
    Level.WARNING: types.DiagnosticSeverity.Warning,
    Level.ADVICE: types.DiagnosticSeverity.Hint,
}


def _line(part: Part, line: int) -> str:
    """A line (from 1) without its end; nothing beyond the last."""
    lines = lines_of(part.text)
    return lines[line - 1].rstrip("\r\n") if line <= len(lines) else ""


def position(part: Part, line: int, column: int, codec: PositionCodec) -> types.Position:
    """The position of a line and column (both from 1) in a document."""
    return types.Position(line - 1, codec.client_num_units(_line(part, line)[: column - 1]))


def column_of(part: Part, at: types.Position, codec: PositionCodec) -> int:
    """The letter (from 0) of its line at which a position stands."""
    text = _line(part, at.line + 1)
    units = list(accumulate((codec.client_num_units(letter) for letter in text), initial=0))
    return min(bisect_right(units, at.character) - 1, len(text))


def place(source: Source, finding: Finding, codec: PositionCodec) -> tuple[Part, types.Range]:
    """Where a finding stands: the document, and the range in it."""
    part, line = source.at(finding.line)
    start = position(part, line, finding.column, codec)
    return part, types.Range(start, position(part, line + finding.end_line - finding.line, finding.end_column, codec))


def touches(one: types.Range, other: types.Range) -> bool:
    """Whether two ranges have a place in common, be it their ends."""
    return not (_pair(one.end) < _pair(other.start) or _pair(other.end) < _pair(one.start))


def _pair(at: types.Position) -> tuple[int, int]:
    return at.line, at.character


def diagnostics(found: Found, codec: PositionCodec) -> dict[str, list[types.Diagnostic]]:
    """The findings by document; each document is there, also one without any."""
    by_uri: dict[str, list[types.Diagnostic]] = {part.uri: [] for part in found.source.parts}
    for finding in found.findings:
        part, span = place(found.source, finding, codec)
        by_uri[part.uri].append(diagnostic(finding, span))
    return by_uri


def diagnostic(finding: Finding, span: types.Range) -> types.Diagnostic:
    """A finding as an editor shows it."""
    return types.Diagnostic(
        span,
        finding.message,
        severity=_SEVERITIES[finding.level],
        code=finding.code,
        source=NAME,
        tags=_tags(finding.name) or None,
    )


def _tags(name: str) -> list[types.DiagnosticTag]:
    """Editors strike through what a library gives up, and fade what does nothing."""
    match name.partition("-")[0]:
        case "deprecated" | "removed":
            return [types.DiagnosticTag.Deprecated]
        case "unused" if name == "unused-noqa":
            return [types.DiagnosticTag.Unnecessary]
    return []


def workspace_edit(source: Source, original: str, codec: PositionCodec, versioned: bool) -> types.WorkspaceEdit:
    """What makes the editor's documents those of a changed original; ``versioned`` where the editor knows versions."""
    edits = [(part, list(_text_edits(part, text, codec))) for part, text in source.changed(original)]
    if not versioned:
        return types.WorkspaceEdit(changes={part.uri: texts for part, texts in edits})
    identifiers = types.OptionalVersionedTextDocumentIdentifier
    return types.WorkspaceEdit(
        document_changes=[types.TextDocumentEdit(identifiers(part.uri, part.version), texts) for part, texts in edits]
    )


def _text_edits(part: Part, new: str, codec: PositionCodec) -> Iterator[types.TextEdit]:
    lines = lines_of(part.text)
    ended = not lines or lines[-1].endswith(("\r", "\n"))
    starts = [0, *accumulate(map(len, lines if ended else lines[:-1]))]

    def at(offset: int) -> types.Position:
        line = bisect_right(starts, offset) - 1
        return types.Position(line, codec.client_num_units(part.text[starts[line] : offset]))

    for change in changes(part.text, new):
        yield types.TextEdit(types.Range(at(change.start), at(change.end)), change.new)


def hints(inferred: Inferred, uri: str, within: types.Range, codec: PositionCodec) -> Iterator[types.InlayHint]:
    """The shapes that a document's lines give to names, behind the names; of what is returned, behind the line."""
    for (line, name), rows in groupby(inferred.rows, lambda row: (row.line, row.name)):
        part, number = inferred.source.at(line)
        label = hint(list(rows))
        if part.uri == uri and label is not None and within.start.line < number <= within.end.line + 1:
            yield from _hint(part, number, name, label, codec)


def _hint(part: Part, line: int, name: str, label: str, codec: PositionCodec) -> Iterable[types.InlayHint]:
    text = _line(part, line)
    if name == "return":
        at, label = len(text.rstrip()), f" {label}"
    elif (target := re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", text)) is not None:
        at, label = target.end(), f": {label}"
    else:
        return ()
    return (types.InlayHint(position(part, line, at + 1, codec), label, types.InlayHintKind.Type),)
