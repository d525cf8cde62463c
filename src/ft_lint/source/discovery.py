"""Paths on the command line to the files to check."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path

from ft_lint.source.problem import Fault, Problem

EXCLUDED = (
    ".*",
    "__pycache__",
    "__pypackages__",
    "build",
    "dist",
    "node_modules",
    "site-packages",
    "venv",
    "*.egg-info",
)
"""Folders that are not entered; a path that is named outright always is."""


SUFFIXES = (".py", ".ipynb")
"""What is looked for in folders."""


def _none(_: Path) -> bool:
    return False


def discover(paths: Iterable[Path], left_out: Callable[[Path], bool] = _none) -> Iterator[Path | Problem]:
    """Each file named and each script and notebook below each folder named, once, in a stable order.

    Folders that are ``left_out`` are not entered, unless they are named.
    """
    seen: set[Path] = set()
    for path in paths:
        for found in _expand(path, left_out):
            if isinstance(found, Problem) or found not in seen:
                yield found
            if isinstance(found, Path):
                seen.add(found)


def _expand(path: Path, left_out: Callable[[Path], bool]) -> Iterator[Path | Problem]:
    if path.is_dir():
        yield from _below(path, left_out)
    elif path.exists():
        yield path
    else:
        yield Problem(str(path), "no such file or directory", Fault.USE)


def _below(folder: Path, left_out: Callable[[Path], bool]) -> Iterator[Path | Problem]:
    """Links to folders are not followed, so that circles end; links to files are.  Pipes and sockets are left out."""
    refused: list[OSError] = []
    for root, folders, files in os.walk(folder, onerror=refused.append):
        entered = (name for name in folders if not any(fnmatch(name, pattern) for pattern in EXCLUDED))
        folders[:] = sorted(name for name in entered if not left_out(Path(root, name)))
        for name in sorted(files):
            path = Path(root, name)
            if name.endswith(SUFFIXES) and path.is_file():
                yield path
    for error in refused:
        yield Problem(str(error.filename), error.strerror or str(error), Fault.USE)
