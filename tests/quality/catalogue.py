"""The catalogue of judged findings, and what the last run found: TOML files with a line for each finding."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from scan import Found

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).parent
JUDGED = HERE / "judged.toml"
LAST = HERE / "last.toml"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A finding that someone read in the source: ``right`` where torch shows it in the script as it is run."""

    found: Found
    right: bool
    why: str


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository at one commit, with all that was judged in it."""

    name: str
    commit: str
    judged: tuple[Judgement, ...]

    def verdicts(self) -> dict[Found, bool]:
        """What is right and what is not."""
        return {one.found: one.right for one in self.judged}


def judged(file: Path) -> Iterator[Repository]:
    """The catalogue.  Raises KeyError and TypeError where an entry is none."""
    for name, table in tomllib.loads(file.read_text(encoding="utf-8")).items():
        yield Repository(name, table["commit"], tuple(_judgement(**entry) for entry in table["judged"]))


def _judgement(at: str, code: str, verdict: bool, why: str) -> Judgement:
    return Judgement(Found(at, code), verdict, why)


def write_judged(repositories: list[Repository], file: Path, head: str) -> None:
    """The catalogue in its one form: sorted, a line for each judgement."""
    lines = [head.rstrip("\n")]
    for repository in sorted(repositories, key=lambda one: one.name.lower()):
        lines += ["", f"[{_text(repository.name)}]", f"commit = {_text(repository.commit)}", "judged = ["]
        lines += (_line(one) for one in sorted(repository.judged, key=lambda one: in_order(one.found)))
        lines.append("]")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _line(one: Judgement) -> str:
    entry: dict[str, str | bool] = {"at": one.found.at, "code": one.found.code, "verdict": one.right, "why": one.why}
    return f"    {{ {', '.join(f'{key} = {_text(value)}' for key, value in entry.items())} }},"


def last(file: Path) -> dict[str, frozenset[Found]]:
    """What the last run found in each repository that was at hand; nothing before the first run."""
    if not file.exists():
        return {}
    tables = tomllib.loads(file.read_text(encoding="utf-8"))
    return {name: frozenset(Found(*reversed(one.split(" ", 1))) for one in found) for name, found in tables.items()}


def write_last(found: Mapping[str, frozenset[Found]], file: Path) -> None:
    """Keep what a run found."""
    lines = ["# What `python tests/quality/precision.py --update` found last; written by it."]
    for name in sorted(found, key=str.lower):
        lines += ["", f"{_text(name)} = ["]
        lines += (f"    {_text(f'{one.code} {one.at}')}," for one in sorted(found[name], key=in_order))
        lines.append("]")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


_PLACE = re.compile(r"(?P<file>.+?)(?::cell (?P<cell>\d+))?:(?P<line>\d+)")


def in_order(found: Found) -> tuple[str, int, int, str]:
    """Sorts by file, cell and line by their numbers, and code.  Raises ValueError for what is no place."""
    place = _PLACE.fullmatch(found.at)
    if place is None:
        raise ValueError(f"`{found.at}` is no `file:line` or `file:cell N:line`")
    return place["file"], int(place["cell"] or 0), int(place["line"]), found.code


def _text(value: str | bool) -> str:
    """A string or truth value in TOML, which writes them as JSON does."""
    return json.dumps(value, ensure_ascii=False)
