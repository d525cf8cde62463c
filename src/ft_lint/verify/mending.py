"""Fixes held by torch: a rule's fixes applied to a fixture leave no finding of it, raise no other, and do no harm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ft_lint.fix import mended
from ft_lint.rule import Edit, Finding, Rule
from ft_lint.verify.sandbox import Limits, run_scripts
from ft_lint.verify.verdicts import Question, Verdict

FindingsOf = Callable[[Path], Iterable[Finding]]


@dataclass(frozen=True)
class Mended:
    """A copy of ``fixture`` with the fixes of one rule; ``lines`` are the places of its findings, old to new."""

    fixture: Path
    path: Path
    code: str
    lines: Mapping[int, int]
    others: Counter[str]


def verify_fixes(
    found: Mapping[Path, Sequence[Finding]],
    rules: Mapping[str, Rule],
    findings: FindingsOf,
    folder: Path,
    limits: Limits,
    jobs: int,
) -> Iterator[Verdict]:
    """Verdicts on every fix that the linter offers; the mended copies are written to ``folder``."""
    copies = {copy.path: copy for path, told in found.items() for copy in _copies(path, told, folder)}
    for outcome in run_scripts(copies, limits, jobs):
        copy = copies[outcome.path]
        yield from _static(copy, list(findings(copy.path)))
        for old, new in copy.lines.items():
            if outcome.run is None:
                yield _verdict(copy, old, False, f"the mended script does not run: {outcome.problem}")
                continue
            evidence = rules[copy.code].claim(outcome.run, new)
            yield _verdict(copy, old, not evidence.holds, f"mended: {evidence.why}")


def _copies(path: Path, found: Sequence[Finding], folder: Path) -> Iterator[Mended]:
    for code in sorted({finding.code for finding in found if finding.fix is not None}):
        own = [finding for finding in found if finding.code == code]
        fixes = [finding.fix for finding in own if finding.fix is not None]
        copy = folder / f"{path.parent.name}_{path.stem}_{code}.py"
        copy.write_text(mended(path.read_text(encoding="utf-8"), fixes), encoding="utf-8")
        edits = list(dict.fromkeys(edit for fix in fixes for edit in fix.edits))
        lines = {finding.line: _moved(finding.line, edits) for finding in own if finding.fix is not None}
        yield Mended(path, copy, code, lines, Counter(finding.code for finding in found))


def _moved(line: int, edits: Sequence[Edit]) -> int:
    """Where a line stands after the edits above it."""
    above = [edit for edit in edits if edit.end_line < line or (edit.end_line == line and edit.line == line)]
    added = sum(str(edit.new).count("\n") for edit in above if edit.end_line < line or str(edit.new).endswith("\n"))
    return line + added - sum(edit.end_line - edit.line for edit in above)


def _static(copy: Mended, now: Sequence[Finding]) -> Iterator[Verdict]:
    unmended = sum(1 for finding in now if finding.code == copy.code)
    offered = len(copy.lines)
    left = unmended - (copy.others[copy.code] - offered)
    yield _verdict(
        copy, min(copy.lines), left <= 0, "no finding is left" if left <= 0 else "the finding is still there"
    )
    new = Counter(finding.code for finding in now if finding.code != copy.code) - copy.others
    yield _verdict(copy, min(copy.lines), not new, f"raises {', '.join(new)}" if new else "raises no other finding")


def _verdict(copy: Mended, line: int, green: bool, why: str) -> Verdict:
    return Verdict(Question.FIX, copy.fixture, line, copy.code, green, why)
