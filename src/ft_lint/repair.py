"""Applying fixes to a file: until none is left, or the file as it was.

What a pass has mended is checked again, for one fix may make room for another.  A pass that would leave a text which
does not parse, or more findings of a rule than there were, is taken back.
"""

from __future__ import annotations

import ast
import contextlib
import os
import shutil
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ft_lint.fix import mended
from ft_lint.lint import NOTEBOOK, Result, in_cells
from ft_lint.rule import Applicability, Finding, Fix
from ft_lint.source.noqa import with_noqa
from ft_lint.source.notebook import Notebook, program_of, read_notebook, with_sources
from ft_lint.source.problem import Problem
from ft_lint.source.text import decode, encoded

PASSES = 10
"""After so many a file is left as it is: no rule's fixes should need three."""

Lint = Callable[[str], Result]
"""What is found in a text."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """A file after its fixes: its bytes, the findings that were mended, and what is still found."""

    data: bytes
    mended: tuple[Finding, ...]
    result: Result


def repaired(data: bytes, path: str, lint: Lint, *, unsafe: bool) -> Repaired | Problem:
    """A file with all fixes that ``unsafe`` admits applied; ``lint`` checks a program without its byte order mark."""
    if path.endswith(NOTEBOOK):
        return _notebook(data, path, lint, unsafe)
    text = decode(data, path)
    if isinstance(text, Problem):
        return text
    new, done, result = passes(text, lint, unsafe, lambda text: text)
    return Repaired(data if new == text else encoded(new, data), done, result)


def _notebook(data: bytes, path: str, lint: Lint, unsafe: bool) -> Repaired | Problem:
    """The same for the cells of a notebook; lines that IPython alone understands stay as they are."""
    notebook = read_notebook(data, path)
    if isinstance(notebook, Problem):
        return notebook
    new, done, result = passes(notebook.original, lint, unsafe, program_of)
    changed = notebook.changed(new)
    after = with_sources(data, changed) if changed else data
    reread = read_notebook(after, path)
    assert isinstance(reread, Notebook)
    return Repaired(after, in_cells(Result(path, done), notebook).findings, in_cells(result, reread))


def commented(original: str, program: str, findings: Iterable[Finding]) -> str:
    """The original with a ``# noqa`` comment at each finding.

    The lines are those of the program, which are Python: what IPython alone understands may not even be tokens.
    """
    before, after = (text.split("\n") for text in (program, with_noqa(program, findings)))
    lines = zip(original.split("\n"), before, after, strict=True)
    return "\n".join(old if was == now else now for old, was, now in lines)


def silenced(data: bytes, path: str, lint: Lint) -> Repaired | Problem:
    """A file with a ``# noqa`` comment at each finding; ``mended`` are those that it silences."""
    if path.endswith(NOTEBOOK):
        notebook = read_notebook(data, path)
        if isinstance(notebook, Problem):
            return notebook
        result = lint(notebook.program)
        changed = notebook.changed(commented(notebook.original, notebook.program, result.findings))
        return Repaired(with_sources(data, changed) if changed else data, result.findings, Result(path))
    text = decode(data, path)
    if isinstance(text, Problem):
        return text
    result = lint(text)
    new = with_noqa(text, result.findings)
    return Repaired(data if new == text else encoded(new, data), result.findings, replace(result, findings=()))


def passes(
    text: str, lint: Lint, unsafe: bool, program: Callable[[str], str]
) -> tuple[str, tuple[Finding, ...], Result]:
    """The text after its fixes, what they mended, and what is still found; ``program`` makes Python of the text."""
    done: list[Finding] = []
    result = lint(program(text))
    for _ in range(PASSES):
        fixable = [one for one in result.findings if one.fix is not None and _is_wanted(one.fix, unsafe)]
        step = _step(text, fixable, result, lint, program)
        if step is None:
            break
        text, result, applied = step
        done += applied
    return text, tuple(done), result


def _step(
    text: str, fixable: list[Finding], before: Result, lint: Lint, program: Callable[[str], str]
) -> tuple[str, Result, list[Finding]] | None:
    """One pass: all fixes together, else each alone until one does no harm; None where there is none."""
    for chosen in (fixable, *([one] for one in fixable)):
        new = mended(text, [one.fix for one in chosen if one.fix is not None])
        if new == text or not _parses(program(new)):
            continue
        after = lint(program(new))
        if not after.problems and _codes(after) <= _codes(before) and len(after.findings) < len(before.findings):
            left = Counter(_codes(after))
            return new, after, [one for one in chosen if _is_gone(one, left, before)]
    return None


def _is_gone(finding: Finding, left: Counter[str], before: Result) -> bool:
    """Whether a finding is among those that are no longer found; by number, since lines move."""
    return left[finding.code] < sum(one.code == finding.code for one in before.findings)


def _codes(result: Result) -> Counter[str]:
    return Counter(one.code for one in result.findings)


def _is_wanted(fix: Fix, unsafe: bool) -> bool:
    return unsafe or fix.applicability is Applicability.SAFE


def _parses(text: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(text)
        except (SyntaxError, ValueError):
            return False
    return True


def replace_file(path: Path, data: bytes) -> None:
    """Give a file other bytes at once: whoever reads it meets the old ones or the new ones; permissions stay.

    A link stays a link to the file that is changed.  Raises OSError.
    """
    target = Path(os.path.realpath(path))
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        shutil.copymode(target, name)
        os.replace(name, target)  # noqa: PTH105 - pathlib's own would need a second object for the same
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)  # noqa: PTH108
        raise


def differences(before: str, after: str, path: str) -> Iterator[str]:
    """A unified diff, line by line."""
    import difflib

    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    for line in difflib.unified_diff(old, new, path, path):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
