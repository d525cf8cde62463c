"""SARIF 2.1.0, which GitHub's code scanning and other tools read.

Source: "Static Analysis Results Interchange Format (SARIF) Version 2.1.0", OASIS Standard.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from ft_lint import __version__
from ft_lint.lint import Result
from ft_lint.registry import loaded
from ft_lint.report.places import relative
from ft_lint.report.rule_list import summary
from ft_lint.rule import Edit, Finding, Fix, Level, Rule
from ft_lint.source.problem import Fault, Problem

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.ADVICE: "note"}


def render(results: Iterable[Result]) -> Iterator[str]:
    """One document with one run."""
    kept = list(results)
    known = {rule.code: place for place, rule in enumerate(loaded())}
    driver = {
        "name": "ft_lint",
        "semanticVersion": __version__,
        "rules": [_rule(rule) for rule in loaded()],
    }
    problems = [problem for result in kept for problem in result.problems]
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(result.path, finding, known) for result in kept for finding in result.findings],
        "invocations": [
            {
                "executionSuccessful": all(problem.fault is not Fault.INTERNAL for problem in problems),
                "toolExecutionNotifications": [_notification(problem) for problem in problems],
            }
        ],
    }
    yield json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(rule: Rule) -> dict[str, object]:
    page = rule.page()
    return {
        "id": rule.code,
        "name": type(rule).__name__,
        "shortDescription": {"text": summary(rule)},
        "fullDescription": {"text": page.partition("\n\n")[2].partition("Why it matters")[0].strip() or summary(rule)},
        "help": {"text": page},
        "defaultConfiguration": {"level": _LEVELS[rule.level], "enabled": rule.level is not Level.ADVICE},
        "properties": {"tags": [rule.family()]},
    }


def _result(path: str, finding: Finding, known: dict[str, int]) -> dict[str, object]:
    where = f" (cell {finding.cell})" if finding.cell else ""
    found: dict[str, object] = {
        "ruleId": finding.code,
        "level": _LEVELS[finding.level],
        "message": {"text": finding.message + where},
        "locations": [{"physicalLocation": {"artifactLocation": _artifact(path), "region": _region(finding)}}],
    }
    if finding.code in known:
        found["ruleIndex"] = known[finding.code]
    if finding.fix is not None and not finding.cell:
        found["fixes"] = [_fix(path, finding.fix)]
    return found


def _artifact(path: str) -> dict[str, str]:
    return {"uri": relative(path).replace(" ", "%20")}


def _region(place: Finding | Edit) -> dict[str, int]:
    return {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    }


def _fix(path: str, fix: Fix) -> dict[str, object]:
    replacements = [{"deletedRegion": _region(edit), "insertedContent": {"text": str(edit.new)}} for edit in fix.edits]
    change = {"artifactLocation": _artifact(path), "replacements": replacements}
    return {"description": {"text": f"{fix.title} ({fix.applicability.value})"}, "artifactChanges": [change]}


def _notification(problem: Problem) -> dict[str, object]:
    place: dict[str, object] = {"artifactLocation": _artifact(problem.path)}
    if problem.line:
        place["region"] = {"startLine": problem.line, "startColumn": max(problem.column, 1)}
    return {"level": "error", "message": {"text": problem.message}, "locations": [{"physicalLocation": place}]}
