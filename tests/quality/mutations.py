"""``python tests/quality/mutations.py FOLDER ...``: how many mistakes ft_lint sees that are put into clean scripts.

Each time one mistake is put at one place of a script in which ft_lint finds none of its kind, and ft_lint is asked
again: what it tells now of that kind can only be that mistake.  Other files of the project are followed, as by
``ft-lint check``.
"""

from __future__ import annotations

import argparse
import itertools
import pkgutil
import random
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import libcst as cst
from mutators import MUTATORS, Mutator
from script import Change, Script

import ft_lint.library
from ft_lint.lint import lint_source
from ft_lint.registry import EVERYTHING
from ft_lint.source.discovery import discover
from ft_lint.source.problem import Problem
from ft_lint.source.relevance import imports_framework, mentions_framework
from ft_lint.source.siblings import Siblings
from ft_lint.source.text import decode, read

KNOWN = frozenset(
    {
        *sys.stdlib_module_names,
        *(module.name for module in pkgutil.iter_modules(ft_lint.library.__path__)),
        *"numpy pandas matplotlib scipy cv2 skimage tensorboard tensorboardX wandb seaborn pytorch_lightning".split(),
    }
)
PER_FILE = 2
"""At most so many sites of one mistake in one script, so that no script decides."""
MAX_LINES = 2000


@dataclass(frozen=True, slots=True)
class Site:
    """One mistake at one place of one script, and whether ft_lint saw it."""

    mutator: Mutator
    path: Path
    line: int
    seen: bool
    whole: bool
    """Whether the script imports nothing but what ft_lint knows, or what gives no models and no data."""


def main() -> None:
    """Draw sites, ask, print."""
    wish = _parser().parse_args()
    chosen = [mutator for mutator in MUTATORS.values() if _is_wanted(mutator, wish.only)]
    scripts = list(_scripts(wish.folders))
    end = time.monotonic() + 60 * wish.minutes
    drawn = _drawn(chosen, scripts, wish.sites, wish.seed, wish.seconds)
    sites = list(itertools.takewhile(lambda _: time.monotonic() < end, drawn))
    print("\n".join(table(sites)))
    if wish.missed:
        print()
        print("\n".join(f"missed: {one.path}:{one.line} {one.mutator.name}" for one in sites if not one.seen))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python tests/quality/mutations.py", description=__doc__.split("\n")[0])
    parser.add_argument("folders", nargs="+", type=Path, help="checked-out repositories, or scripts")
    parser.add_argument("--sites", type=int, default=20, help="the most of each mistake")
    parser.add_argument("--seed", type=int, default=0, help="draws other sites")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these mistakes alone: their names or their codes")
    parser.add_argument("--missed", action="store_true", help="list what was not seen")
    parser.add_argument("--seconds", type=float, default=20, help="the most that one script may take")
    parser.add_argument("--minutes", type=float, default=60, help="print what is there after so many")
    return parser


def _is_wanted(mutator: Mutator, only: Sequence[str] | None) -> bool:
    return not only or mutator.name in only or mutator.codes[0] in only


TRAINS = (b".backward(", b"Trainer(", b".fit(")


def _scripts(folders: Iterable[Path]) -> Iterator[Path]:
    """Scripts that train, not too long to be asked dozens of times."""
    for path in discover(folders):
        if isinstance(path, Problem) or path.suffix != ".py":
            continue
        data = read(path)
        if not isinstance(data, bytes) or not mentions_framework(data) or data.count(b"\n") > MAX_LINES:
            continue
        if any(word in data for word in TRAINS) and imports_framework(data.decode(errors="replace")):
            yield path


def _drawn(
    mutators: Sequence[Mutator], scripts: Sequence[Path], most: int, seed: int, seconds: float
) -> Iterator[Site]:
    """So many sites of each mistake; the scripts take turns in an order that is drawn."""
    drawn = random.Random(seed)
    missing = {mutator.name: most for mutator in mutators}
    for path in drawn.sample(scripts, len(scripts)):
        script = _parsed(path)
        wanted = [mutator for mutator in mutators if missing[mutator.name]] if script is not None else []
        found = {mutator.name: list(mutator.changes(script)) for mutator in wanted if script is not None}
        if script is None or not any(found.values()):
            continue
        clean = _codes(path, script.text, seconds)
        for mutator in wanted:
            changes = found[mutator.name]
            few = min(PER_FILE, len(changes), missing[mutator.name])
            for change in drawn.sample(changes, few) if not clean & set(mutator.codes) else ():
                site = _asked(mutator, path, script, change, seconds)
                if site is not None:
                    yield site
                    missing[mutator.name] -= 1


def _parsed(path: Path) -> Script | None:
    data = read(path)
    text = decode(data, str(path)) if isinstance(data, bytes) else data
    try:
        return None if isinstance(text, Problem) else Script(text)
    except (cst.ParserSyntaxError, cst.CSTValidationError, RecursionError):
        return None


def _asked(mutator: Mutator, path: Path, script: Script, change: Change, seconds: float) -> Site | None:
    text = script.changed(change)
    line = first_difference(script.text, text)
    if line is None:
        return None
    try:
        seen = _found(path, text, seconds)
    except TooLong:
        return None
    return Site(mutator, path, line, bool(seen & set(mutator.codes)), script.imports() <= KNOWN)


def first_difference(before: str, after: str) -> int | None:
    """The first line in which two texts differ, from 1; None where they are equal."""
    if before == after:
        return None
    pairs = zip(before.splitlines(), after.splitlines(), strict=False)
    alike = next((number for number, (old, new) in enumerate(pairs) if old != new), None)
    return 1 + (min(before.count("\n"), after.count("\n")) if alike is None else alike)


class TooLong(BaseException):
    """A script takes longer than it may; no Exception, so that what contains those of rules lets it through."""


def _codes(path: Path, text: str, seconds: float) -> frozenset[str]:
    """The codes of what is found in a script as it is; all codes, so that it is left out, where that takes too long."""
    try:
        return _found(path, text, seconds)
    except TooLong:
        return frozenset(code for mutator in MUTATORS.values() for code in mutator.codes)


def _found(path: Path, text: str, seconds: float) -> frozenset[str]:
    """The codes of all that is found, advice too.  Raises TooLong."""
    signal.signal(signal.SIGALRM, _too_long)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        result = lint_source(text, str(path), selection=EVERYTHING, siblings=Siblings.of(path))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return frozenset(finding.code for finding in result.findings)


def _too_long(number: int, frame: FrameType | None) -> None:
    raise TooLong


def table(sites: Iterable[Site]) -> Iterator[str]:
    """Recall of each mistake, in all scripts and in those that are whole, in markdown."""
    every = list(sites)
    yield "| rule | mistake | sites | seen | recall | in whole scripts | seen | recall |"
    yield "|---|---|---:|---:|---:|---:|---:|---:|"
    for mutator in sorted({one.mutator.name: one.mutator for one in every}.values(), key=lambda one: one.codes):
        yield _row(mutator.codes[0], mutator.name, [one for one in every if one.mutator.name == mutator.name])
    rules = {one.mutator.codes[0] for one in every}
    yield _row("all", f"{len(rules)} rules", every)


def _row(code: str, name: str, sites: Sequence[Site]) -> str:
    whole = [one for one in sites if one.whole]
    return f"| {code} | {name} | {_counts(sites)} | {_counts(whole)} |"


def _counts(sites: Sequence[Site]) -> str:
    seen = sum(one.seen for one in sites)
    return f"{len(sites)} | {seen} | {seen / len(sites):.0%}" if sites else "0 | |"


if __name__ == "__main__":
    main()
