"""``ft-lint check --why-silent``: where in a file knowledge ended, and why."""

from __future__ import annotations

from ft_lint.facts import Targets
from ft_lint.interpreter import interpret
from ft_lint.light import dataclass
from ft_lint.lint import NOTEBOOK, Result, in_cells
from ft_lint.source.leads import lead, may_lead
from ft_lint.source.notebook import Notebook, read_notebook
from ft_lint.source.problem import Problem
from ft_lint.source.requirements import Versions
from ft_lint.source.siblings import Siblings
from ft_lint.source.text import decode
from ft_lint.syntax.displayed import displayed
from ft_lint.syntax.parse import parse
from ft_lint.syntax.positions import range_of


@dataclass(frozen=True, slots=True)
class Silence:
    """A place of which rules cannot judge, for what it gives is not known; line, column and cell as in a finding."""

    line: int
    column: int
    why: str
    cell: int = 0


@dataclass(frozen=True, slots=True)
class Silences:
    """Those of one file, each place and reason once, in the order of lines; and what kept it from being followed."""

    path: str
    places: tuple[Silence, ...] = ()
    problems: tuple[Problem, ...] = ()


def silences_of(data: bytes, path: str, versions: Versions | None = None, siblings: Siblings | None = None) -> Silences:
    """Where knowledge ends in a source as it stands on disk; ``siblings`` are followed where they are given.

    A file without a framework has no such places: no rule looks at it.
    """
    if not may_lead(data, follow=siblings is not None):
        return Silences(path)
    if path.endswith(NOTEBOOK):
        return _in_notebook(data, path, versions or Versions(), siblings)
    text = decode(data, path)
    if isinstance(text, Problem):
        return Silences(path, (), (text,))
    return _in_source(text, path, versions or Versions(), siblings)


def _in_source(text: str, path: str, versions: Versions, siblings: Siblings | None) -> Silences:
    if not lead(text, siblings).found:
        return Silences(path)
    parsed = parse(text, path, None)
    if isinstance(parsed, Problem):
        return Silences(path, (), (parsed,))
    facts = interpret(parsed.tree, Targets(versions.for_source(text)), displayed(parsed), siblings)
    own = ((range_of(node, parsed), why) for node, why in facts.silences if id(node) in parsed.nodes)
    places = {(at.line, at.column, why) for at, why in own}
    return Silences(path, tuple(Silence(*place) for place in sorted(places)))


def _in_notebook(data: bytes, path: str, versions: Versions, siblings: Siblings | None) -> Silences:
    notebook = read_notebook(data, path)
    if isinstance(notebook, Problem):
        return Silences(path, (), (notebook,))
    found = _in_source(notebook.program, path, versions, siblings)
    problems = (*notebook.problems(path), *in_cells(Result(path, (), found.problems), notebook).problems)
    unread = {problem.cell for problem in problems}
    places = (_in_cell(silence, notebook) for silence in found.places)
    return Silences(path, tuple(silence for silence in places if silence.cell not in unread), problems)


def _in_cell(silence: Silence, notebook: Notebook) -> Silence:
    cell, line = notebook.place(silence.line)
    return Silence(line, silence.column, silence.why, cell)
