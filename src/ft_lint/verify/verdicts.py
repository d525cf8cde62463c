"""Hold a fixture to its markers: what the linter says of it, what torch shows, and how its run ended."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ft_lint.observe import Run
from ft_lint.rule import Finding, Level, Rule
from ft_lint.verify.markers import Expected, Marker
from ft_lint.verify.sandbox import Outcome


class Question(enum.Enum):
    """What a verdict answers."""

    EXPECTATION = "expectation"
    EFFECT = "effect"
    RUN = "run"
    AGREEMENT = "agreement"
    FIX = "fix"


@dataclass(frozen=True)
class Verdict:
    """One answer: green or red, for a rule at a line of a fixture (line 0: the fixture as a whole)."""

    question: Question
    fixture: Path
    line: int
    code: str
    green: bool
    why: str
    expected: Expected | None = None
    figures: Mapping[str, float | int | str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.fixture}:{self.line}: {self.code or 'run'} {self.question.value}: {self.why}"


def expectation(fixture: Path, markers: Iterable[Marker], findings: Iterable[Finding]) -> Iterator[Verdict]:
    """The linter's findings are exactly those that the markers announce, with at least their values.

    Advice is asked for only where a marker speaks of it: it is often right, not always.
    """
    markers = list(markers)
    asked = {marker.code for marker in markers}
    left = [finding for finding in findings if finding.level is not Level.ADVICE or finding.code in asked]
    for marker in markers:
        here = [finding for finding in left if (finding.line, finding.code) == (marker.line, marker.code)]
        left = [finding for finding in left if finding not in here]
        green, why = _as_expected(marker, here)
        yield Verdict(Question.EXPECTATION, fixture, marker.line, marker.code, green, why, marker.expected)
    for finding in left:
        why = f"false alarm: {finding.message}"
        yield Verdict(Question.EXPECTATION, fixture, finding.line, finding.code, False, why)


def _as_expected(marker: Marker, here: Sequence[Finding]) -> tuple[bool, str]:
    """Whether the findings at a marker are what it announces."""
    if marker.expected is Expected.OK:
        return not here, f"false alarm: {here[0].message}" if here else "silent"
    if marker.expected is Expected.MISSED:
        return not here, "found now: announce it" if here else "still missed"
    if not here:
        return False, "missed alarm"
    if any(marker.values.items() <= dict(finding.values).items() for finding in here):
        return True, "found"
    return False, f"found with {dict(here[0].values)}, announced with {dict(marker.values)}"


def effect(fixture: Path, markers: Iterable[Marker], run: Run, rules: Mapping[str, Rule]) -> Iterator[Verdict]:
    """torch shows the claimed harm at findings and missed alarms, and does not show it at ``ok``."""
    for marker in markers:
        if marker.code not in rules:
            yield Verdict(Question.EFFECT, fixture, marker.line, marker.code, False, "no such rule", marker.expected)
            continue
        evidence = rules[marker.code].claim(run, marker.line)
        yield Verdict(
            Question.EFFECT,
            fixture,
            marker.line,
            marker.code,
            evidence.holds is marker.expected.harm,
            f"the claim {'holds' if evidence.holds else 'does not hold'}: {evidence.why}",
            marker.expected,
            evidence.figures,
        )


def conduct(outcome: Outcome, effects: Iterable[Verdict], rules: Mapping[str, Rule]) -> Verdict:
    """The script ended well, or with an exception that a claim announces; and it asked for no network.

    A rule at level error announces one by holding, any other by naming its type in the figure ``raises``.
    """
    why = outcome.problem
    run = outcome.run
    if run is not None and run.network:
        why = f"asked for the network: {run.network[0]}"
    elif run is not None and run.exception is not None:
        harm = [v for v in effects if v.green and v.expected and v.expected.harm]
        errors = any(rules[v.code].level is Level.ERROR for v in harm)
        if not errors and all(v.figures.get("raises") != run.exception.type for v in harm):
            why = f"{run.exception.type}: {run.exception.message}".splitlines()[0]
    line = run.exception.places[0][0] if run and run.exception and run.exception.places else 0
    return Verdict(Question.RUN, outcome.path, line, "", not why, why or "ended well")


def judge(
    outcome: Outcome, markers: Sequence[Marker], findings: Iterable[Finding] | None, rules: Mapping[str, Rule]
) -> list[Verdict]:
    """All verdicts on one fixture; ``findings`` is None where the linter is not asked."""
    effects = list(effect(outcome.path, markers, outcome.run, rules)) if outcome.run else []
    expected = [] if findings is None else list(expectation(outcome.path, markers, findings))
    return [*expected, *effects, conduct(outcome, effects, rules)]
