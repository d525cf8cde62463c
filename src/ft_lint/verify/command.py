"""``ft-lint verify``: run fixtures in torch, hold them to their markers, print a table, answer with an exit code."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import textwrap
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from ft_lint.rule import Finding, Rule
from ft_lint.verify.agreement import agreement
from ft_lint.verify.derive import derived
from ft_lint.verify.markers import Expected, MarkerError, read_markers
from ft_lint.verify.mending import verify_fixes
from ft_lint.verify.sandbox import USUAL, Limits, run_scripts, unguarded
from ft_lint.verify.verdicts import Question, Verdict, judge

FindingsOf = Callable[[Path], Iterable[Finding]]
GREEN, RED, WRONG_USE = 0, 1, 2


def fixtures_folder() -> Path:
    """The fixtures of the working directory, else of the source tree that this package lies in."""
    here = Path("fixtures")
    return here if here.is_dir() else Path(__file__).resolve().parents[3] / "fixtures"


def verify(
    targets: Sequence[str],
    *,
    rules: Iterable[Rule],
    findings: FindingsOf | None = None,
    folder: Path | None = None,
    limits: Limits = USUAL,
    jobs: int | None = None,
    out: TextIO | None = None,
    evidence: Path | None = None,
) -> int:
    """Verify fixtures given as rules (code or name), files or folders; all of them when none is given.

    ``findings`` asks the linter; without it only the effect is verified.  The answer is 0 when everything is
    green, 1 when anything is red, 2 for a target that does not exist.  ``evidence`` is a file that gets the table.
    """
    out = out or sys.stdout
    known = {rule.code: rule for rule in rules}
    try:
        paths = chosen(targets, known, folder or fixtures_folder())
        markers = {path: read_markers(path) for path in paths}
    except (LookupError, MarkerError) as error:
        print(error, file=sys.stderr)
        return WRONG_USE if isinstance(error, LookupError) else RED
    if acts := unguarded():
        print(f"this kernel does not keep scripts from {', '.join(acts)}", file=sys.stderr)
    jobs = jobs or min(2, os.cpu_count() or 1)
    verdicts: list[Verdict] = []
    found: dict[Path, list[Finding]] = {}
    for outcome in run_scripts(paths, limits, jobs):
        told = None if findings is None else list(findings(outcome.path))
        verdicts += judge(outcome, markers[outcome.path], told, known)
        found[outcome.path] = told or []
        if findings is not None and outcome.run is not None:
            verdicts += agreement(outcome.path, derived(outcome.path), outcome.run)
    if findings is not None:
        with tempfile.TemporaryDirectory(prefix="ft_lint_mended_") as place:
            verdicts += verify_fixes(found, known, findings, Path(place), limits, jobs)
    report(verdicts, known, out)
    if evidence is not None:
        evidence.write_text(json.dumps({"rules": _evidence(verdicts, known)}, indent=1) + "\n", encoding="utf-8")
    return GREEN if all(verdict.green for verdict in verdicts) else RED


def chosen(targets: Sequence[str], rules: Mapping[str, Rule], folder: Path) -> list[Path]:
    """The fixtures that the targets name, each once."""
    named = {key: rule for rule in rules.values() for key in (rule.code, rule.name())}
    paths: list[Path] = []
    for target in targets or [str(folder)]:
        place = (
            folder / named[target].family() / named[target].name().replace("-", "_")
            if target in named
            else Path(target)
        )
        if not place.exists():
            raise LookupError(f"{target}: no rule, fixture or folder of this name")
        paths += sorted(place.rglob("*.py")) if place.is_dir() else [place]
    return list(dict.fromkeys(paths))


def _evidence(verdicts: Sequence[Verdict], rules: Mapping[str, Rule]) -> dict[str, dict[str, str]]:
    """The rows of the table by code, as the rules' pages on the site show them."""
    rows: dict[str, dict[str, str]] = {}
    for code, rule in sorted(rules.items()):
        own = [verdict for verdict in verdicts if verdict.code == code]
        if own:
            bad, good, hard, _, expectation, effect, fix, seen = _row(rule, own)
            rows[code] = {"scripts": f"{bad}, {good}, {hard}", "effect": effect, "expectation": expectation}
            rows[code] |= {"fix": fix, "seen": seen}
    return rows


def report(verdicts: Sequence[Verdict], rules: Mapping[str, Rule], out: TextIO) -> None:
    """A row for each rule, every red verdict in full, and the total on one line."""
    from rich.console import Console
    from rich.table import Table

    by_code: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        by_code[verdict.code].append(verdict)
    columns = ("rule", "bad", "good", "hard", "finding / ok / missed", "expectation", "effect", "fix", "seen in torch")
    table = Table(*columns)
    for code, rule in sorted(rules.items()):
        if by_code[code]:
            table.add_row(f"{code} {rule.name()}", *_row(rule, by_code[code]))
    console = Console(file=out, width=None if out.isatty() else 160)
    console.print(table)
    red = [verdict for verdict in verdicts if not verdict.green]
    for verdict in red:
        print(verdict, file=out)
    fixtures = len({verdict.fixture for verdict in verdicts})
    derived_facts = _share(verdict for verdict in verdicts if verdict.question is Question.AGREEMENT)
    print(
        f"agreement with torch on shapes, modes, trainable sets, optimizers: {derived_facts}",
        file=out,
    )
    print(f"{len(verdicts) - len(red)} green, {len(red)} red, on {fixtures} fixtures", file=out)


def _row(rule: Rule, verdicts: Sequence[Verdict]) -> list[str]:
    effects = [verdict for verdict in verdicts if verdict.question is Question.EFFECT]
    styles = Counter(path.name.split("_")[0] for path in {verdict.fixture for verdict in verdicts})
    expected = Counter(verdict.expected for verdict in effects)
    return [
        *(str(styles[style]) for style in ("bad", "good", "hard")),
        " / ".join(str(expected[kind]) for kind in Expected),
        _share(verdict for verdict in verdicts if verdict.question is Question.EXPECTATION),
        _share(effects),
        _fixes(rule, verdicts),
        _figures([verdict for verdict in effects if verdict.expected is Expected.FINDING]),
    ]


def _fixes(rule: Rule, verdicts: Sequence[Verdict]) -> str:
    """The class of a rule's fix, and how it fared; ``none`` where the rule offers none."""
    if rule.applicability is None:
        return "none"
    return f"{rule.applicability.value}, {_share(verdict for verdict in verdicts if verdict.question is Question.FIX)}"


def _share(verdicts: Iterable[Verdict]) -> str:
    greens = [verdict.green for verdict in verdicts]
    return f"{sum(greens)} of {len(greens)}" if greens else "-"


def _figures(verdicts: Sequence[Verdict]) -> str:
    """Least and greatest of every figure that the claims gave where they held, else what the first of them saw."""
    seen: dict[str, list[float]] = defaultdict(list)
    for verdict in verdicts:
        for name, value in verdict.figures.items():
            if isinstance(value, (int, float)):
                seen[name].append(value)
    if seen:
        return ", ".join(f"{name} {_range(values)}" for name, values in seen.items())
    return textwrap.shorten(verdicts[0].why.removeprefix("the claim holds: "), 90) if verdicts else "-"


def _range(values: Sequence[float]) -> str:
    low, high = min(values), max(values)
    return f"{low:g}" if low == high else f"{low:g}..{high:g}"
