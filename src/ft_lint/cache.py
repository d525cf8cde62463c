"""What was found in files that have not changed since: JSON in a folder of its own, one file for each folder checked.

An entry counts for the same bytes at the same path, the same settings, and the same ft_lint.  Whatever cannot be read
is as if it were not there, and is written anew; a cache that cannot be written costs time and nothing else.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ft_lint
from ft_lint import cachedir
from ft_lint.lint import Result
from ft_lint.plain import NotPlain, as_findings, as_plain
from ft_lint.source.siblings import Asked, Followed, Siblings
from ft_lint.source.text import MOST_READ

SETTLED = 2_000_000_000
"""A file that changed so few nanoseconds before it was read may change again without another time stamp."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How a file looked when it was read: time of change and size (0 where they prove nothing), and its content."""

    changed: int
    size: int
    content: str


@dataclass(slots=True)
class _Shelf:
    """What is known of one folder's files: name to ``[changed, size, content, settings, findings, elsewhere,
    followed]``.
    """

    file: Path
    entries: dict[str, list[Any]]
    is_new: bool = False


@dataclass(slots=True)
class Cache:
    """The results that are kept below one folder."""

    folder: Path
    _shelves: dict[Path, _Shelf] = field(default_factory=dict)

    def result(self, path: Path, settings: str) -> Result | None:
        """What was found in a file as it is now; None where that is not known."""
        entry = self._shelf(path.parent).entries.get(path.name)
        try:
            return None if entry is None else _valid(entry, path, settings)
        except (ValueError, TypeError, KeyError, OSError):
            return None

    def keep(self, path: Path, settings: str, mark: Mark, result: Result) -> None:
        """Remember a result, unless something kept the file from being checked."""
        if result.problems:
            return
        try:
            findings = as_plain(result.findings)
            elsewhere = [[other.path, as_plain(other.findings)] for other in result.elsewhere]
        except NotPlain:
            return
        followed = [[*dataclasses.astuple(one.asked), one.path, one.content] for one in result.followed]
        shelf = self._shelf(path.parent)
        shelf.entries[path.name] = [mark.changed, mark.size, mark.content, settings, findings, elsewhere, followed]
        shelf.is_new = True

    def write(self) -> None:
        """Put what is new where the next run finds it, without files that are gone."""
        for folder, shelf in self._shelves.items():
            if not shelf.is_new:
                continue
            entries = {name: entry for name, entry in shelf.entries.items() if (folder / name).exists()}
            text = json.dumps([identity(), str(folder.absolute()), entries], separators=(",", ":"))
            try:
                cachedir.make(self.folder)
                cachedir.replace(shelf.file, text)
            except OSError:
                return
            shelf.is_new = False

    def _shelf(self, folder: Path) -> _Shelf:
        shelf = self._shelves.get(folder)
        if shelf is None:
            absolute = str(folder.absolute())
            file = self.folder / f"{cachedir.digest(absolute.encode('utf-8', 'surrogateescape'))}.json"
            shelf = self._shelves[folder] = _Shelf(file, _entries(file, absolute))
        return shelf


def read(path: Path) -> tuple[bytes, Mark]:
    """A file's bytes and how it looked.  Raises OSError."""
    with path.open("rb") as stream:
        status, data = os.fstat(stream.fileno()), stream.read(MOST_READ + 1)
    settled = time.time_ns() - status.st_mtime_ns > SETTLED and status.st_size == len(data)
    return data, Mark(*((status.st_mtime_ns, status.st_size) if settled else (0, 0)), cachedir.digest(data))


def _valid(entry: list[Any], path: Path, settings: str) -> Result | None:
    changed, size, content, checked_with, findings, elsewhere, imports = entry
    if checked_with != settings:
        return None
    status = path.stat()
    if (changed, size) != (status.st_mtime_ns, status.st_size) and read(path)[1].content != content:
        return None
    followed = tuple(Followed(Asked(*asked), found, held) for *asked, found, held in imports)
    if followed and not Siblings.of(path).lead_as_before(followed):
        return None
    others = tuple(Result(other, as_findings(shown)) for other, shown in elsewhere)
    return Result(str(path), as_findings(findings), (), others, followed)


def _entries(file: Path, folder: str) -> dict[str, list[Any]]:
    """What a file of the cache holds for this folder; nothing where it is broken, or another ft_lint wrote it."""
    try:
        made_by, made_for, entries = json.loads(file.read_bytes())
    except (OSError, ValueError, TypeError, RecursionError):
        return {}
    is_ours = made_by == identity() and made_for == folder and isinstance(entries, dict)
    return entries if is_ours else {}


@functools.cache
def identity() -> str:
    """What made a result: Python, LibCST, and every module and table of ft_lint and of packages that add rules."""
    from importlib.metadata import entry_points

    hashed = hashlib.blake2b(digest_size=16)
    hashed.update(f"{ft_lint.__version__} {sys.version} {_version_of_libcst()}".encode())
    further = {entry.module.partition(".")[0] for entry in entry_points(group="ft_lint.rules")}
    for file in cachedir.makers(further):
        hashed.update(f"{file.name} {len(data := file.read_bytes())}".encode())
        hashed.update(data)
    return hashed.hexdigest()


def _version_of_libcst() -> str:
    """Read off its file, as importing it takes longer than all the rest."""
    return "".join(file.read_text() for folder in cachedir.folders("libcst") for file in folder.glob("_version.py"))
