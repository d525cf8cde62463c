"""For people: each finding with the lines that it is about, why it matters and how to mend it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

import click

from ft_lint.lint import Result
from ft_lint.registry import UnknownSelector, find
from ft_lint.report.places import of_finding
from ft_lint.rule import Finding, Level

WIDTH = 100
"""Letters in a line of a note."""
_COLOURS = {Level.ERROR: "red", Level.WARNING: "yellow", Level.ADVICE: "cyan"}


def render(results: Iterable[Result]) -> Iterator[str]:
    """The findings, file by file, a blank line between them; colours are for whoever prints to keep or to strip."""
    for result in results:
        for finding in result.findings:
            yield from _finding(result.path, finding)
            yield ""


def _finding(path: str, finding: Finding) -> Iterator[str]:
    code = click.style(finding.code, fg=_COLOURS[finding.level], bold=True)
    yield f"{code} {click.style(finding.message, bold=True)}"
    width = len(str(finding.line + max(len(finding.excerpt) - 1, 0)))
    bar = click.style("|", fg="blue")
    arrow = click.style("-->", fg="blue")
    yield f"{' ' * width}{arrow} {of_finding(path, finding)}"
    for offset, line in enumerate(finding.excerpt):
        number = click.style(f"{finding.line + offset:>{width}}", fg="blue")
        yield f"{number} {bar} {line.expandtabs(4)}".rstrip()
        if offset == 0:
            yield f"{' ' * width} {bar} {_caret(finding, line)}"
    for name, said in _notes(finding):
        first, *more = textwrap.wrap(f"{name}: {said}", WIDTH) or [name]
        yield f"{' ' * width} {click.style('=', fg='blue')} {click.style(name, bold=True)}{first[len(name) :]}"
        yield from (f"{' ' * width}   {line}" for line in more)


def _caret(finding: Finding, line: str) -> str:
    """Marks below the first line, from the finding's column to its end or the line's."""
    first = finding.column - 1
    last = finding.end_column - 1 if finding.end_line == finding.line else len(line)
    before = len(line[:first].expandtabs(4))
    marked = max(len(line[:last].expandtabs(4)) - before, 1)
    return " " * before + click.style("^" * marked, fg=_COLOURS[finding.level], bold=True)


def _notes(finding: Finding) -> Iterator[tuple[str, str]]:
    try:
        page = find(finding.code).page()
    except UnknownSelector:
        return
    yield "why", _first_paragraph(page, "Why it matters")
    yield "mend", _first_paragraph(page, "How to mend it")
    if finding.fix is not None:
        kind = finding.fix.applicability.value
        option = "--fix" if kind == "safe" else "--fix --unsafe-fixes"
        yield f"{kind} fix", f"{finding.fix.title} (`ft-lint check {option}`)"
    yield "more", f"`ft-lint explain {finding.code}`"


def _first_paragraph(page: str, heading: str) -> str:
    """The first paragraph below a heading of a rule's page, on one line."""
    below = page.partition(f"{heading}\n{'-' * len(heading)}\n")[2].partition("\n\n")[0]
    return " ".join(below.split())
