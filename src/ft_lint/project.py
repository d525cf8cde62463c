"""Many files: which are checked, each with the settings of its own project, by one process or several."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from ft_lint import cache, cachedir
from ft_lint.config import Config, load, nearest
from ft_lint.lint import Result, lint_bytes, lint_source
from ft_lint.source import siblings
from ft_lint.source.discovery import discover
from ft_lint.source.problem import Fault, Problem
from ft_lint.source.requirements import Versions, versions_of
from ft_lint.source.text import read

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

    from ft_lint.registry import Selection
    from ft_lint.rule import Finding
    from ft_lint.silence import Silences

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
        return _over(self.given, _loaded(self.file) if self.file is not None else nearest(path))


@functools.lru_cache(maxsize=256)
def _over(given: Config, base: Config) -> Config:
    return given.over(base)


@functools.lru_cache(maxsize=8)
def _loaded(file: Path) -> Config:
    return load(file)


def selection_of(config: Config, path: Path) -> Selection:
    """Which rules and findings are wanted in one file.  Raises UnknownSelector."""
    ignored = config.ignored_in(path) if config.per_file_ignores else ()
    return _selection(
        config.select, (*config.ignore, *ignored), config.extend_select, config.plugins, config.unused_noqa
    )


@functools.lru_cache(maxsize=256)
def _selection(
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    extend_select: tuple[str, ...],
    plugins: tuple[str, ...],
    unused_noqa: bool,
) -> Selection:
    from ft_lint.registry import selected

    return replace(selected(select, ignore, extend_select, plugins), unused_noqa=unused_noqa)


def files(paths: Sequence[Path], settings: Settings) -> Iterator[Path | Problem]:
    """The files that are meant, without what the settings exclude.

    A file that is named outright is always meant, unless the settings ``exclude_named``.
    """
    named = set() if settings.exclude_named else {path for path in paths if path.is_file()}
    for found in discover((path for path in paths if path != STDIN), functools.partial(_is_left_out, settings)):
        if isinstance(found, Problem) or found in named or not _is_excluded(found, _in(settings, found.parent)):
            yield found


def _is_left_out(settings: Settings, folder: Path) -> bool:
    """Whether a folder is not entered."""
    config = settings.of(folder)
    return _is_excluded(folder, _Folder(config, _ignoring(config, folder.parent)), "/")


def _is_excluded(path: Path, around: _Folder, end: str = "") -> bool:
    """Whether settings leave out what stands in a folder; the name of a folder ends with ``/``."""
    config = around.config
    if config.exclude and config.fits(path, *config.exclude):
        return True
    return any(spec.match_file(f"{below}{path.name}{end}") for spec, below in around.ignoring)


def _ignoring(config: Config, folder: Path) -> tuple[tuple[GitIgnoreSpec, str], ...]:
    return _gitignores(folder.absolute()) if config.respect_gitignore else ()


@functools.lru_cache(maxsize=4096)
def _gitignores(folder: Path) -> tuple[tuple[GitIgnoreSpec, str], ...]:
    """The ``.gitignore`` files that speak about what stands in a folder, each with the way from there to the folder.

    Folders above a ``.git`` do not count.
    """
    found, below = [], ""
    for around in (folder, *folder.parents):
        spec = _gitignore(around)
        if spec is not None:
            found.append((spec, below))
        if _is_repository(around):
            break
        below = f"{around.name}/{below}"
    return tuple(found)


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
    return _checked(settings, path)[0]


def _checked(settings: Settings, path: Path) -> tuple[Result, cache.Mark | None]:
    """The result for one file, and how the file looked; that it cannot be read is a problem in it."""
    try:
        data, mark = cache.read(path)
    except OSError as error:
        return Result(str(path), (), (Problem(str(path), error.strerror or str(error), Fault.USE),)), None
    config = settings.of(path)
    versions = versions_of(path, config.target_versions)
    selection, around = selection_of(config, path), siblings.Siblings.of(path)
    return lint_bytes(data, str(path), selection=selection, versions=versions, siblings=around), mark


def check_stdin(settings: Settings, name: str) -> Result:
    """The result for what standard input gives, as if it stood at ``name``."""
    path = Path(name)
    selection, versions = selection_of(settings.of(path), path), _versions_for(settings, path)
    data, around = sys.stdin.buffer.read(), siblings.Siblings.of(path)
    return lint_bytes(data, name, selection=selection, versions=versions, siblings=around)


def check_text(settings: Settings, path: Path, text: str, *, follow: bool = False) -> Result:
    """The result for a text that stands at ``path``, saved or not; ``follow``: with the files that it imports."""
    selection, versions = selection_of(settings.of(path), path), _versions_for(settings, path)
    around = siblings.Siblings.of(path) if follow else None
    return lint_source(text, str(path), selection=selection, versions=versions, siblings=around)


def check(
    found: Iterable[Path | Problem], settings: Settings, jobs: int, kept: cache.Cache | None = None
) -> Iterator[Result]:
    """The results for files, in their order; ``jobs`` processes where there are many.

    ``kept``: results of earlier runs, which then also keeps those of this one.  What scripts show about files that they
    run, and about those alone that are meant, comes last.
    """
    siblings.forget()
    every = list(found)
    return together(_checked_each(every, settings, jobs, kept), every, settings)


def together(results: Iterable[Result], every: Iterable[Path | Problem], settings: Settings) -> Iterator[Result]:
    """The results, and behind them what they show about other files that are meant, as the settings there want it."""
    told: set[Place] = set()
    aside: list[Result] = []
    for result in results:
        told |= {_place(result.path, finding) for finding in result.findings}
        aside += result.elsewhere
        yield result
    meant = {os.path.realpath(path): path for path in every if isinstance(path, Path)} if aside else {}
    yield from (_selected(result, settings) for result in _merged(aside, told, meant))


def _selected(result: Result, settings: Settings) -> Result:
    """What is wanted of a result by the settings of its own file."""
    path = Path(result.path)
    selection = selection_of(settings.of(path), path)
    return replace(result, findings=tuple(filter(selection.wants, result.findings)))


Place: TypeAlias = "tuple[str, int, int, str]"
"""A finding's file, line, column and code."""


def _place(path: str, finding: Finding) -> Place:
    return os.path.realpath(path), finding.line, finding.column, finding.code


def _merged(aside: Iterable[Result], told: set[Place], meant: dict[str, Path]) -> Iterator[Result]:
    """What scripts showed about other files: one result for each file that is meant, without what was told already."""
    by_file: dict[Path, list[Finding]] = {}
    for result in aside:
        for finding in result.findings:
            place = _place(result.path, finding)
            if place not in told and place[0] in meant:
                told.add(place)
                by_file.setdefault(meant[place[0]], []).append(finding)
    for path in sorted(by_file):
        yield Result(str(path), tuple(sorted(by_file[path], key=lambda one: (one.line, one.column, one.code))))


def _checked_each(
    every: list[Path | Problem], settings: Settings, jobs: int, kept: cache.Cache | None
) -> Iterator[Result]:
    if kept is None:
        yield from (result for result, _ in _fresh(every, settings, jobs))
        return
    known = [None if isinstance(one, Problem) else kept.result(one, _settings_of(settings, one)) for one in every]
    fresh = _fresh([one for one, result in zip(every, known, strict=True) if result is None], settings, jobs)
    try:
        for one, result in zip(every, known, strict=True):
            if result is not None:
                yield result
                continue
            new, mark = next(fresh)
            if isinstance(one, Path) and mark is not None:
                kept.keep(one, _settings_of(settings, one), mark, new)
            yield new
    finally:
        kept.write()


def silences(paths: Sequence[Path], settings: Settings, name: str) -> Iterator[Silences]:
    """Where knowledge ends in each file that is meant; ``name`` is what standard input is called."""
    from ft_lint.silence import Silences, silences_of

    if STDIN in paths:
        around = siblings.Siblings.of(Path(name))
        yield silences_of(sys.stdin.buffer.read(), name, _versions_for(settings, Path(name)), around)
    for found in files(paths, settings):
        data = found if isinstance(found, Problem) else read(found)
        if isinstance(data, Problem):
            yield Silences(data.path, (), (data,))
        elif isinstance(found, Path):
            around = siblings.Siblings.of(found)
            yield silences_of(data, str(found), _versions_for(settings, found), around)


def _versions_for(settings: Settings, path: Path) -> Versions:
    return versions_of(path, settings.of(path).target_versions)


def cache_of(config: Config) -> cache.Cache | None:
    """Where these settings keep results; None where they do not."""
    if not config.cache:
        return None
    return cache.Cache(config.root / config.cache_dir if config.cache_dir else cachedir.folder_for(Path()))


@dataclass(frozen=True, slots=True)
class _Folder:
    """What holds for every file of a folder: settings, and all but file and ft_lint that a result depends on."""

    config: Config
    ignoring: tuple[tuple[GitIgnoreSpec, str], ...]
    digest: str = ""


@functools.lru_cache(maxsize=4096)
def _in(settings: Settings, folder: Path) -> _Folder:
    """The same for all files of a folder, so that it is asked once.  Raises BadConfig."""
    config = settings.of(folder)
    versions = versions_of(folder / "_", config.target_versions)
    own = (config.plugins, config.select, config.ignore, config.extend_select, config.unused_noqa, versions)
    return _Folder(config, _ignoring(config, folder), cachedir.digest_of(own))


def _settings_of(settings: Settings, path: Path) -> str:
    """All but the file and ft_lint itself that its result depends on, in short."""
    around = _in(settings, path.parent)
    ignored = around.config.ignored_in(path) if around.config.per_file_ignores else ()
    return cachedir.digest_of((around.digest, ignored)) if ignored else around.digest


def _fresh(
    every: Sequence[Path | Problem], settings: Settings, jobs: int
) -> Iterator[tuple[Result, cache.Mark | None]]:
    """The results of checking now."""
    run = functools.partial(_one, settings)
    if jobs < 2 or len(every) < SERIAL_BELOW:
        yield from map(run, every)
        return
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(run, every, chunksize=16)


def _one(settings: Settings, found: Path | Problem) -> tuple[Result, cache.Mark | None]:
    return (Result(found.path, (), (found,)), None) if isinstance(found, Problem) else _checked(settings, found)
