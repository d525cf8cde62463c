"""Where a finding or a problem stands, as people write it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ft_lint.rule import Finding
from ft_lint.source.problem import Problem

if TYPE_CHECKING:
    from ft_lint.silence import Silence


def of_finding(path: str, finding: Finding | Silence) -> str:
    """``path:line:column``, in a notebook ``path:cell 3:line:column``; a silence stands where a finding might."""
    return f"{path}:{_cell(finding.cell)}{finding.line}:{finding.column}"


def of_problem(problem: Problem) -> str:
    """The same for a problem; the path alone for one that has no place in the file."""
    if not problem.line:
        return problem.path
    return f"{problem.path}:{_cell(problem.cell)}{problem.line}:{problem.column}"


def _cell(number: int) -> str:
    return f"cell {number}:" if number else ""


def relative(path: str) -> str:
    """A path from the present folder, with slashes, where it lies below it: what code hosts expect."""
    absolute = Path(path).absolute()
    here = Path.cwd()
    return absolute.relative_to(here).as_posix() if absolute.is_relative_to(here) else Path(path).as_posix()
