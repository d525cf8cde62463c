"""The closer look at one source: parse, interpret, ask each rule, place what it found.

A fault in one rule, or in the interpreter, costs that rule or that file and becomes a problem; a fault in one function
of the library costs one call (see ``ft_lint.interpreter.calls``).
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import gc
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from ft_lint import __version__
from ft_lint.facts import Facts, Targets
from ft_lint.fix import written
from ft_lint.interpreter import interpret
from ft_lint.needs import may_find
from ft_lint.registry import Selection
from ft_lint.rule import Finding, Fix, Level, Rule
from ft_lint.source.noqa import suppressions
from ft_lint.source.problem import Fault, Problem
from ft_lint.source.requirements import Versions
from ft_lint.source.siblings import Followed, Siblings
from ft_lint.syntax.displayed import displayed
from ft_lint.syntax.parse import Parsed, parse
from ft_lint.syntax.positions import Range, range_of

_T = TypeVar("_T")


@dataclasses.dataclass(frozen=True, slots=True)
class Examined:
    """Findings in the order of lines, and problems; ``elsewhere``, by path, what stands in other files of the project.

    ``followed``: the imports on which that hangs.
    """

    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()
    elsewhere: tuple[tuple[str, tuple[Finding, ...]], ...] = ()
    followed: tuple[Followed, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class _Placed:
    """A finding and the file that it stands in; "" for the one that is examined."""

    path: str
    finding: Finding


EXCERPT = 4
"""Lines of the source that a finding carries along."""
ROOM = 70_000
"""Slots that the frame of ``_examined`` asks for: CPython keeps frames in chunks of 16 KiB, and maps and unmaps
one at each call that crosses their edge, which a deep walk does tens of thousands of times.  A frame that needs more
gets a chunk of the next power of two, 1 MiB here, and the frames behind it share what it leaves."""


def examine(
    text: str,
    path: str,
    tree: ast.AST | None,
    selection: Selection | None,
    *,
    noqa: bool,
    versions: Versions | None = None,
    fixes: bool = True,
    siblings: Siblings | None = None,
) -> Examined:
    """What a source holds; the arguments are those of ``lint_source``."""
    with _collector_paused():
        return _examined(text, path, tree, selection, noqa, versions or Versions(), fixes, siblings)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Within it no garbage is collected: one file makes many objects and little garbage, which its end sets free."""
    running = gc.isenabled()
    gc.disable()
    _set_modules_aside(len(sys.modules))
    try:
        yield
    finally:
        if running:
            gc.enable()


@functools.lru_cache(maxsize=256)
def _set_modules_aside(_loaded: int) -> None:
    """Keep the collector from going through what the modules loaded by now hold, again and again: it stays.

    In flake8, which makes much garbage of its own, that took a tenth of the time of a run.
    """
    gc.freeze()


def _examined(
    text: str,
    path: str,
    tree: ast.AST | None,
    selection: Selection | None,
    noqa: bool,
    versions: Versions,
    fixes: bool,
    siblings: Siblings | None,
) -> Examined:
    parsed = parse(text, path, tree)
    if isinstance(parsed, Problem):
        return Examined((), (parsed,))
    interpreted = functools.partial(
        interpret, parsed.tree, Targets(versions.for_source(text)), displayed(parsed), siblings
    )
    facts = _contained(_INTERPRETER, path, interpreted)
    if isinstance(facts, Problem):
        return Examined((), (facts,))
    wanted = selection or Selection()

    def answer(rule: Rule, facts: Facts) -> list[_Placed] | Problem:
        return _contained(rule, path, lambda: _findings(rule, wanted, facts, parsed, fixes))

    answers = {rule: answer(rule, facts) for rule in wanted.rules()}
    doubtful = (
        [rule for rule, found in answers.items() if rule.whatever_is_set and found] if facts.set_by_number else []
    )
    otherwise = _contained(_INTERPRETER, path, lambda: interpreted(by_default=False)) if doubtful else facts
    for rule in doubtful:
        again = otherwise if isinstance(otherwise, Problem) else answer(rule, otherwise)
        answers[rule] = _in_both(answers[rule], again)
    found = [finding for one in answers.values() if not isinstance(one, Problem) for finding in one]
    findings = [placed.finding for placed in found if not placed.path]
    if noqa:
        silenced = suppressions(text)
        unused = silenced.unused(findings, [rule.code for rule in wanted.rules()]) if wanted.unused_noqa else ()
        findings = [finding for finding in findings if not silenced.silences(finding.code, finding.line)]
        findings += [_unused(line, codes, text) for line, codes in unused]
    problems = (*_faults(facts, path, parsed), *(one for one in answers.values() if isinstance(one, Problem)))
    followed = tuple(facts.followed.values())
    elsewhere = _elsewhere(found, facts, path) if noqa else ()
    facts.release()
    return Examined(_in_order(findings), tuple(dict.fromkeys(problems)), elsewhere, followed)


_examined.__code__ = _examined.__code__.replace(co_stacksize=ROOM)


def _in_both(findings: list[_Placed] | Problem, others: list[_Placed] | Problem) -> list[_Placed] | Problem:
    """The findings that stand at places of the others, too; a problem in either is one."""
    if isinstance(findings, Problem) or isinstance(others, Problem):
        return findings if isinstance(findings, Problem) else others
    places = {(one.path, one.finding.line, one.finding.column) for one in others}
    return [one for one in findings if (one.path, one.finding.line, one.finding.column) in places]


def _elsewhere(found: list[_Placed], facts: Facts, path: str) -> tuple[tuple[str, tuple[Finding, ...]], ...]:
    """What stands in other files that this one runs, by their paths; comments there silence it."""
    by_file: dict[str, list[Finding]] = {}
    for one in found:
        if one.path:
            told = f"{one.finding.message} (run by `{Path(path).name}`)"
            by_file.setdefault(one.path, []).append(dataclasses.replace(one.finding, message=told, fix=None))
    shown = []
    for other, findings in by_file.items():
        silenced = suppressions(facts.files[other].parsed.text)  # type: ignore[union-attr]
        heard = [finding for finding in findings if not silenced.silences(finding.code, finding.line)]
        shown.append((other, _in_order(heard)))
    return tuple(shown)


def _faults(facts: Facts, path: str, parsed: Parsed) -> Iterator[Problem]:
    """One line for each library function that failed, at the first call that it failed for."""
    for name, (error, node) in facts.faults.items():
        home = _home(node, parsed, facts)
        failure = _failure(f"the library's `{name}`", path if home is None or not home[0] else home[0], error)
        at = range_of(node, home[1]) if home is not None else Range(1, 1, 1, 1)
        yield dataclasses.replace(failure, line=at.line, column=at.column)


UNUSED = "TUN001"
"""The code of a ``# noqa`` comment that silences nothing; asked for by an option."""


def _unused(line: int, codes: tuple[str, ...], text: str) -> Finding:
    written = text.splitlines()[line - 1]
    column = written.lower().rfind("# noqa") + 1
    message = f"`# noqa: {', '.join(codes)}` silences nothing: remove it"
    return Finding(
        UNUSED, "unused-noqa", Level.WARNING, message, {"codes": codes}, None, line, column, line, len(written) + 1
    )


def _in_order(findings: list[Finding]) -> tuple[Finding, ...]:
    """By place, and one of each code at each place: a mistake in a loop is one mistake."""
    first = {(finding.line, finding.column, finding.code): finding for finding in reversed(findings)}
    return tuple(first[place] for place in sorted(first))


def _findings(rule: Rule, wanted: Selection, facts: Facts, parsed: Parsed, fixes: bool) -> list[_Placed]:
    """What one rule finds of what is wanted, each with its place instead of its node; an exception may be meant."""
    if not may_find(rule, facts):
        return []
    asked = (one for one in rule.check(facts) if wanted.shows(rule, one.level))
    found = [one for one in asked if one.level is not Level.ERROR or not facts.expects(one.node)]
    homes = ((one, _home(one.node, parsed, facts)) for one in found)
    return [_Placed(home[0], _placed(one, home[1], fixes, facts)) for one, home in homes if home is not None]


def _home(node: ast.AST | None, parsed: Parsed, facts: Facts) -> tuple[str, Parsed] | None:
    """The file that a node stands in, with "" for the path of the one that is examined."""
    if node is None or not facts.files or id(node) in parsed.nodes:
        return "", parsed
    files = ((path, file.parsed) for path, file in facts.files.items())
    return next(((path, other) for path, other in files if other is not None and id(node) in other.nodes), None)


def _placed(finding: Finding, parsed: Parsed, fixes: bool, facts: Facts) -> Finding:
    at = {} if finding.node is None else dataclasses.asdict(range_of(finding.node, parsed))
    fix = finding.fix if fixes else None
    if fix is not None and facts.files and not _is_of(fix, parsed):
        fix = None
    placed = dataclasses.replace(finding, node=None, fix=written(fix, parsed) if fix is not None else None, **at)
    excerpt = parsed.lines[placed.line - 1 : min(placed.end_line, placed.line + EXCERPT - 1)]
    return dataclasses.replace(placed, excerpt=tuple(excerpt))


def _is_of(fix: Fix, parsed: Parsed) -> bool:
    """Whether a fix changes this file alone."""
    return all(edit.node is None or id(edit.node) in parsed.nodes for edit in fix.edits)


_INTERPRETER = "the interpreter"


def _contained(what: Rule | str, path: str, action: Callable[[], _T]) -> _T | Problem:
    """What the action gives, or one line that names what failed, where, and how to report it."""
    try:
        return action()
    except Exception as error:  # noqa: BLE001 - a fault stays where it is
        return _failure(what if isinstance(what, str) else f"{what.code} ({what.name()})", path, error)


def _failure(what: str, path: str, error: Exception) -> Problem:
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(last.filename).name}:{last.lineno}"
    reason = " ".join(f"{type(error).__name__}: {error}".split())
    request = f"please report this line with the file (ft_lint {__version__})"
    return Problem(path, f"{what} failed here ({reason}, at {place}); {request}", Fault.INTERNAL)
