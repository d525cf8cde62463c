"""What a fixture says of itself, in comments at the ends of its lines.

==============================  ===================  =======================
``# TUN201: layer="model.fc"``  a finding, here      the claim holds here
``# ok TUN201``                 no finding           the claim does not hold
``# missed TUN201``             no finding, as yet   the claim holds here
==============================  ===================  =======================

Several may stand on one line.  A comment that looks like a marker and is none is an error.
"""

from __future__ import annotations

import ast
import enum
import io
import re
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

CODE = re.compile(r"TUN\d{3}")
FINDING = re.compile(r"(TUN\d{3})(?::\s*(.*))?")
SILENT = re.compile(r"(ok|missed)\s+(TUN\d{3})")


class Expected(enum.Enum):
    """What a marker expects."""

    FINDING = "finding"
    OK = "ok"
    MISSED = "missed"

    @property
    def harm(self) -> bool:
        """Whether the claim is expected to hold."""
        return self is not Expected.OK


@dataclass(frozen=True)
class Marker:
    """One marker: at a line, what is expected of the rule ``code``, and the values its finding must bear."""

    line: int
    code: str
    expected: Expected
    values: Mapping[str, object] = field(default_factory=dict)


class MarkerError(ValueError):
    """A malformed marker; the message begins with file and line."""


def read_markers(path: Path) -> tuple[Marker, ...]:
    """All markers of a fixture, in order."""
    return tuple(markers_in(path.read_text(encoding="utf-8"), str(path)))


def markers_in(source: str, name: str) -> Iterator[Marker]:
    """The markers in a source text; ``name`` is for messages."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and CODE.search(token.string):
            line = token.start[0]
            for part in _parts(token.string):
                yield _marker(part, line, f"{name}:{line}")


def _parts(comment: str) -> list[str]:
    """The parts of a comment that stand behind a ``#`` of their own, outside quotes."""
    pieces = re.findall(r"#((?:\"[^\"]*\"|'[^']*'|[^#])*)", comment)
    return [piece.strip() for piece in pieces]


def _marker(text: str, line: int, where: str) -> Marker:
    if silent := SILENT.fullmatch(text):
        return Marker(line, silent[2], Expected(silent[1]))
    if finding := FINDING.fullmatch(text):
        return Marker(line, finding[1], Expected.FINDING, _values(finding[2] or "", where))
    raise MarkerError(f'{where}: no marker: "{text}" (write "CODE: name=value", "ok CODE" or "missed CODE")')


def _values(text: str, where: str) -> dict[str, object]:
    """Keyword arguments with literal values."""
    try:
        call = ast.parse(f"marker({text})", mode="eval").body
        if not isinstance(call, ast.Call) or call.args or not all(keyword.arg for keyword in call.keywords):
            raise ValueError("values need names")
        return {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords}
    except (SyntaxError, ValueError) as error:
        raise MarkerError(f"{where}: values of the marker are no literals: {text} ({error})") from error
