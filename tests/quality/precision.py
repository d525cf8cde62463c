"""``python tests/quality/precision.py``: how many findings in public repositories are right, by what was judged before.

Checks the catalogue's repositories out, each at its commit, runs ft_lint on them, and prints what became of the judged
findings, of which rules, and all that changed since the last run.  Exit code 1 where a finding that was judged to be a
false alarm is new, or fewer than 95 in 100 of the judged findings that are still there are right.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import catalogue
import checkouts
import scan
from catalogue import Repository
from scan import Found, Scan

ENOUGH = 0.95


@dataclass(frozen=True, slots=True)
class Compared:
    """One repository: what is found in it now, against what was judged and what the last run found."""

    repository: Repository
    now: Scan
    before: frozenset[Found] | None

    def counts(self) -> Iterator[tuple[str, str]]:
        """Code and column of the table, once for each finding and each judgement without one."""
        verdicts = self.repository.verdicts()
        for found in self.now.default:
            yield found.code, {True: "true", False: "false", None: "unjudged"}[verdicts.get(found)]
        for found in self.now.advice:
            yield found.code, "advice"
        for found, right in verdicts.items():
            if found not in self.now.default:
                yield found.code, "true, gone" if right else "false, gone"

    def unjudged(self) -> Iterator[Found]:
        """What nobody has read yet."""
        yield from self.now.default - set(self.repository.verdicts())

    def came(self) -> Iterator[tuple[Found, bool | None]]:
        """What the last run did not find, with its verdict; nothing where the repository was not in the last run."""
        yield from self._judged(self.now.default - (self.now.default if self.before is None else self.before))

    def went(self) -> Iterator[tuple[Found, bool | None]]:
        """What only the last run found, with its verdict."""
        yield from self._judged((self.before or frozenset()) - self.now.default)

    def _judged(self, some: Iterable[Found]) -> Iterator[tuple[Found, bool | None]]:
        verdicts = self.repository.verdicts()
        for found in sorted(some, key=catalogue.in_order):
            yield found, verdicts.get(found)


COLUMNS = ("true", "false", "unjudged", "true, gone", "false, gone", "advice")


def main() -> None:
    """Check out, run, compare, print."""
    wish = _parser().parse_args()
    every = [one for one in catalogue.judged(wish.judged) if not wish.only or one.name in wish.only]
    before = catalogue.last(wish.last)
    compared = list(_compared(every, before, wish))
    print()
    print("\n".join(table(compared)))
    print()
    print("\n".join(changes(compared)))
    if wish.unjudged:
        print()
        print("\n".join(f"unjudged: {one.repository.name} {found.at} {found.code}" for one, found in _unread(compared)))
    if wish.update:
        now = {one.repository.name: one.now.default for one in compared}
        catalogue.write_last({**before, **now}, wish.last)
    sys.exit(1 if faults(compared) else 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python tests/quality/precision.py", description=__doc__.split("\n")[0])
    place = Path(tempfile.gettempdir()) / "ft_lint_quality"
    parser.add_argument("--mirrors", type=Path, help="where repositories are, as OWNER+NAME or OWNER/NAME, bare or not")
    parser.add_argument("--clone", action="store_true", help="fetch those that are not there from GitHub")
    parser.add_argument("--cache", type=Path, default=place, help="where commits are checked out and kept")
    parser.add_argument("--only", nargs="+", metavar="OWNER/NAME", help="these repositories alone")
    parser.add_argument("--seconds", type=float, default=600, help="the most that one repository may take")
    parser.add_argument("--unjudged", action="store_true", help="list what nobody has judged yet")
    parser.add_argument("--update", action="store_true", help="keep this run as the last one")
    parser.add_argument("--judged", type=Path, default=catalogue.JUDGED, help="the catalogue")
    parser.add_argument("--last", type=Path, default=catalogue.LAST, help="what the last run found")
    return parser


def _compared(
    every: Iterable[Repository], before: Mapping[str, frozenset[Found]], wish: argparse.Namespace
) -> Iterator[Compared]:
    for one in every:
        try:
            folder = checkouts.folder_of(one.name, one.commit, wish.cache, wish.mirrors, wish.clone)
            now = scan.of(folder, wish.seconds)
        except (checkouts.Absent, scan.Failed) as error:
            print(f"left out: {one.name}: {error}", flush=True)
            continue
        print(f"{one.name}: {len(now.default)} findings", flush=True)
        yield Compared(one, now, before.get(one.name))


def table(compared: Iterable[Compared]) -> Iterator[str]:
    """Per rule, in markdown; the precision is that of the judged findings that are still there."""
    counts = Counter(count for one in compared for count in one.counts())
    yield f"| rule | {' | '.join(COLUMNS)} | precision |"
    yield f"|---|{'---:|' * (len(COLUMNS) + 1)}"
    for code in sorted({code for code, _ in counts}):
        yield _row(code, [counts[code, column] for column in COLUMNS])
    total = Counter(column for (_, column), number in counts.items() for _ in range(number))
    yield _row("all", [total[column] for column in COLUMNS])


def _row(name: str, numbers: list[int]) -> str:
    right, wrong, *_ = numbers
    share = f"{right / (right + wrong):.1%}" if right + wrong else ""
    return f"| {name} | {' | '.join(str(number or '') for number in numbers)} | {share} |"


def changes(compared: Iterable[Compared]) -> Iterator[str]:
    """Each finding that came or went since the last run."""
    says = {True: "true", False: "FALSE", None: "unjudged"}
    for one in compared:
        yield from (f"came: {one.repository.name} {found.at} {found.code} {says[right]}" for found, right in one.came())
        yield from (f"went: {one.repository.name} {found.at} {found.code} {says[right]}" for found, right in one.went())


def faults(compared: Iterable[Compared]) -> bool:
    """Whether a known false alarm is new, or too few of the judged findings are right."""
    every = list(compared)
    counts = Counter(column for one in every for _, column in one.counts())
    known = counts["true"] + counts["false"]
    return any(right is False for one in every for _, right in one.came()) or counts["true"] < ENOUGH * known


def _unread(compared: Iterable[Compared]) -> Iterator[tuple[Compared, Found]]:
    for one in compared:
        for found in sorted(one.unjudged(), key=catalogue.in_order):
            yield one, found


if __name__ == "__main__":
    main()
