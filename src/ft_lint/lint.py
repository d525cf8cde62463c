"""One source to findings.

Everything here is pure but ``lint_file``, which reads the file: nothing is printed, and results can be pickled.
Nothing heavy is imported until a source needs a closer look.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

from ft_lint.light import dataclass, replace
from ft_lint.source.leads import lead, may_lead
from ft_lint.source.problem import Problem
from ft_lint.source.text import decode, read

if TYPE_CHECKING:
    from ft_lint.registry import Selection
    from ft_lint.rule import Finding
    from ft_lint.source.notebook import Notebook
    from ft_lint.source.requirements import Versions
    from ft_lint.source.siblings import Followed, Siblings

NOTEBOOK = ".ipynb"
"""What the path of a notebook ends in."""


@dataclass(frozen=True, slots=True)
class Result:
    """What was found in one file, in the order of its lines, and what kept it from being checked."""

    path: str
    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()
    elsewhere: tuple[Result, ...] = ()
    """What was found in other files of the project, which this one runs."""
    followed: tuple[Followed, ...] = ()
    """The imports of the project that were followed for it."""


def lint_file(path: Path, selection: Selection | None = None, versions: Versions | None = None) -> Result:
    """The result for one file; that it cannot be read is a problem in it."""
    data = read(path)
    if isinstance(data, Problem):
        return Result(str(path), (), (data,))
    return lint_bytes(data, str(path), selection=selection, versions=versions)


def lint_bytes(
    data: bytes,
    path: str,
    *,
    selection: Selection | None = None,
    versions: Versions | None = None,
    siblings: Siblings | None = None,
) -> Result:
    """The result for a source as it stands on disk; what cannot have to do with a framework is not even decoded.

    A path that ends in ``.ipynb`` is a notebook's.  ``siblings``: the files of the project that it can import, which
    are read where they are given.
    """
    if not may_lead(data, follow=siblings is not None):
        return Result(path)
    if path.endswith(NOTEBOOK):
        return _lint_notebook(data, path, selection, versions, siblings)
    text = decode(data, path)
    if isinstance(text, Problem):
        return Result(path, (), (text,))
    return lint_source(text, path, selection=selection, versions=versions, siblings=siblings)


def _lint_notebook(
    data: bytes, path: str, selection: Selection | None, versions: Versions | None, siblings: Siblings | None
) -> Result:
    from ft_lint.source.notebook import read_notebook

    notebook = read_notebook(data, path)
    if isinstance(notebook, Problem):
        return Result(path, (), (notebook,))
    program = lint_source(notebook.program, path, selection=selection, versions=versions, siblings=siblings)
    found = in_cells(program, notebook)
    return replace(found, problems=(*notebook.problems(path), *found.problems))


def in_cells(result: Result, notebook: Notebook) -> Result:
    """The result for a notebook's program, with places in its cells."""
    findings = tuple(_finding_in_cell(one, notebook) for one in result.findings)
    problems = tuple(_problem_in_cell(one, notebook) if one.line else one for one in result.problems)
    return replace(result, findings=findings, problems=problems)


def _finding_in_cell(finding: Finding, notebook: Notebook) -> Finding:
    cell, line = notebook.place(finding.line)
    return replace(finding, cell=cell, line=line, end_line=line + finding.end_line - finding.line)


def _problem_in_cell(problem: Problem, notebook: Notebook) -> Problem:
    cell, line = notebook.place(problem.line)
    return replace(problem, cell=cell, line=line)


def lint_source(
    text: str,
    path: str,
    *,
    tree: ast.AST | None = None,
    selection: Selection | None = None,
    noqa: bool = True,
    versions: Versions | None = None,
    fixes: bool = True,
    siblings: Siblings | None = None,
) -> Result:
    """The result for one source.

    ``tree``: what ``ast.parse`` made of the text, where it is at hand.  ``selection``: what is wanted; errors and
    warnings where it is not given.  ``noqa``: whether comments silence findings (flake8 sees to that itself).
    ``versions``: of other libraries, as the project or a setting has them; of one that is not there, the newest release
    that we know counts.  ``fixes``: whether findings bear their fixes, which take time to write.
    ``siblings``: the files of the project that it can import, which are read where they are given.
    """
    way = lead(text, siblings)
    if not way.found:
        return Result(path, followed=way.followed)
    from ft_lint.examine import examine

    found = examine(text, path, tree, selection, noqa=noqa, versions=versions, fixes=fixes, siblings=siblings)
    elsewhere = tuple(Result(other, findings) for other, findings in found.elsewhere)
    return Result(path, found.findings, found.problems, elsewhere, found.followed)
