"""The flake8 plugin, under the codes ``TUN``.

It imports next to nothing, for flake8 loads it in every run: a file without an import of a framework is passed
over after one search in its text.
"""

from __future__ import annotations

import argparse
import ast
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ft_lint import __version__
from ft_lint.source.relevance import imports_framework

if TYPE_CHECKING:
    from ft_lint.source.problem import Problem
    from ft_lint.source.requirements import Versions
    from ft_lint.told import Line

INTERNAL = "TUN000"
"""The code under which flake8 shows that ft_lint could not check the file."""


class Plugin:
    """What flake8 makes for each file.

    Which codes are wanted is flake8's own business, but for advice: it comes only where ``select`` or ``extend-select``
    names its code or the beginning of it.
    """

    name = "ft_lint"
    version = __version__
    _wanted: ClassVar[tuple[str, ...]] = ()
    _chosen: ClassVar[tuple[tuple[str, str], ...]] = ()
    _plugins: ClassVar[tuple[str, ...]] = ()
    _keeps: ClassVar[bool] = False
    _folder: ClassVar[Path | None] = None

    def __init__(self, tree: ast.AST, filename: str, lines: Sequence[str]) -> None:
        """Parameters by the names that flake8 knows: the parsed file, its name and its lines."""
        self._tree = tree
        self._filename = filename
        self._text = "".join(lines)

    @classmethod
    def add_options(cls, manager: Any) -> None:
        """Tells flake8 of the options for versions of libraries, for rules of other packages and for the cache."""
        manager.add_option(
            "--tun-target-versions",
            default="",
            comma_separated_list=True,
            parse_from_config=True,
            help="versions of libraries that the scripts are written for, e.g. transformers=4.46,trl=0.15; "
            "by default those of the project's requirements, else the newest known",
        )
        manager.add_option(
            "--tun-plugins",
            default="",
            comma_separated_list=True,
            parse_from_config=True,
            help="installed packages whose rules for ft_lint are loaded too; no other package is",
        )
        manager.add_option(
            "--tun-no-cache",
            action="store_true",
            default=False,
            parse_from_config=True,
            help="check files anew that have not changed since",
        )
        manager.add_option(
            "--tun-cache-dir",
            default="",
            metavar="DIR",
            parse_from_config=True,
            normalize_paths=True,
            help="where results for such files are kept, by default .ft_lint_cache beside the nearest pyproject.toml",
        )

    @classmethod
    def parse_options(cls, options: argparse.Namespace) -> None:
        """Takes from flake8's options which advice is asked for, for which versions of libraries, and whose rules."""
        cls._wanted = (*(options.select or ()), *(options.extend_select or ()))
        cls._chosen = _chosen(options.tun_target_versions) if options.tun_target_versions else ()
        cls._plugins = _loaded(tuple(options.tun_plugins)) if options.tun_plugins else ()
        cls._keeps = not options.tun_no_cache
        cls._folder = Path(options.tun_cache_dir) if options.tun_cache_dir else None

    def run(self) -> Iterator[tuple[int, int, str, type[Any]]]:
        """Line (from 1), column (from 0) and text of each finding, as flake8 wants them."""
        if not imports_framework(self._text):
            return
        for line, column, text in self._lines():
            yield line, column, text, type(self)

    def _lines(self) -> list[Line]:
        """What the file has, as it was found before where nothing has changed since."""
        from ft_lint.source.requirements import versions_of

        versions = versions_of(Path(self._filename), self._chosen)
        if not self._keeps:
            return self._examined(versions)[0]
        from ft_lint.told import Told

        told = Told.about(self._filename, (self._text, self._wanted, versions), self._plugins, self._folder)
        known = told.read()
        if known is not None:
            return known
        lines, whole = self._examined(versions)
        if whole:
            told.write(lines)
        return lines

    def _examined(self, versions: Versions) -> tuple[list[Line], bool]:
        """What the file has, and whether that is all: nothing kept it from being checked."""
        from ft_lint.lint import lint_source
        from ft_lint.registry import Selection

        selection = Selection(chosen=self._wanted, packages=self._plugins)
        result = lint_source(
            self._text,
            self._filename,
            tree=self._tree,
            selection=selection,
            noqa=False,
            versions=versions,
            fixes=False,
        )
        problems = [_as_line(problem) for problem in result.problems]
        findings = [(one.line, one.column - 1, f"{one.code} {one.message}") for one in result.findings]
        return problems + findings, not problems


def _as_line(problem: Problem) -> Line:
    return problem.line or 1, max(problem.column - 1, 0), f"{INTERNAL} {problem.message}"


def _chosen(settings: Sequence[str]) -> tuple[tuple[str, str], ...]:
    from flake8.exceptions import ExecutionError

    from ft_lint.source.requirements import chosen

    try:
        return chosen(settings)
    except ValueError as error:
        raise ExecutionError(f"--tun-target-versions: {error}") from error


def _loaded(packages: tuple[str, ...]) -> tuple[str, ...]:
    """The packages, whose rules are there."""
    from flake8.exceptions import ExecutionError

    from ft_lint.registry import UnknownSelector, rules

    try:
        rules(packages)
    except UnknownSelector as error:
        raise ExecutionError(f"--tun-plugins: {error}") from error
    return packages
