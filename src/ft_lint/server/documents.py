"""What the editor holds open, as programs: a script, or the cells of a notebook in their order."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ft_lint.source.notebook import Cell, Notebook, program_of, split


@dataclass(frozen=True, slots=True)
class Part:
    """A document of the editor: a script, or a cell.  ``first`` is the line of the program on which it begins."""

    uri: str
    version: int | None
    text: str
    first: int = 1


@dataclass(frozen=True, slots=True)
class Source:
    """One program.  ``original`` has the same lines as ``program``, as they were written.

    ``cells`` is the notebook, None for a script.  ``path`` says which settings count; the file need not exist.
    """

    path: Path
    parts: tuple[Part, ...]
    original: str
    program: str
    cells: Notebook | None = None

    def at(self, line: int) -> tuple[Part, int]:
        """The document of a line of the program, and the line in it, both from 1."""
        part = self.parts[max(bisect_right(self.parts, line, key=lambda one: one.first) - 1, 0)]
        return part, max(line - part.first + 1, 1)

    def part(self, uri: str) -> Part | None:
        """The document with this address."""
        return next((part for part in self.parts if part.uri == uri), None)

    def program_of(self, original: str) -> str:
        """What Python makes of a changed ``original``."""
        return original if self.cells is None else program_of(original)

    def changed(self, original: str) -> list[tuple[Part, str]]:
        """The documents that differ in a changed ``original``, with their new text."""
        if self.cells is None:
            return [(self.parts[0], original)] if original != self.original else []
        return [(self.parts[number - 1], text) for number, text in self.cells.changed(original).items()]


def script(path: Path, uri: str, version: int | None, text: str) -> Source:
    """A script as the editor holds it."""
    return Source(path, (Part(uri, version, text),), text, text)


def notebook(path: Path, cells: Iterable[tuple[str, int | None, str]]) -> Source:
    """The Python cells of a notebook: address, version and text of each."""
    given = list(cells)
    held = Notebook(tuple(Cell(number, text) for number, (_, _, text) in enumerate(given, 1)))
    original = held.original
    parts: list[Part] = []
    first = 1
    for (uri, version, text), (head, source) in zip(given, split(original), strict=True):
        parts.append(Part(uri, version, text, first + head.count("\n")))
        first = parts[-1].first + source.count("\n")
    return Source(path, tuple(parts), original, program_of(original), held)
