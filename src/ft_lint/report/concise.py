"""One line for each finding: ``path:line:column: CODE message``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ft_lint.lint import Result
from ft_lint.report.places import of_finding, of_problem
from ft_lint.source.problem import Problem


def render(results: Iterable[Result]) -> Iterator[str]:
    """The findings, file by file, as the files come."""
    for result in results:
        for finding in result.findings:
            yield f"{of_finding(result.path, finding)}: {finding.code} {finding.message}"


def describe(problem: Problem) -> str:
    """The one line about what could not be checked."""
    return f"{of_problem(problem)}: error: {problem.message}"
