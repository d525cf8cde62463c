"""``# noqa`` comments, with flake8's meaning.

``# noqa`` silences its line, ``# noqa: TUN201,TUN5`` the codes that begin so, ``# flake8: noqa`` on a line of its own
the whole file.  Where a string or a backslash carries on over several lines, the comment after it counts for them all.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

_INLINE = re.compile(r"# noqa(?::[\s]?(?P<codes>([A-Z]+[0-9]+(?:[,\s]+)?)+))?", re.IGNORECASE)
_FILE = re.compile(r"\s*# flake8[:=]\s*noqa", re.IGNORECASE)
_SEPARATOR = re.compile(r"[,\s]+")


@dataclass(frozen=True, slots=True)
class Suppressions:
    """What a file's comments silence: everything, or on each line the codes with these prefixes."""

    everywhere: bool
    by_line: dict[int, tuple[str, ...]]

    def silences(self, code: str, line: int) -> bool:
        """Whether a finding with this code on this line (from 1) is not wanted."""
        return self.everywhere or code.startswith(self.by_line.get(line, ()))


def suppressions(text: str) -> Suppressions:
    """What the comments of a file silence; the text must be Python."""
    if "noqa" not in text.lower():
        return Suppressions(False, {})
    lines = io.StringIO(text, newline=None).readlines()
    return Suppressions(any(map(_FILE.match, lines)), dict(_by_line(lines)))


def _by_line(lines: list[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
    for span in _spans(lines):
        comment = _INLINE.search("".join(lines[span.start - 1 : span.stop - 1]))
        if comment is not None:
            yield from ((line, _prefixes(comment["codes"])) for line in span)


def _spans(lines: list[str]) -> Iterator[range]:
    """Lines that belong together: one by one, but for strings and backslashes that carry on."""
    first = 1
    for token in tokenize.generate_tokens(iter(lines).__next__):
        if token.type in (tokenize.NEWLINE, tokenize.NL):
            yield range(first, token.end[0] + 1 if token.end[1] else token.end[0])
            first = token.start[0] + 1


def _prefixes(codes: str | None) -> tuple[str, ...]:
    """The codes of one comment; without any it means all, and ``""`` begins every code."""
    return tuple(code for code in _SEPARATOR.split(codes.upper()) if code) if codes else ("",)
