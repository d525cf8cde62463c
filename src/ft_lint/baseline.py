"""A baseline: what was found before, so that an old project starts clean and only what is new is told.

A finding is known by its file, its code and the text of its line, and so many of them as there were; lines may move.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from ft_lint.lint import Result
from ft_lint.rule import Finding

Known = Counter[tuple[str, str, str]]
"""How many findings there were of each file, code and line."""


class BadBaseline(ValueError):
    """A file that is no baseline."""


def read(file: Path) -> Known:
    """The findings in a baseline.  Raises BadBaseline."""
    try:
        held = json.loads(file.read_text(encoding="utf-8"))
        return Counter({(one["path"], one["code"], one["line"]): int(one["count"]) for one in held["findings"]})
    except OSError as error:
        raise BadBaseline(f"{file}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadBaseline(f"{file} is no baseline that ft-lint has written") from error


def written(results: Iterable[Result], root: Path) -> str:
    """The baseline of all that was found, as a text that changes little when the code does; paths are from ``root``."""
    known = Counter(_key(result.path, one, root) for result in results for one in result.findings)
    findings = [{"path": p, "code": c, "line": text, "count": n} for (p, c, text), n in sorted(known.items())]
    return json.dumps({"version": 1, "findings": findings}, indent=1) + "\n"


def without(result: Result, known: Known, root: Path) -> Result:
    """The result without what the baseline knows; what is taken is taken out of ``known``."""
    new: list[Finding] = []
    for one in result.findings:
        key = _key(result.path, one, root)
        if known[key] > 0:
            known[key] -= 1
        else:
            new.append(one)
    return replace(result, findings=tuple(new))


def _key(path: str, finding: Finding, root: Path) -> tuple[str, str, str]:
    absolute, base = Path(path).absolute(), root.absolute()
    name = absolute.relative_to(base).as_posix() if absolute.is_relative_to(base) else absolute.as_posix()
    line = finding.excerpt[0].strip() if finding.excerpt else ""
    return name, finding.code, hashlib.sha256(line.encode()).hexdigest()[:16]
