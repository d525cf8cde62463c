"""What is known of a program while it is being typed: findings and shapes, of a broken text those of before.

Pure but for reading the settings of the project; nothing of the protocol.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ft_lint import baseline, config, project
from ft_lint.baseline import BadBaseline
from ft_lint.config import BadConfig
from ft_lint.lint import Result
from ft_lint.registry import UnknownSelector
from ft_lint.repair import passes
from ft_lint.rule import Finding
from ft_lint.server.changes import kept_lines
from ft_lint.server.documents import Source
from ft_lint.shapes import Mention, Model, Row, shapes_and_mentions
from ft_lint.source import requirements
from ft_lint.source.problem import Fault
from ft_lint.source.relevance import imports_framework

SETTINGS = project.Settings()


@dataclass(frozen=True, slots=True)
class Found:
    """The findings in a program, in its lines.

    ``broken``: it cannot be read now, and these are findings of ``good``, the last text that could, on the lines that
    are still there.  ``notes``: what the user should know of, such as a faulty configuration.
    """

    source: Source
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    good: Found | None = None

    @property
    def broken(self) -> bool:
        """Whether the text cannot be read as it is."""
        return self.good is not None


def find(source: Source, before: Found | None) -> Found:
    """What is found now; ``before`` is what was found in an earlier text."""
    config.forget()
    requirements.forget()
    try:
        result = _lint(source, source.program)
    except (BadConfig, UnknownSelector, BadBaseline) as error:
        return Found(source, (), (str(error),))
    notes = tuple(one.message for one in result.problems if one.fault is Fault.INTERNAL)
    if not any(one.fault is Fault.INPUT for one in result.problems):
        return Found(source, result.findings, notes)
    good = (before.good or before) if before is not None else Found(source)
    return Found(source, tuple(_carried(good, source)), notes, good)


def _lint(source: Source, program: str) -> Result:
    """Raises BadConfig, UnknownSelector and BadBaseline."""
    settings = SETTINGS.of(source.path)
    if settings.exclude and settings.fits(source.path, *settings.exclude):
        return Result(str(source.path))
    result = project.check_text(SETTINGS, source.path, program)
    if not settings.baseline:
        return result
    file = settings.root / settings.baseline
    return baseline.without(result, baseline.read(file), file.parent)


def _carried(good: Found, source: Source) -> Iterator[Finding]:
    """The findings whose lines are still there; what would mend them is not known for another text."""
    kept = kept_lines(good.source.program, source.program)
    for one in good.findings:
        line, end = kept.get(one.line), kept.get(one.end_line)
        if line is not None and end is not None and end - line == one.end_line - one.line:
            yield replace(one, line=line, end_line=end, fix=None)


def mended_safely(found: Found) -> str:
    """The original after all safe fixes."""
    source = found.source
    new, _, _ = passes(source.original, lambda text: _lint(source, text), False, source.program_of)
    return new


# --- shapes -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Inferred:
    """What is known of tensors and models in a program; ``good`` as in ``Found``."""

    source: Source
    rows: tuple[Row, ...] = ()
    mentions: tuple[Mention, ...] = ()
    models: tuple[Model, ...] = ()
    good: Inferred | None = None


def infer(source: Source, before: Inferred | None) -> Inferred:
    """What is known now; of a text that cannot be read, what is still there of an earlier one."""
    if not imports_framework(source.program):
        return Inferred(source)
    try:
        shapes, mentions = shapes_and_mentions(source.program, str(source.path))
    except SyntaxError:
        good = (before.good or before) if before is not None else Inferred(source)
        return _moved(good, source)
    return Inferred(source, shapes.tensors, mentions, shapes.models)


def _moved(good: Inferred, source: Source) -> Inferred:
    kept = kept_lines(good.source.program, source.program)
    rows = [replace(one, line=kept[one.line]) for one in good.rows if one.line in kept]
    models = [replace(one, line=kept[one.line]) for one in good.models if one.line in kept]
    mentions = [
        replace(one, line=kept[one.line], end_line=kept[one.end_line])
        for one in good.mentions
        if one.line in kept and one.end_line in kept
    ]
    return Inferred(source, tuple(rows), tuple(mentions), tuple(models), good)
