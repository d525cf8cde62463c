"""Arguments that a library takes no more: which of a call's are meant, what to write instead, and the fix."""

from __future__ import annotations

import ast
import re
from abc import abstractmethod
from collections.abc import Iterator

from ft_lint import observe
from ft_lint.edits import in_order, renamed_key, renamed_keyword, without
from ft_lint.facts import Facts, Targets
from ft_lint.library.releases import Removal, lineage, removed_argument, takes_argument
from ft_lint.library.replacements import Replacement, replacement
from ft_lint.library.site import passed
from ft_lint.light import dataclass
from ft_lint.rule import Applicability, Edit, Evidence, Finding, Fix, Rule
from ft_lint.syntax.written import source_of
from ft_lint.uses import LibraryCalled


@dataclass(frozen=True, slots=True)
class Refused:
    """An argument that the library takes no more, with the node that says it and the mend."""

    called: LibraryCalled
    argument: str
    removal: Removal
    place: ast.AST
    advice: str
    fix: Fix | None


def refused_arguments(facts: Facts) -> Iterator[Refused]:
    """The removed arguments of every call that surely happens, or whenever somebody asks for what it does."""
    for called in facts.of(LibraryCalled):
        for argument in called.arguments:
            removal = removed_argument(called.path, argument, facts.targets)
            if removal is not None and (called.sure or _is_asked_for(facts, called)):
                mend = replacement(lineage(called.path), argument)
                advice = mend.advice if mend else "leave it out, or see the release notes"
                place = called.places.get(argument, called.node)
                yield Refused(called, argument, removal, place, advice, _fix(called, argument, mend, facts.targets))


def _is_asked_for(facts: Facts, called: LibraryCalled) -> bool:
    """Whether only conditions that have nothing to do with releases stand before a call, and no other call like it on
    another way: ``if args.train: ...``, ``if not os.path.exists(path): ...``.
    """
    if any(test is None or _ABOUT_RELEASES.search(source_of(test)) for test in facts.tests_before(called)):
        return False
    return not any(one.path == called.path and one.excludes(called) for one in facts.of(LibraryCalled))


_ABOUT_RELEASES = re.compile(
    r"version|release|hasattr|getattr|signature|param|avail|support|legacy|compat|import|has_|\b(old|new)|_v?\d|__",
    re.I,
)
"""What conditions speak of that may ask which release is installed."""


def _fix(called: LibraryCalled, argument: str, mend: Replacement | None, targets: Targets) -> Fix | None:
    """The mend of one argument; where arguments of a call go, those that surely go with it are mended together."""
    if mend is None or not _fits(called, argument, mend, targets):
        return None
    everywhere = not mend.new or takes_argument(called.path, mend.new, targets)
    class_ = Applicability.SAFE if mend.safe and everywhere else Applicability.UNSAFE
    place = called.places.get(argument)
    if mend.new:
        new = _rewritten(called, place, mend)
        return None if new is None else Fix(mend.advice, class_, (new,))
    gone = without(called.node, place)
    title = f"leave out `{argument}`" if mend.advice.startswith("leave") else f"{mend.advice} instead of `{argument}`"
    return None if gone is None else Fix(title, class_, (gone,))


def _fits(called: LibraryCalled, argument: str, mend: Replacement, targets: Targets) -> bool:
    """Whether the mend holds for the value given, and in the newest release that the project admits."""
    place = called.places.get(argument)
    given = source_of(passed(place))
    if mend.when == "share" and not _is_share(given):
        return False
    if mend.when not in ("", "share", given):
        return False
    if not mend.new:
        return mend.drop
    unique = called.whole and mend.new not in called.arguments
    return unique and takes_argument(called.path, mend.new, targets, newest=True)


def _is_share(given: str) -> bool:
    try:
        found = ast.literal_eval(given)
    except (ValueError, SyntaxError):
        return False
    return isinstance(found, float) and 0 < found < 1


def _rewritten(called: LibraryCalled, place: ast.AST | None, mend: Replacement) -> Edit | None:
    """The new name, and value, where the old one stands: a keyword, or a key of a dict (the name alone)."""
    match place:
        case ast.keyword(arg=str()):
            return renamed_keyword(place, mend.new, mend.value)
        case ast.Constant(value=str()) if not mend.value and place not in in_order(called.node):
            return renamed_key(place, mend.new)
    return None


class RefusedArgument(Rule):
    """A rule about arguments that a library takes no more; which of them, ``concerns`` says."""

    applicability = Applicability.SAFE

    @abstractmethod
    def concerns(self, one: Refused) -> bool:
        """Whether an argument is this rule's own."""

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Each of its arguments, where the call or the dict has it."""
        for one in filter(self.concerns, refused_arguments(facts)):
            yield self.finding(
                one.place,
                owner=one.called.name,
                argument=one.argument,
                since=one.removal.since,
                advice=one.advice,
                fix=one.fix,
            )

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """The call that is given this keyword raises TypeError for it."""
        raised = run.exception
        holds = raised is not None and raised.refuses_keyword(line)
        told = f"TypeError: {raised.message}" if raised and holds else "no keyword is refused here"
        return Evidence(holds, told, {})
