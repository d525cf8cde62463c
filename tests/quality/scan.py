"""What ft_lint finds in a repository now."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


class Failed(RuntimeError):
    """A run of ft_lint that did not end, or not by telling what it found."""


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """A finding: one of each code on a line.  ``at`` is ``file:line``, in a notebook ``file:cell N:line``."""

    at: str
    code: str


@dataclass(frozen=True, slots=True)
class Scan:
    """What is on by default, and what is opted into."""

    default: frozenset[Found]
    advice: frozenset[Found]


def of(folder: Path, seconds: float) -> Scan:
    """The findings below a folder.  Raises Failed."""
    options = ("--isolated", "--no-cache", "--no-respect-gitignore", "--extend-select=TUN", "--output-format=json")
    command = [sys.executable, "-m", "ft_lint", "check", *options, "."]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        raise Failed(f"not done after {seconds:.0f} s") from None
    # 2 is also the answer to a fault in one file: the others' findings are there all the same
    if done.returncode not in (0, 1, 2) or not done.stdout.strip():
        raise Failed(f"ft_lint answered {done.returncode}: {done.stderr[-300:]}")
    found = [(one["level"] == "advice", _found(one)) for one in json.loads(done.stdout)["findings"]]
    default = frozenset(one for is_advice, one in found if not is_advice)
    return Scan(default, frozenset(one for is_advice, one in found if is_advice) - default)


def _found(one: dict[str, object]) -> Found:
    cell = f"cell {one['cell']}:" if one["cell"] else ""
    return Found(f"{str(one['path']).removeprefix('./')}:{cell}{one['line']}", str(one["code"]))
