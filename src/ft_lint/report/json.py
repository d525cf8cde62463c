"""For programs: a list of findings as JSON objects, and one more of what could not be checked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from ft_lint.lint import Result
from ft_lint.rule import Finding, Fix


def render(results: Iterable[Result]) -> Iterator[str]:
    """One document: ``findings`` and ``problems``; lines and columns count from 1, ends are exclusive."""
    kept = list(results)
    document = {
        "findings": [_finding(result.path, finding) for result in kept for finding in result.findings],
        "problems": [
            {"path": p.path, "cell": p.cell or None, "line": p.line, "column": p.column, "message": p.message}
            for result in kept
            for p in result.problems
        ],
    }
    yield json.dumps(document, indent=2, ensure_ascii=False)


def _finding(path: str, finding: Finding) -> dict[str, object]:
    return {
        "path": path,
        "code": finding.code,
        "name": finding.name,
        "level": finding.level.value,
        "message": finding.message,
        "values": {key: _plain(value) for key, value in finding.values.items()},
        "cell": finding.cell or None,
        "line": finding.line,
        "column": finding.column,
        "end_line": finding.end_line,
        "end_column": finding.end_column,
        "fix": None if finding.fix is None else _fix(finding.fix),
    }


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _fix(fix: Fix) -> dict[str, object]:
    return {
        "title": fix.title,
        "applicability": fix.applicability.value,
        "edits": [
            {
                "line": edit.line,
                "column": edit.column,
                "end_line": edit.end_line,
                "end_column": edit.end_column,
                "new": edit.new,
            }
            for edit in fix.edits
        ],
    }
