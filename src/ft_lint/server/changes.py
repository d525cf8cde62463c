"""What changed between two texts: as edits for an editor, and as lines that are still there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate

_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")


@dataclass(frozen=True, slots=True)
class Change:
    """New text for the letters from ``start`` up to ``end``, which count from 0 in the old text."""

    start: int
    end: int
    new: str


def lines_of(text: str) -> list[str]:
    """The lines as Python and the protocol count them, each with its end; a form feed ends none."""
    return _LINE.findall(text)


def changes(old: str, new: str) -> Iterator[Change]:
    """The edits that make one text of another, each as short as it can be, in order."""
    before, after = lines_of(old), lines_of(new)
    starts = [0, *accumulate(map(len, before))]
    first = new_first = 0
    for last, new_last, size in _same(before, after):
        if (first, new_first) != (last, new_last):
            yield _trimmed(starts[first], "".join(before[first:last]), "".join(after[new_first:new_last]))
        first, new_first = last + size, new_last + size


def kept_lines(old: str, new: str) -> dict[int, int]:
    """The lines (from 1) of a text that are still there in another, with their numbers there."""
    blocks = _same(lines_of(old), lines_of(new))
    return {a + offset + 1: b + offset + 1 for a, b, size in blocks for offset in range(size)}


def _same(before: list[str], after: list[str]) -> Iterator[tuple[int, int, int]]:
    """Where lines are alike: their places before and after, and how many; the last run ends both.

    What both begin and end with is set aside first: of what is typed, little is left to compare.
    """
    head = _common(before, after)
    tail = _common(before[head:][::-1], after[head:][::-1])
    end, new_end = len(before) - tail, len(after) - tail
    yield 0, 0, head
    for block in SequenceMatcher(None, before[head:end], after[head:new_end]).get_matching_blocks()[:-1]:
        yield head + block.a, head + block.b, block.size
    yield end, new_end, tail


def _trimmed(start: int, old: str, new: str) -> Change:
    """One edit without the letters that both texts begin and end with."""
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    return Change(start + head, start + len(old) - tail, new[head : len(new) - tail])


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many letters, or lines, two texts begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))
