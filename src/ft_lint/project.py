"""Many files: which are checked, each with the settings of its own project, by one process or several."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ft_lint.config import Config, load, nearest
from ft_lint.lint import Result, lint_bytes, lint_file, lint_source
from ft_lint.source.discovery import discover
from ft_lint.source.problem import Problem
from ft_lint.source.requirements import Versions, versions_of

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

    from ft_lint.registry import Selection

STDIN = Path("-")
SERIAL_BELOW = 64
"""With fewer files, starting other processes costs more than it saves."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where settings come from: the command line (``given``), on top of a file that is named or of each nearest one.

    ``isolated``: no file is looked for.
    """

    given: Config = field(default_factory=Config)
    file: Path | None = None
    isolated: bool = False
    exclude_named: bool = False

    def of(self, path: Path) -> Config:
        """The settings for a file or folder.  Raises BadConfig."""
        if self.isolated:
            return self.given
        return self.given.over(_loaded(self.file) if self.file is not None else nearest(path))


@functools.lru_cache(maxsize=8)
def _loaded(file: Path) -> Config:
    return load(file)


def selection_of(config: Config, path: Path) -> Selection:
    """Which rules and findings are wanted in one file.  Raises UnknownSelector."""
    ignored = config.ignored_in(path) if config.per_file_ignores else ()
    return _selection(config.select, (*config.ignore, *ignored), config.extend_select, config.unused_noqa)


@functools.lru_cache(maxsize=256)
def _selection(
    select: tuple[str, ...], ignore: tuple[str, ...], extend_select: tuple[str, ...], unused_noqa: bool
) -> Selection:
    from ft_lint.registry import selected

    return replace(selected(select, ignore, extend_select), unused_noqa=unused_noqa)


def files(paths: Sequence[Path], settings: Settings) -> Iterator[Path | Problem]:
    """The files that are meant, without what the settings exclude.

    A file that is named outright is always meant, unless the settings ``exclude_named``.
    """
    named = set() if settings.exclude_named else {path for path in paths if path.is_file()}
    for found in discover((path for path in paths if path != STDIN), functools.partial(_is_left_out, settings)):
        if isinstance(found, Problem) or found in named or not _is_excluded(found, settings):
            yield found


def _is_left_out(settings: Settings, folder: Path) -> bool:
    """Whether a folder is not entered."""
    return _is_excluded(folder, settings)


def _is_excluded(path: Path, settings: Settings) -> bool:
    config = settings.of(path)
    if config.exclude and config.fits(path, *config.exclude):
        return True
    return config.respect_gitignore and _is_ignored(path)


def _is_ignored(path: Path) -> bool:
    """Whether the ``.gitignore`` of a folder around it means a path; folders above a ``.git`` do not count."""
    absolute = path.absolute()
    for folder in absolute.parents:
        spec = _gitignore(folder)
        if spec is not None:
            name = absolute.relative_to(folder).as_posix()
            if spec.match_file(name) or spec.match_file(f"{name}/"):
                return True
        if _is_repository(folder):
            break
    return False


@functools.lru_cache(maxsize=4096)
def _gitignore(folder: Path) -> GitIgnoreSpec | None:
    """What a folder's ``.gitignore`` means; read and parsed once for all files below it."""
    try:
        lines = (folder / ".gitignore").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(lines)


@functools.lru_cache(maxsize=4096)
def _is_repository(folder: Path) -> bool:
    return (folder / ".git").exists()


def check_file(settings: Settings, path: Path) -> Result:
    """The result for one file.  Raises BadConfig and UnknownSelector."""
    config = settings.of(path)
    return lint_file(path, selection_of(config, path), versions_of(path, config.target_versions))


def check_stdin(settings: Settings, name: str) -> Result:
    """The result for what standard input gives, as if it stood at ``name``."""
    path = Path(name)
    config = settings.of(path)
    versions = versions_of(path, config.target_versions)
    return lint_bytes(sys.stdin.buffer.read(), name, selection=selection_of(config, path), versions=versions)


def check_text(settings: Settings, path: Path, text: str) -> Result:
    """The result for a text that stands at ``path``, saved or not."""
    config = settings.of(path)
    versions: Versions = versions_of(path, config.target_versions)
    return lint_source(text, str(path), selection=selection_of(config, path), versions=versions)


def check(found: Iterable[Path | Problem], settings: Settings, jobs: int) -> Iterator[Result]:
    """The results for files, in their order; ``jobs`` processes where there are many."""
    every = list(found)
    run = functools.partial(_one, settings)
    if jobs < 2 or len(every) < SERIAL_BELOW:
        yield from map(run, every)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(run, every, chunksize=16)


def _one(settings: Settings, found: Path | Problem) -> Result:
    return Result(found.path, (), (found,)) if isinstance(found, Problem) else check_file(settings, found)
