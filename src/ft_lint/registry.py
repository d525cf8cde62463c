"""Finds the rules and chooses among them.

Rules are the concrete subclasses of ``Rule`` in the modules of ``ft_lint.rules`` and in modules that other
packages name under the entry-point group ``ft_lint.rules``; nobody imports one by name.
"""

from __future__ import annotations

import difflib
import functools
import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Iterator
from importlib.metadata import entry_points
from types import ModuleType

from ft_lint.rule import Level, Rule

PACKAGE = "ft_lint.rules"
"""The package that the house's own rules ship in, and the entry-point group through which others join."""


class UnknownSelector(ValueError):
    """A code, family or name that no rule has; the message names the nearest one."""


@functools.cache
def rules() -> tuple[Rule, ...]:
    """Every rule, sorted by code.

    Raises ``ImportError`` where a rule's module cannot be imported, and ``ValueError`` where two rules share a code.
    """
    found = [kind() for module in _modules() for kind in _rules_in(module)]
    by_code = {rule.code: rule for rule in found}
    if len(by_code) < len(found):
        twice = next(rule for rule in found if by_code[rule.code] is not rule)
        raise ValueError(f"two rules have the code {twice.code}: {type(twice)} and {type(by_code[twice.code])}")
    return tuple(sorted(found, key=lambda rule: rule.code))


def _modules() -> Iterator[ModuleType]:
    package = importlib.import_module(PACKAGE)
    for module in pkgutil.walk_packages(package.__path__, PACKAGE + "."):
        yield importlib.import_module(module.name)
    for entry in entry_points(group=PACKAGE):
        yield importlib.import_module(entry.module)


def _rules_in(module: ModuleType) -> Iterator[type[Rule]]:
    """Rules that the module defines itself; what it imports belongs elsewhere."""
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, Rule) and value.__module__ == module.__name__:
            yield from () if inspect.isabstract(value) else (value,)


def find(text: str) -> Rule:
    """The rule with this code (in any case) or name; raises ``UnknownSelector``."""
    for rule in rules():
        if text.upper() == rule.code or text == rule.name():
            return rule
    raise UnknownSelector(_unknown(text))


def selected(
    select: Iterable[str] = (), ignore: Iterable[str] = (), extend_select: Iterable[str] = ()
) -> tuple[Rule, ...]:
    """The rules that are on, sorted by code.

    Each selector is a code or the beginning of one (``TUN2``), a family (``head``) or a name.  Without ``select``,
    errors and warnings are on and advice is off.  Where a rule is both chosen and ignored, the longer selector wins,
    and ``ignore`` where they are equally long.  Raises ``UnknownSelector`` for a selector that fits no rule.
    """
    chosen, dropped = [*select, *extend_select], list(ignore)
    for selector in [*chosen, *dropped]:
        if not any(_length(selector, rule) for rule in rules()):
            raise UnknownSelector(_unknown(selector))
    by_default = not list(select)
    return tuple(rule for rule in rules() if _is_on(rule, chosen, dropped, by_default))


def _is_on(rule: Rule, chosen: list[str], dropped: list[str], by_default: bool) -> bool:
    wanted = max((_length(selector, rule) for selector in chosen), default=0)
    unwanted = max((_length(selector, rule) for selector in dropped), default=0)
    if not wanted and not unwanted:
        return by_default and rule.level is not Level.ADVICE
    return wanted > unwanted


def _length(selector: str, rule: Rule) -> int:
    """How narrowly the selector means this rule, in letters of its code; 0 where it does not."""
    if selector == rule.name():
        return len(rule.code)
    if selector == rule.family():
        return len(rule.code) - 2
    return len(selector) if rule.code.startswith(selector.upper()) else 0


def _unknown(text: str) -> str:
    known = [word for rule in rules() for word in (rule.code, rule.name(), rule.family())]
    near = difflib.get_close_matches(text.upper() if text.upper().startswith("TUN") else text, known, 1)
    return f"no rule is called {text!r}" + (f"; did you mean {near[0]!r}?" if near else "")
