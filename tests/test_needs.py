"""Rules that are passed over find nothing, on every fixture."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from ft_lint.facts import Fact, Facts, Targets
from ft_lint.facts.models import ModelBuilt
from ft_lint.facts.optimization import OptimizerBuilt
from ft_lint.interpreter import interpret
from ft_lint.needs import may_find, needed
from ft_lint.registry import rules
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.syntax.parse import Parsed, parse

FIXTURES = sorted((Path(__file__).parents[1] / "fixtures").rglob("*.py"))
FAMILIES = sorted({path.parent.parent.name for path in FIXTURES})


@cache
def facts_of(path: Path) -> Facts:
    parsed = parse(path.read_text(encoding="utf-8"), str(path))
    assert isinstance(parsed, Parsed)
    return interpret(parsed.tree)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_rule_that_is_passed_over_finds_nothing(family: str) -> None:
    here = [path for path in FIXTURES if path.parent.parent.name == family]
    passed = [(rule, path) for rule in rules() for path in here if not may_find(rule, facts_of(path))]
    assert passed
    assert [(rule.code, path.name) for rule, path in passed if list(rule.check(facts_of(path)))] == []


class Asking(Rule):
    """Asks for one kind, and for another only where the first is there."""

    code = "XYZ001"
    level = Level.WARNING
    message = "{name}"

    def check(self, facts: Facts) -> Iterator[Finding]:
        for built in facts.of(ModelBuilt):
            yield from (self.finding(built, name="both") for _ in facts.after(built).of(OptimizerBuilt))

    def claim(self, run: object, line: int) -> Evidence:
        return Evidence(False, "nothing is claimed")


class Heedless(Asking):
    """Finds without asking."""

    code = "XYZ002"

    def check(self, facts: Facts) -> Iterator[Finding]:
        yield from ()


def test_what_a_rule_needs_is_what_it_asks_first() -> None:
    assert needed(Asking(), Targets()) == {ModelBuilt}


def test_a_rule_that_asks_nothing_is_never_passed_over() -> None:
    assert needed(Heedless(), Targets()) == {Fact}
