"""Finds the rules and chooses among them.

Rules are the concrete subclasses of ``Rule`` in the modules of ``ft_lint.rules`` and in modules that other
packages name under the entry-point group ``ft_lint.rules``; nobody imports one by name.  Of other packages only those
that the settings name are loaded.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterable, Iterator
from types import ModuleType

from ft_lint.light import dataclass
from ft_lint.rule import Finding, Level, Rule

PACKAGE = "ft_lint.rules"
"""The package that the house's own rules ship in, and the entry-point group through which others join."""


class UnknownSelector(ValueError):
    """A code, family or name that no rule has, or a package without rules; the message names the nearest one."""


@functools.cache
def rules(packages: tuple[str, ...] = ()) -> tuple[Rule, ...]:
    """Every rule of the house and of these packages, sorted by code.

    Raises ``UnknownSelector`` for a package whose rules cannot be had, and ``ValueError`` where two rules share a code.
    """
    found = [rule for module in (*_own(), *_of(packages)) for rule in _rules_in(module)]
    by_code = {rule.code: rule for rule in found}
    if len(by_code) < len(found):
        twice = next(rule for rule in found if by_code[rule.code] is not rule)
        raise ValueError(f"two rules have the code {twice.code}: {type(twice)} and {type(by_code[twice.code])}")
    return tuple(sorted(found, key=lambda rule: rule.code))


def loaded() -> tuple[Rule, ...]:
    """The rules of the house, and of the packages whose rules have been asked for by now."""
    return rules(tuple(name for name, modules in offered().items() if sys.modules.keys() >= set(modules)))


@functools.cache
def offered() -> dict[str, tuple[str, ...]]:
    """The installed packages that have rules, with the modules of these; nothing of them is imported."""
    from importlib.metadata import entry_points

    found: dict[str, tuple[str, ...]] = {}
    for entry in entry_points(group=PACKAGE):
        name = entry.dist.name if entry.dist is not None else entry.name
        found[name] = (*found.get(name, ()), entry.module)
    return found


def _own() -> Iterator[ModuleType]:
    package = importlib.import_module(PACKAGE)
    for module in pkgutil.walk_packages(package.__path__, PACKAGE + "."):
        yield importlib.import_module(module.name)


def _of(packages: tuple[str, ...]) -> Iterator[ModuleType]:
    for package in packages:
        if package not in offered():
            known = f"installed are {', '.join(sorted(offered()))}" if offered() else "none is installed"
            raise UnknownSelector(f"no package {package!r} has rules for ft_lint; {known}")
        for module in offered()[package]:
            try:
                yield importlib.import_module(module)
            except Exception as error:  # whatever a stranger's module raises
                reason = " ".join(f"{type(error).__name__}: {error}".split())
                raise UnknownSelector(f"the rules of {package} cannot be loaded from {module} ({reason})") from error


@functools.cache
def _rules_in(module: ModuleType) -> tuple[Rule, ...]:
    """Rules that the module defines itself, the same at each call; what it imports belongs elsewhere."""
    own = [one for one in vars(module).values() if isinstance(one, type) and one.__module__ == module.__name__]
    return tuple(kind() for kind in own if issubclass(kind, Rule) and not inspect.isabstract(kind))


def find(text: str) -> Rule:
    """The rule with this code (in any case) or name; raises ``UnknownSelector``."""
    for rule in loaded():
        if text.upper() == rule.code or text == rule.name():
            return rule
    raise UnknownSelector(_unknown(text, loaded()))


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rules are asked, and which of their findings are shown.

    Each selector is a code or the beginning of one (``TUN2``), a family (``head``) or a name.  Where a rule is both
    chosen and dropped, the longer selector wins, and ``dropped`` where they are equally long.  Of a rule that is
    neither, the findings of the levels ``otherwise`` are shown: a finding may be more certain than others of its rule.
    """

    chosen: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    otherwise: frozenset[Level] = frozenset({Level.ERROR, Level.WARNING})
    unused_noqa: bool = False
    """Whether comments that silence nothing are told too."""
    packages: tuple[str, ...] = ()
    """Whose rules there are besides the house's own."""

    def rules(self) -> tuple[Rule, ...]:
        """The rules to ask, sorted by code."""
        return _asked(self)

    def shows(self, rule: Rule, level: Level) -> bool:
        """Whether a finding of this rule and level is wanted."""
        on = self._is_on(rule)
        return level in self.otherwise if on is None else on

    def wants(self, finding: Finding) -> bool:
        """The same for a finding; rules are loaded only where selectors are to be compared with its own."""
        if not self.chosen and not self.dropped:
            return finding.level in self.otherwise
        return self.shows(find(finding.code), finding.level)

    def _is_on(self, rule: Rule) -> bool | None:
        """Whether selectors choose a rule or drop it; None where none means it."""
        wanted = max((_length(selector, rule) for selector in self.chosen), default=0)
        unwanted = max((_length(selector, rule) for selector in self.dropped), default=0)
        return wanted > unwanted if wanted or unwanted else None


@functools.cache
def _asked(selection: Selection) -> tuple[Rule, ...]:
    every = rules(selection.packages)
    on = ((rule, selection._is_on(rule)) for rule in every)
    return tuple(rule for rule, is_on in on if is_on or (is_on is None and selection.otherwise))


EVERYTHING = Selection(otherwise=frozenset(Level))
"""All rules and all findings, advice too."""


def selected(
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    extend_select: Iterable[str] = (),
    packages: tuple[str, ...] = (),
) -> Selection:
    """What the options of the command line ask for; without ``select``, errors and warnings.

    Raises ``UnknownSelector`` for a selector that fits no rule.
    """
    only, more, dropped = (tuple(dict.fromkeys(given)) for given in (select, extend_select, ignore))
    for selector in (*only, *more, *dropped):
        if not any(_length(selector, rule) for rule in rules(packages)):
            raise UnknownSelector(_unknown(selector, rules(packages)))
    otherwise: frozenset[Level] = frozenset() if only else Selection().otherwise
    return Selection((*only, *more), dropped, otherwise, packages=packages)


def _length(selector: str, rule: Rule) -> int:
    """How narrowly the selector means this rule, in letters of its code; 0 where it does not."""
    if selector == rule.name():
        return len(rule.code)
    if selector == rule.family():
        return len(rule.code) - 2
    return len(selector) if rule.code.startswith(selector.upper()) else 0


def _unknown(text: str, among: Iterable[Rule]) -> str:
    import difflib

    known = [word for rule in among for word in (rule.code, rule.name(), rule.family())]
    near = difflib.get_close_matches(text.upper() if text.upper().startswith("TUN") else text, known, 1)
    return f"no rule is called {text!r}" + (f"; did you mean {near[0]!r}?" if near else "")
