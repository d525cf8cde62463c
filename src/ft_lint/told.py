"""What flake8 was told about files that have not changed since: a file for each source in the cache's folder.

flake8 asks for one file at a time, in several processes and never says that it is done, so each answer is a file of its
own.  Whatever cannot be read is as if it were not there; what cannot be written costs time and nothing else.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from ft_lint import __version__, cachedir
from ft_lint.light import dataclass

FOLDER = "flake8"
DIGITS = 4
"""Of a source's hashed path, which name its file: 65,536 files are the most, whatever paths flake8 is given; where two
sources share one, the later has it."""
Line = tuple[int, int, str]
"""Line (from 1), column (from 0) and text of one finding."""


@dataclass(frozen=True, slots=True)
class Told:
    """The answer about one source: the file that holds it, and what it must be for."""

    file: Path
    asked: str

    @staticmethod
    def about(filename: str, question: object, packages: tuple[str, ...], folder: Path | None) -> Told:
        """``question``: the text and all that the answer hangs on besides ft_lint and ``packages``.

        ``folder``: where answers are kept, by default with those of ``ft-lint check``.
        """
        kept = (folder or cachedir.folder_for(Path())) / FOLDER
        path = str(Path(filename).absolute()).encode("utf-8", "surrogateescape")
        name = cachedir.digest(path)[:DIGITS]
        return Told(kept / f"{name}.json", cachedir.digest_of((__version__, _makers(packages), question)))

    def read(self) -> list[Line] | None:
        """What was found; None where that is not known."""
        try:
            asked, lines = json.loads(self.file.read_bytes())
            answer = [(int(line), int(column), str(text)) for line, column, text in lines]
        except (OSError, ValueError, TypeError, OverflowError, RecursionError):
            return None
        return answer if asked == self.asked else None

    def write(self, lines: list[Line]) -> None:
        """Remember what was found."""
        try:
            cachedir.make(self.file.parent.parent)
            self.file.parent.mkdir(exist_ok=True)
            cachedir.replace(self.file, json.dumps([self.asked, lines], separators=(",", ":")))
        except OSError:
            return


@functools.lru_cache(maxsize=8)
def _makers(packages: tuple[str, ...]) -> str:
    """What makes an answer: Python, and every module and table by its time stamp, for reading them takes long."""
    return cachedir.digest_of((sys.version, tuple(_stamps(packages))))


def _stamps(packages: tuple[str, ...]) -> Iterator[tuple[str, int, int]]:
    for file in cachedir.makers(packages):
        status = file.stat()
        yield str(file), status.st_size, status.st_mtime_ns
