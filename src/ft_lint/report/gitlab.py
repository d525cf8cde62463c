"""GitLab's code quality report.

Source: "Code Quality", section "Code Quality report format", in GitLab's documentation.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator

from ft_lint.lint import Result
from ft_lint.report.places import relative
from ft_lint.rule import Level

_SEVERITIES = {Level.ERROR: "critical", Level.WARNING: "major", Level.ADVICE: "info"}


def render(results: Iterable[Result]) -> Iterator[str]:
    """A list of issues; each has a fingerprint that stays while its file, code and line of code do."""
    seen: Counter[str] = Counter()
    issues: list[dict[str, object]] = []
    for result in results:
        path = relative(result.path)
        for one in result.findings:
            key = f"{path}:{one.code}:{one.excerpt[0].strip() if one.excerpt else ''}"
            issues.append(
                {
                    "check_name": one.code,
                    "description": f"{one.code} {one.message}",
                    "severity": _SEVERITIES[one.level],
                    "fingerprint": hashlib.sha256(f"{key}:{seen[key]}".encode()).hexdigest(),
                    "location": {"path": path, "lines": {"begin": one.line, "end": one.end_line}},
                }
            )
            seen[key] += 1
    yield json.dumps(issues, indent=2)
