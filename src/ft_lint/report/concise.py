"""One line for each finding: ``path:line:column: CODE message``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ft_lint.lint import Result
from ft_lint.source.problem import Problem


def render(results: Iterable[Result]) -> Iterator[str]:
    """The findings, file by file, as the files come."""
    for result in results:
        for finding in result.findings:
            yield f"{result.path}:{finding.line}:{finding.column}: {finding.code} {finding.message}"


def describe(problem: Problem) -> str:
    """The one line about what could not be checked."""
    place = f"{problem.path}:{problem.line}:{problem.column}" if problem.line else problem.path
    return f"{place}: error: {problem.message}"
