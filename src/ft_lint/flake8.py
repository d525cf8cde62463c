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

    def __init__(self, tree: ast.AST, filename: str, lines: Sequence[str]) -> None:
        """Parameters by the names that flake8 knows: the parsed file, its name and its lines."""
        self._tree = tree
        self._filename = filename
        self._text = "".join(lines)

    @classmethod
    def add_options(cls, manager: Any) -> None:
        """Tells flake8 of the options for versions of libraries and for rules of other packages."""
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

    @classmethod
    def parse_options(cls, options: argparse.Namespace) -> None:
        """Takes from flake8's options which advice is asked for, for which versions of libraries, and whose rules."""
        cls._wanted = (*(options.select or ()), *(options.extend_select or ()))
        cls._chosen = _chosen(options.tun_target_versions) if options.tun_target_versions else ()
        cls._plugins = _loaded(tuple(options.tun_plugins)) if options.tun_plugins else ()

    def run(self) -> Iterator[tuple[int, int, str, type[Any]]]:
        """Line (from 1), column (from 0) and text of each finding, as flake8 wants them."""
        if not imports_framework(self._text):
            return
        from ft_lint.lint import lint_source
        from ft_lint.registry import Selection
        from ft_lint.source.requirements import versions_of

        selection = Selection(chosen=self._wanted, packages=self._plugins)
        versions = versions_of(Path(self._filename), self._chosen)
        result = lint_source(
            self._text,
            self._filename,
            tree=self._tree,
            selection=selection,
            noqa=False,
            versions=versions,
            fixes=False,
        )
        for problem in result.problems:
            yield self._problem(problem)
        for finding in result.findings:
            yield finding.line, finding.column - 1, f"{finding.code} {finding.message}", type(self)

    def _problem(self, problem: Problem) -> tuple[int, int, str, type[Any]]:
        return problem.line or 1, max(problem.column - 1, 0), f"{INTERNAL} {problem.message}", type(self)


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
