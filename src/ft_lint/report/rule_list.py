"""The rules themselves, as a table for people, for README and for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from ft_lint.rule import Level, Rule


def summary(rule: Rule) -> str:
    """The first sentence of the rule's page."""
    return rule.page().partition("\n\n")[0].replace("\n", " ")


def text(rules: Sequence[Rule]) -> str:
    """Columns for a terminal; advice, which is off by default, is marked by its level."""
    return "\n".join(f"{rule.code}  {rule.level.value:<7}  {rule.family():<10}  {rule.name()}" for rule in rules)


def markdown(rules: Sequence[Rule]) -> str:
    """The table in README."""
    head = ["| code | name | level | what it finds |", "|---|---|---|---|"]
    return "\n".join(head + [f"| {r.code} | {r.name()} | {r.level.value} | {summary(r)} |" for r in rules])


def to_json(rules: Sequence[Rule], evidence: Mapping[str, object] | None = None) -> str:
    """A list of objects: code, name, family, level, default (whether it is on), fix (safe, unsafe, null), and texts.

    ``evidence`` are further objects by code: the fixtures behind each rule.
    """
    return json.dumps([_record(rule) | {"evidence": (evidence or {}).get(rule.code)} for rule in rules], indent=2)


def _record(rule: Rule) -> dict[str, object]:
    return {
        "code": rule.code,
        "name": rule.name(),
        "family": rule.family(),
        "level": rule.level.value,
        "default": rule.level is not Level.ADVICE,
        "fix": None if rule.applicability is None else rule.applicability.value,
        "summary": summary(rule),
        "message": rule.message,
    }


FORMATS: dict[str, Callable[[Sequence[Rule]], str]] = {"text": text, "json": to_json, "markdown": markdown}
