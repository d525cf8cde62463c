"""Paths on the command line to the files to check."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
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


def discover(paths: Iterable[Path]) -> Iterator[Path | Problem]:
    """Each file named and each ``*.py`` below each folder named, once, in a stable order."""
    seen: set[Path] = set()
    for path in paths:
        for found in _expand(path):
            if isinstance(found, Problem) or found not in seen:
                yield found
            if isinstance(found, Path):
                seen.add(found)


def _expand(path: Path) -> Iterator[Path | Problem]:
    if path.is_dir():
        yield from _below(path)
    elif path.exists():
        yield path
    else:
        yield Problem(str(path), "no such file or directory", Fault.USE)


def _below(folder: Path) -> Iterator[Path | Problem]:
    """Links to folders are not followed, so that circles end; links to files are.  Pipes and sockets are left out."""
    refused: list[OSError] = []
    for root, folders, files in os.walk(folder, onerror=refused.append):
        folders[:] = sorted(name for name in folders if not any(fnmatch(name, pattern) for pattern in EXCLUDED))
        for name in sorted(files):
            path = Path(root, name)
            if name.endswith(".py") and path.is_file():
                yield path
    for error in refused:
        yield Problem(str(error.filename), error.strerror or str(error), Fault.USE)
