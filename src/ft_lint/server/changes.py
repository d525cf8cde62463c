"""What changed between two texts: as edits for an editor, and as lines that are still there."""

from __future__ import annotations

import re
from collections.abc import Iterator
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
    for kind, first, last, new_first, new_last in SequenceMatcher(None, before, after).get_opcodes():
        if kind != "equal":
            yield _trimmed(starts[first], "".join(before[first:last]), "".join(after[new_first:new_last]))


def _trimmed(start: int, old: str, new: str) -> Change:
    """One edit without the letters that both texts begin and end with."""
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    return Change(start + head, start + len(old) - tail, new[head : len(new) - tail])


def _common(one: str, other: str) -> int:
    """How many letters two texts begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))


def kept_lines(old: str, new: str) -> dict[int, int]:
    """The lines (from 1) of a text that are still there in another, with their numbers there."""
    blocks = SequenceMatcher(None, lines_of(old), lines_of(new)).get_matching_blocks()
    return {one.a + offset + 1: one.b + offset + 1 for one in blocks for offset in range(one.size)}
