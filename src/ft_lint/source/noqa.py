"""``# noqa`` comments, with flake8's meaning.

``# noqa`` silences its line, ``# noqa: TUN201,TUN5`` the codes that begin so, ``# flake8: noqa`` on a line of its own
the whole file.  Where a string or a backslash carries on over several lines, the comment after it counts for them all.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from ft_lint.light import dataclass

if TYPE_CHECKING:
    from ft_lint.rule import Finding

_INLINE = re.compile(r"# noqa(?::[\s]?(?P<codes>([A-Z]+[0-9]+(?:[,\s]+)?)+))?", re.IGNORECASE)
_FILE = re.compile(r"\s*# flake8[:=]\s*noqa", re.IGNORECASE)
_SEPARATOR = re.compile(r"[,\s]+")


@dataclass(frozen=True, slots=True)
class Suppressions:
    """What a file's comments silence: everything, or on each line the codes with these prefixes."""

    everywhere: bool
    by_line: dict[int, tuple[str, ...]]
    written: frozenset[int] = frozenset()
    """The lines on which the comments stand."""

    def unused(self, findings: Iterable[Finding], asked: Collection[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Lines whose comment names codes of ours that silence none of the findings, with those codes.

        ``asked`` are the codes of the rules that ran: of others it is not known whether they would find anything.
        """
        found = [(one.line, one.code) for one in findings]
        for line in sorted(self.written):
            span = [other for other, codes in self.by_line.items() if codes is self.by_line[line]]
            idle = tuple(
                code
                for code in self.by_line[line]
                if any(one.startswith(code) for one in asked)
                and code.startswith("TUN")
                and not any(at in span and one.startswith(code) for at, one in found)
            )
            if idle:
                yield line, idle

    def silences(self, code: str, line: int) -> bool:
        """Whether a finding with this code on this line (from 1) is not wanted."""
        return self.everywhere or code.startswith(self.by_line.get(line, ()))


def suppressions(text: str) -> Suppressions:
    """What the comments of a file silence; the text must be Python."""
    if "noqa" not in text.lower():
        return Suppressions(False, {})
    lines = io.StringIO(text, newline=None).readlines()
    by_line: dict[int, tuple[str, ...]] = {}
    written: set[int] = set()
    for span in _spans(lines):
        before = "".join(lines[span.start - 1 : span.stop - 1])
        comment = _INLINE.search(before)
        if comment is not None:
            prefixes = _prefixes(comment["codes"])
            by_line |= dict.fromkeys(span, prefixes)
            written.add(span.start + before.count("\n", 0, comment.start()))
    return Suppressions(any(map(_FILE.match, lines)), by_line, frozenset(written))


def with_noqa(text: str, findings: Iterable[Finding]) -> str:
    """The text with a comment on the line of each finding that silences it; comments that are there are extended."""
    lines = io.StringIO(text, newline="").readlines()
    spans = {line: span for span in _spans([line.rstrip("\r\n") + "\n" for line in lines]) for line in span}
    wanted: dict[int, list[str]] = {}
    for one in findings:
        span = spans.get(one.line, range(one.line, one.line + 1))
        wanted.setdefault(span.stop - 1, []).append(one.code)
    for number, codes in wanted.items():
        line = lines[number - 1]
        body = line.rstrip("\r\n")
        lines[number - 1] = _with_codes(body, list(dict.fromkeys(codes))) + line[len(body) :]
    return "".join(lines)


def _with_codes(line: str, codes: list[str]) -> str:
    comment = _INLINE.search(line)
    if comment is None:
        return f"{line.rstrip()}  # noqa: {', '.join(codes)}"
    if not comment["codes"]:
        return line
    known = [code for code in _SEPARATOR.split(comment["codes"]) if code]
    listed = ", ".join(dict.fromkeys([*known, *codes]))
    rest = line[comment.end() :]
    return f"{line[: comment.start()]}# noqa: {listed}{' ' + rest.lstrip() if rest.strip() else ''}"


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
