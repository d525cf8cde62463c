"""Commands that make GitHub Actions annotate the lines of a pull request.

Source: "Workflow commands for GitHub Actions", sections on ``error``, ``warning`` and ``notice``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ft_lint.lint import Result
from ft_lint.report.places import of_finding, relative
from ft_lint.rule import Level

_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.ADVICE: "notice"}


def render(results: Iterable[Result]) -> Iterator[str]:
    """A command for each finding, and for each file that could not be checked."""
    for result in results:
        path = relative(result.path)
        for one in result.findings:
            title = f"ft_lint ({one.code} {one.name})"
            lines, columns = f"line={one.line},endLine={one.end_line}", f"col={one.column},endColumn={one.end_column}"
            place = f"file={_value(path)},{lines},{columns}"
            said = f"{of_finding(path, one)}: {one.code} {one.message}"
            yield f"::{_COMMANDS[one.level]} title={_value(title)},{place}::{_text(said)}"
        for problem in result.problems:
            said = f"{path}:{max(problem.line, 1)}: {problem.message}"
            yield f"::error title=ft_lint,file={_value(path)},line={max(problem.line, 1)}::{_text(said)}"


def _text(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _value(value: str) -> str:
    return _text(value).replace(":", "%3A").replace(",", "%2C")
